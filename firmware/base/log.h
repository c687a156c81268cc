/*
 * Lines for the journal, on standard error: "<N>message" where systemd reads it (sd-daemon(3)), else
 * "program: level: message". No secret is ever an argument of these.
 */
#ifndef PP_BASE_LOG_H
#define PP_BASE_LOG_H

#include "base/error.h"

enum pp_log_level {
    PP_LOG_ERROR = 3,
    PP_LOG_WARNING = 4,
    PP_LOG_INFO = 6,
    PP_LOG_DEBUG = 7
}; /* syslog's numbers */

/* Debug lines are written only where the environment has PINGPLAY_DEBUG. Control characters become '?'. */
const char *pp_log_level_name(enum pp_log_level level); /* "error"; "?" for none */
void pp_log(enum pp_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* From now on each line is one JSON object (RFC 8259), or none is again; also where the journal reads: "time" (RFC
 * 3339, UTC, with ms), "level", "program", "message". Before there is a second thread. */
void pp_log_use_json(bool json);
/* Where lines are JSON, one that has other members as well: `members`, "\"status\":200,\"x\":\"y\"", as they stand.
 * Else nothing. */
void pp_log_members(enum pp_log_level level, const char *message, const char *members);

/* Also hands each line that is written, as it is behind the level, to `tap`, from whatever thread says it; NULL: to
 * nobody. Of the whole process, as standard error is: whoever sets it takes it back before `arg` goes. */
typedef void pp_log_tap(void *arg, enum pp_log_level level, const char *text);
void pp_log_set_tap(pp_log_tap *tap, void *arg);

#define pp_log_error(...)   pp_log(PP_LOG_ERROR, __VA_ARGS__)
#define pp_log_warning(...) pp_log(PP_LOG_WARNING, __VA_ARGS__)
#define pp_log_info(...)    pp_log(PP_LOG_INFO, __VA_ARGS__)
#define pp_log_debug(...)   pp_log(PP_LOG_DEBUG, __VA_ARGS__)

#endif
