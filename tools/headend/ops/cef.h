/*
 * Events in ArcSight's Common Event Format, version 0 (Micro Focus, "Implementing ArcSight Common Event Format",
 * version 25):
 *
 *   CEF:0|Pingplay|Display point|1.0|locked|Locked|7|rt=1767600000000 deviceExternalId=… msg=this display point is\=…
 *
 * In the header '\' and '|' are escaped by a '\', in the values behind it '\' and '='; a line end there is "\n" or
 * "\r", and a space in the header. All of it may be anybody's words.
 */
#ifndef HEADEND_OPS_CEF_H
#define HEADEND_OPS_CEF_H

#include "base/buf.h"
#include "base/error.h"

/* Appends the header with its last '|'. `severity` is 0 to 10. */
PP_MUST_USE bool cef_begin(struct pp_buf *line, const char *event_class, const char *name, int severity,
                           struct pp_error *error);
/* Appends " key=value"; the key is ours. Nothing where the value is NULL or "". */
PP_MUST_USE bool cef_add(struct pp_buf *line, const char *key, const char *value, struct pp_error *error);
PP_MUST_USE bool cef_add_number(struct pp_buf *line, const char *key, int64_t value, struct pp_error *error);

#endif
