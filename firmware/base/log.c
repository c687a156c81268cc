#include "base/log.h"

#include "base/clock.h"
#include "base/visible.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_LINE_MAX 1024 /* bytes; one write, so that lines of several processes do not mix */
#define LOG_JSON_MAX                                                                                         \
    (2 * LOG_LINE_MAX + 512) /* of a line whose every character is escaped, with what stands around it */

/* There is one log, as there is one standard error: nobody passes a context to it. */
static struct {
    pthread_mutex_t lock;
    pp_log_tap *tap;
    void *arg;
    bool json; /* how lines are written */
} log_tap = {.lock = PTHREAD_MUTEX_INITIALIZER};

void pp_log_set_tap(pp_log_tap *tap, void *arg) {
    pthread_mutex_lock(&log_tap.lock);
    log_tap.tap = tap;
    log_tap.arg = arg;
    pthread_mutex_unlock(&log_tap.lock);
}

static void log_tell_tap(enum pp_log_level level, const char *text) {
    pthread_mutex_lock(&log_tap.lock);
    if (log_tap.tap)
        log_tap.tap(log_tap.arg, level, text);
    pthread_mutex_unlock(&log_tap.lock);
}

const char *pp_log_level_name(enum pp_log_level level) {
    switch (level) {
    case PP_LOG_ERROR:
        return "error";
    case PP_LOG_WARNING:
        return "warning";
    case PP_LOG_INFO:
        return "info";
    case PP_LOG_DEBUG:
        return "debug";
    }
    return "?";
}

/* Whether standard error is what systemd connected to the journal, and not something that a child of such a
 * service put in its place: $JOURNAL_STREAM is its DEVICE:INODE (systemd.exec(5)). */
static bool log_reaches_journal(void) {
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat status;
    if (!stream || fstat(STDERR_FILENO, &status) < 0)
        return false;
    char expected[64];
    snprintf(expected, sizeof expected, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    return strcmp(stream, expected) == 0;
}

/* Who says it, and what is said, may both begin by naming the same thing ("schedule: schedule: …"): once is enough, as
 * in pp_wrap. */
static void log_say_once(char *text) {
    const char *colon;
    while ((colon = strstr(text, ": "))) {
        size_t size = (size_t)(colon - text) + 2;
        if (strncmp(text, text + size, size) != 0)
            return;
        memmove(text, text + size, strlen(text + size) + 1);
    }
}

/* ---- As JSON ---- */

void pp_log_use_json(bool json) {
    log_tap.json = json;
}

/* Of a text that has nothing but what is visible. */
static void log_escape(const char *text, char *out) {
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            *out++ = '\\';
        *out++ = *text;
    }
    *out = 0;
}

static void log_write_json(enum pp_log_level level, const char *text, const char *members) {
    char line[LOG_JSON_MAX], message[2 * LOG_LINE_MAX], seconds[PP_RFC3339_SIZE];
    int64_t now_ms = pp_clock_realtime_ms();
    pp_time_format(now_ms / 1000, seconds);
    log_escape(text, message);
    int size =
        snprintf(line, sizeof line,
                 "{\"time\":\"%.19s.%03dZ\",\"level\":\"%s\",\"program\":\"%s\",\"message\":\"%s\"%s%s}\n",
                 seconds, (int)(now_ms % 1000), pp_log_level_name(level), program_invocation_short_name,
                 message, *members ? "," : "", members);
    if (size < (int)sizeof line && write(STDERR_FILENO, line, (size_t)size) < 0) {
        /* Nobody is left to tell. */
    }
}

void pp_log_members(enum pp_log_level level, const char *message, const char *members) {
    int saved_errno = errno;
    if (log_tap.json)
        log_write_json(level, message, members);
    errno = saved_errno;
}

/* ---- Lines ---- */

void pp_log(enum pp_log_level level, const char *format, ...) {
    if (level == PP_LOG_DEBUG && !getenv("PINGPLAY_DEBUG"))
        return;
    int saved_errno = errno;
    char line[LOG_LINE_MAX];
    int start = log_reaches_journal() ? snprintf(line, sizeof line, "<%d>", level)
                                      : snprintf(line, sizeof line, "%s: %s: ", program_invocation_short_name,
                                                 pp_log_level_name(level));
    va_list args;
    va_start(args, format);
    vsnprintf(line + start, sizeof line - (size_t)start - 1, format, args);
    va_end(args);
    log_say_once(line + start);
    size_t length = strlen(line);
    for (size_t i = 0, size; i < length; i += size) {
        bool refused;
        size = pp_visible_next(line + i, &refused);
        if (refused)
            memset(line + i, '?', size);
    }
    log_tell_tap(level, line + start);
    if (log_tap.json) {
        log_write_json(level, line + start, "");
        errno = saved_errno;
        return;
    }
    line[length++] = '\n';
    if (write(STDERR_FILENO, line, length) < 0) {
        /* Nobody is left to tell. */
    }
    errno = saved_errno;
}
