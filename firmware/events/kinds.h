/*
 * What a display point tells its headend of: a fixed vocabulary, with the severity of each as CEF has it (0 to 10; 7
 * and more are for somebody to look at). Those of `security` are for whoever watches over the whole, the others for
 * whoever watches over screens. assets/admin/strings.*.json has each in people's words.
 */
#ifndef PP_EVENTS_KINDS_H
#define PP_EVENTS_KINDS_H

#include <stdbool.h>
#include <stddef.h>

#define EVENT_SEVERITY_UNNAMED 5 /* of what is not in the list: a screen of a later version */

struct event_kind {
    const char *name; /* "security-tls" */
    int severity;
    bool security;
    const char *words; /* "TLS with the headend was refused" */
};

/* NULL where there is none. */
const struct event_kind *event_kind_find(const char *name);
/* All of them, sorted by name. */
const struct event_kind *event_kinds(size_t *count);

#endif
