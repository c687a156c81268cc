/* Values that come in HTTP: forms (application/x-www-form-urlencoded), cookies, byte ranges, language and
 * wait preferences. */
#ifndef PP_PAGE_FORM_H
#define PP_PAGE_FORM_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"

#define FORM_FIELDS_MAX 32

struct form {
    char *text;  /* all names and values, decoded in place; a password may be among them */
    size_t size; /* of it, in bytes */
    struct {
        const char *name, *value;
    } fields[FORM_FIELDS_MAX];
    size_t count;
};

/* A name that stands twice, bad percent-encoding and control characters (but CR, LF) are refused. */
PP_MUST_USE bool form_parse(struct form *form, const void *body, size_t size, struct pp_error *error);
void form_finish(struct form *form);
#define form_auto PP_CLEANUP(form_finish)
/* "" where there is none. Borrowed. */
const char *form_get(const struct form *form, const char *name);

#define COOKIE_VALUE_MAX 128 /* bytes with the NUL */
/* The cookie's value out of a Cookie header (RFC 6265 §4.2; `header` may be NULL); false where it isn't
 * there, stands twice or is too long. */
bool cookie_find(const char *header, const char *name, char value[COOKIE_VALUE_MAX]);

enum range_kind {
    RANGE_WHOLE,         /* none asked for, or not understood: RFC 9110 §14.2 lets the server ignore it */
    RANGE_PART,          /* *first and *last (inclusive) are set */
    RANGE_UNSATISFIABLE, /* 416 */
};
/* One range of a Range header (may be NULL); several are answered with the whole. */
enum range_kind range_parse(const char *header, uint64_t size, uint64_t *first, uint64_t *last);

/* Whether an If-None-Match header (may be NULL) names the entity tag (with its quotes) or is "*". */
bool etag_matches(const char *header, const char *etag);

/* The seconds of "Prefer: wait=N" (RFC 7240 §4.3), capped; 0 without one. */
unsigned prefer_wait(const char *header, unsigned max);

/* "fr" or "en", whichever an Accept-Language header (may be NULL) would rather have. */
const char *language_choose(const char *header);

#endif
