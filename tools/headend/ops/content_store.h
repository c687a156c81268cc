/*
 * Originals of the library, sealed as screens' objects are (crypto/seal.h), each under a key of its own that stands
 * sealed in the database (db/stored_key.h): a disk or a backup that is stolen shows nothing of them.
 *
 *   DIR/content/ab/<file>              associated data "pingplay/object", so that it can be published as it is
 *   DIR/content/ab/<file>.thumbnail    a PNG, associated data "pingplay/thumbnail/<file>"
 *   DIR/content/draft                  one that is being made; one at a time
 */
#ifndef HEADEND_OPS_CONTENT_STORE_H
#define HEADEND_OPS_CONTENT_STORE_H

#include "crypto/seal.h"
#include "headend/base/home.h"
#include "headend/base/secret.h"
#include "headend/base/text.h"
#include "headend/ingest/ask.h"

#define CONTENT_STORE "content"

struct content_file {
    char file[UUID_TEXT_SIZE];
    char kind[16], media_type[32];
    int64_t width, height; /* pixels */
    int64_t length_ms;     /* 0: none, or not known */
    uint64_t bytes;        /* in clear */
    uint64_t thumbnail;    /* bytes of it in clear; 0: none */
    uint8_t sha256[32];    /* of the clear bytes */
    uint64_t sealed_bytes;
    uint8_t sealed_sha256[32];
    uint8_t key[SEAL_KEY_SIZE]; /* content_open_key; zero in what lists and lookups give */
    char warning[CONTENT_WARNING_MAX];
    int64_t created; /* s since 1970 */
    char created_by[TEXT_NAME_MAX + 1];
    bool checked;   /* by this version of the program: screens can show it */
    bool published; /* its key has become an object's */
};

/* All clear bytes, in order, to `take`. */
typedef bool (*content_feed)(void *arg, seal_sink take, void *take_arg, struct pp_error *error);

/* Seals what `feed` gives into the draft: bytes, hashes and key are filled. */
PP_MUST_USE bool content_store_seal(const struct home *home, struct content_file *file, content_feed feed,
                                    void *arg, struct pp_error *error);
/* Has the draft looked at (ingest/ask.h), and gives it its place; the rest is filled. PP_E_UNSUPPORTED or PP_E_INVALID
 * where screens cannot show it. */
PP_MUST_USE bool content_store_keep(const struct home *home, const struct content_renderers *renderers,
                                    struct content_file *file, struct pp_error *error);
void content_store_drop_draft(const struct home *home);
/* With its thumbnail, where they are there. */
PP_MUST_USE bool content_store_remove(const struct home *home, const char *file, struct pp_error *error);
/* Files that `known` knows nothing of, of a server that was killed before their rows. */
PP_MUST_USE bool content_store_tidy(const struct home *home,
                                    bool (*known)(void *arg, const char *file, bool *is,
                                                  struct pp_error *error),
                                    void *arg, struct pp_error *error);

PP_MUST_USE bool content_store_path(const char *file, bool thumbnail, char path[PP_PATH_MAX],
                                    struct pp_error *error);
/* A descriptor and its size, -1 on failure; and what it is sealed with. */
int content_store_open(const struct home *home, const char *file, bool thumbnail, uint64_t *size,
                       struct pp_error *error);
#define CONTENT_STORE_OWNER_SIZE 80
void content_store_owner(const char *file, bool thumbnail, char owner[CONTENT_STORE_OWNER_SIZE]);

#endif
