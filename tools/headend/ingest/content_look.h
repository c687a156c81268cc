/*
 * What a file from outside is: the one way in which the rest of the headend learns something of it. It is given
 * sealed, as a descriptor with its key; its first bytes name the kind, what it says of its own length is compared
 * with what there is, and everything else is done by the screens' own renderer in its cage (content_check.h).
 */
#ifndef HEADEND_INGEST_CONTENT_LOOK_H
#define HEADEND_INGEST_CONTENT_LOOK_H

#include "headend/ingest/content_check.h"
#include "headend/ingest/media_type.h"

#define CONTENT_POSTER_MS 5000 /* into a film, or a tenth of it: what its thumbnail shows */

struct content_facts {
    struct media_type type;
    struct content_seen seen; /* its `thumbnail` is the caller's, given before: empty where there is none */
    char warning[CONTENT_WARNING_MAX];
};

/* `object` is a descriptor of `length` sealed bytes (crypto/seal.h, SEAL_AD_OBJECT), borrowed. False with
 * PP_E_UNSUPPORTED or PP_E_INVALID where screens cannot show it, in the words in which publish says so; other codes
 * where that could not be found out. */
PP_MUST_USE bool content_look(const struct content_renderers *renderers, int object, uint64_t length,
                              const uint8_t key[IPC_KEY_SIZE], struct content_facts *facts,
                              struct pp_error *error);

#endif
