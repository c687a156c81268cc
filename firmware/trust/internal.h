/* What the steps of the workflow share. */
#ifndef PP_TRUST_INTERNAL_H
#define PP_TRUST_INTERNAL_H

#include "trust/metadata.h"
#include "trust/trust.h"
#include "trust/verify.h"

#define TRUST_URL_MAX 4096 /* bytes, of an address that is asked for */

enum trust_state { TRUST_OPENED, TRUST_REFRESHING, TRUST_REFRESHED };

struct trust {
    int dirfd;                            /* metadata folder */
    char *metadata_url, *target_base_url; /* each ends in a slash; the second may be NULL */
    trust_fetch_function *fetch;
    void *fetch_arg;
    int64_t now; /* s since 1970; fixed for the cycle (§5.1) */
    struct trust_caps caps;
    enum trust_state state;
    /* Trusted now; NULL where nothing is. Top-level targets only. */
    struct trust_metadata *root, *timestamp, *snapshot, *targets;
};

/* ---- files.c: the metadata folder ---- */

/* The bytes kept for a role. PP_E_NOTFOUND, PP_E_LIMIT or PP_E_IO. */
PP_MUST_USE bool trust_file_load(int dirfd, const char *role, size_t max, struct pp_buf *out,
                                 struct pp_error *error);
PP_MUST_USE bool trust_file_store(int dirfd, const char *role, const struct pp_buf *data,
                                  struct pp_error *error);
PP_MUST_USE bool trust_file_remove(int dirfd, const char *role, struct pp_error *error);

/* ---- remote.c: the repository ---- */

/* Fetches metadata of a role; version 0 asks for the file without a version in its name. */
enum trust_fetch_result trust_remote_metadata(struct trust *trust, const char *role, int64_t version,
                                              size_t max, struct pp_buf *out, struct pp_error *error);
/* A file at its address. NOT_FOUND fills the error as well; `out` is empty without OK. */
enum trust_fetch_result trust_remote_fetch(struct trust *trust, const struct pp_buf *url, size_t max,
                                           struct pp_buf *out, struct pp_error *error);

/* ---- steps ---- */

PP_MUST_USE bool trust_update_root(struct trust *trust, struct pp_error *error);      /* root.c, §5.3 */
PP_MUST_USE bool trust_update_timestamp(struct trust *trust, struct pp_error *error); /* timestamp.c, §5.4 */
PP_MUST_USE bool trust_update_snapshot(struct trust *trust, struct pp_error *error);  /* snapshot.c, §5.5 */

/* targets.c, §5.6.1 to §5.6.6 for any targets role: from the metadata folder where what is there is what
 * snapshot lists and `authority` signed it, else from the repository. The caller destroys what it returns. */
struct trust_metadata *trust_load_targets(struct trust *trust, const char *role,
                                          const struct trust_authority *authority, struct pp_error *error);

/* PP_E_EXPIRED unless it expires after the update start time. */
PP_MUST_USE bool trust_check_expiry(const struct trust *trust, const struct trust_metadata *metadata,
                                    struct pp_error *error);
/* Length and hashes as far as `meta` has them; PP_E_AUTH. */
PP_MUST_USE bool trust_check_bytes(const struct trust_meta *meta, const struct pp_buf *data,
                                   struct pp_error *error);
/* Bytes to allow for a file that `meta` describes: its length, else `cap`; PP_E_LIMIT over the cap. */
PP_MUST_USE bool trust_meta_bytes(const struct trust_meta *meta, size_t cap, size_t *out,
                                  struct pp_error *error);
bool trust_consistent_snapshot(const struct trust *trust);
/* Parses and verifies by what the trusted root names for that top-level role. */
struct trust_metadata *trust_parse_signed_by_root(const struct trust *trust, enum trust_type type,
                                                  const struct pp_buf *data, struct pp_error *error);
/* Puts `*fresh` in the place of `*trusted`. */
void trust_replace(struct trust_metadata **trusted, struct trust_metadata **fresh);

#endif
