/*
 * One metadata file, parsed and checked against its format (specification §4): the envelope
 *     {"signatures": [{"keyid": "…", "sig": "<hex>"}, …], "signed": {"_type": "…", "version": 1, …}}
 * and every field of `signed` that the workflow reads. Fields nobody reads stay in the document, so they are
 * in what is verified. Nothing here verifies a signature: see verify.h.
 */
#ifndef PP_TRUST_METADATA_H
#define PP_TRUST_METADATA_H

#include <cjson/cJSON.h>

#include "base/error.h"
#include "base/mem.h"

#define TRUST_SIGNATURES_MAX  256   /* entries of "signatures" */
#define TRUST_SIGNATURE_MAX   4096  /* hex digits of one */
#define TRUST_KEYID_MAX       128   /* bytes */
#define TRUST_KEYS_MAX        16384 /* in one file */
#define TRUST_KEYIDS_MAX      256   /* of one role */
#define TRUST_DELEGATIONS_MAX 16384 /* in one file */
#define TRUST_PATTERNS_MAX    4096  /* of one delegation */
#define TRUST_PATTERN_MAX     1024  /* bytes of one */
#define TRUST_META_MAX        16384 /* files named by one snapshot */
#define TRUST_FILES_MAX       65536 /* targets in one file */
#define TRUST_NAME_MAX        240   /* bytes of a role's name in its percent-encoded form */

enum trust_type { TRUST_TYPE_ROOT, TRUST_TYPE_TIMESTAMP, TRUST_TYPE_SNAPSHOT, TRUST_TYPE_TARGETS };

struct trust_metadata {
    enum trust_type type;
    int64_t version;         /* 1 or more */
    int64_t expires;         /* s since 1970 */
    const cJSON *body;       /* "signed"; borrowed from `document` */
    const cJSON *signatures; /* the same; its keyids are unique */
    cJSON *document;
};

/* NULL with PP_E_INVALID or PP_E_LIMIT, naming the field, where the file is not well-formed metadata of that
 * type. */
struct trust_metadata *trust_metadata_parse(enum trust_type type, const void *data, size_t size,
                                            struct pp_error *error);
void trust_metadata_destroy(struct trust_metadata *metadata);
PP_DEFINE_AUTO(trust_metadata, struct trust_metadata, trust_metadata_destroy)

/* "root", "timestamp", "snapshot" or "targets". */
const char *trust_type_name(enum trust_type type);

/* What snapshot and timestamp say about another metadata file (METAFILES, §4.4). */
struct trust_meta {
    int64_t version;
    bool has_length;
    int64_t length;      /* bytes */
    const cJSON *hashes; /* borrowed; NULL where there are none */
};

/* The entry of `file` ("snapshot.json"); PP_E_NOTFOUND where there is none. */
PP_MUST_USE bool trust_meta_find(const struct trust_metadata *metadata, const char *file,
                                 struct trust_meta *out, struct pp_error *error);

#endif
