/*
 * What a signed document says of itself, under the names of RFC 7519 §4.1 and two of our own, beside whatever else
 * stands in it:
 *
 *     {"aud": "d-7f3a…",      the one device (or the headend) that it is for; a text, not a list
 *      "iat": 1795900000,     when it was signed, s since 1970, an integer
 *      "exp": 1796504800,     from when on it is worth nothing
 *      "nonce": "Zm9v…",      of the request that it answers
 *      "version": 17, …}      only grows
 *
 * What the time is, and how much it may be wrong, is the caller's to say: a screen's clock may be.
 */
#ifndef PP_JOSE_CLAIMS_H
#define PP_JOSE_CLAIMS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define CLAIMS_TEXT_MAX 128 /* bytes of "aud" and "nonce" */

/* Read of every document, and judged where the caller demands it. */
struct claims {
    const char *audience; /* borrowed from the document */
    int64_t issued_at;    /* s since 1970 */
    int64_t expires_at;   /* s since 1970; 0: never */
    int64_t version;      /* CLAIMS_NO_VERSION where none is demanded */
};

#define CLAIMS_NO_VERSION (-1)

struct claims_demands {
    const char *audience; /* just this */
    const char *nonce;    /* just this; NULL: none was sent, none is looked at */
    bool expires;         /* there has to be "exp"; where there is one, it counts in any case */
    bool any_time;        /* times are read, not judged: by a caller that has no clock to judge them by */
    int64_t now_s;        /* s since 1970, what the caller holds to be the time */
    int64_t skew_s;       /* s, at least 0, by which `now_s` may be wrong either way */
    int64_t version_min;  /* the newest that is known: an older one is refused, an equal one not;
                           * CLAIMS_NO_VERSION: none is looked at */
};

/* Each failure names the claim; `claims` is then as it was. The code is
 *   PP_E_INVALID   one that is demanded is missing or of another type, or "exp" is not after "iat"; signed later
 *                  than the time plus the skew
 *   PP_E_LIMIT     a text over its cap
 *   PP_E_AUTH      for somebody else, or an answer to another request
 *   PP_E_EXPIRED   "exp" is not after the time less the skew
 *   PP_E_ROLLBACK  an older version */
PP_MUST_USE bool claims_check(const cJSON *document, const struct claims_demands *demands,
                              struct claims *claims, struct pp_error *error);

#endif
