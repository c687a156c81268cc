/*
 * What a request makes its answer depend on: which types it takes (RFC 9110 §12.5.1), and which version of a thing it
 * knows (§13), so that of two people who change the same thing the second one hears of it.
 */
#ifndef HEADEND_HTTP_CONDITIONS_H
#define HEADEND_HTTP_CONDITIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define ETAG_SIZE 20 /* bytes: 16 hex digits, quotes and the NUL */

/* Whether an Accept header (NULL: none) takes a media type, whose quality there is not 0. */
bool accept_takes(const char *accept, const char *type);

/* Whether an Accept-Encoding header (NULL: none) names a coding ("br"), whose quality there is not 0 (§12.5.3). */
bool encoding_takes(const char *accept_encoding, const char *coding);

/* A strong entity tag of a representation's bytes. */
PP_MUST_USE bool etag_make(const void *data, size_t size, char etag[ETAG_SIZE], struct pp_error *error);

enum condition {
    CONDITION_MET,
    CONDITION_FAILED,  /* 412: it has changed meanwhile */
    CONDITION_MISSING, /* 428: the request says not what it knows (RFC 6585 §3) */
};
/* Of an If-Match header (NULL: none), by strong comparison, and the present entity tag, with its quotes; NULL where the
 * thing is not there, which "*" does not match. */
enum condition if_match(const char *header, const char *etag);

#endif
