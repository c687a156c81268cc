/*
 * The client of The Update Framework, specification 1.0.34 §5 "Detailed client workflow"
 * (https://theupdateframework.github.io/specification/v1.0.34/), with succinct delegations (TAP 15).
 *
 * One `struct trust` is one update cycle: open it, refresh it once, look targets up and download them, close
 * it. Its time is the "fixed update start time" of §5.1. What it has verified is kept, as received, in the
 * metadata folder: root.json, timestamp.json, snapshot.json, targets.json and one file for each delegated
 * role, its name percent-encoded. Each file is replaced atomically as soon as it is trusted; a refused one
 * changes nothing.
 *
 * All calls block for as long as the fetch callback does. Not thread-safe: one cycle belongs to one thread,
 * and one metadata folder to one cycle at a time.
 */
#ifndef PP_TRUST_TRUST_H
#define PP_TRUST_TRUST_H

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"

#define TRUST_TARGET_PATH_MAX 1024 /* bytes with the NUL, of a target's path in the repository */
#define TRUST_SHA256_SIZE     32
#define TRUST_SHA512_SIZE     64

/* Default caps; each stands for a field of struct trust_caps that is 0. */
#define TRUST_ROOT_MAX          (512UL * 1024)      /* bytes */
#define TRUST_TIMESTAMP_MAX     (16UL * 1024)       /* bytes */
#define TRUST_SNAPSHOT_MAX      (2UL * 1024 * 1024) /* bytes, where timestamp names no length */
#define TRUST_TARGETS_MAX       (5UL * 1024 * 1024) /* bytes, where snapshot names no length */
#define TRUST_ROOT_VERSIONS_MAX 256                 /* root versions taken in one cycle */
#define TRUST_ROLES_VISITED_MAX 32                  /* delegated roles visited in one search */

struct trust_caps {
    size_t root, timestamp, snapshot, targets; /* bytes; `targets` also for each delegated role */
    unsigned root_versions;                    /* root versions taken in one cycle */
    unsigned roles_visited;                    /* delegated roles visited in one search */
};

enum trust_fetch_result {
    TRUST_FETCH_OK,
    TRUST_FETCH_NOT_FOUND, /* the repository says that there is no such file (HTTP 403, 404, 410) */
    TRUST_FETCH_FAILED,    /* anything else, and more than max_bytes; the error is filled */
};

/* Appends the whole file at `url` to `out`, which is empty and has a cap of `max_bytes`. */
typedef enum trust_fetch_result trust_fetch_function(void *arg, const char *url, size_t max_bytes,
                                                     struct pp_buf *out, struct pp_error *error);

struct trust_config {
    const char *metadata_dir;    /* an existing folder that holds root.json; only its owner writes there */
    const char *metadata_url;    /* of the folder; a slash at its end is allowed */
    const char *target_base_url; /* the same for targets; NULL where nothing is downloaded */
    trust_fetch_function *fetch;
    void *fetch_arg;
    int64_t
        now; /* s since 1970, the update start time (§5.1): the device's time of day (base/wall_clock.h) */
    struct trust_caps caps;
};

struct trust; /* opaque */

/* Whether `root` could be a first root of trust: well-formed, and signed by its own keys. No network. */
PP_MUST_USE bool trust_check_root(const void *root, size_t size, struct pp_error *error);

/* Makes `root` the trusted root of a folder, made (0700) where it is missing; trust_check_root says what it
 * has to be. Where the folder already holds a root.json that verifies, that one stays: it may be newer. No
 * network. */
PP_MUST_USE bool trust_init_root(const char *metadata_dir, const void *root, size_t size,
                                 struct pp_error *error);

/* Loads the trusted root (§5.2) and copies what it needs of the configuration. NULL: PP_E_NOTFOUND without a
 * root.json, PP_E_AUTH or PP_E_INVALID for one that does not verify. No network. */
struct trust *trust_open(const struct trust_config *config, struct pp_error *error);

/* §5.3 to §5.6.6: root, timestamp, snapshot, targets. Once a cycle; a second call is PP_E_STATE.
 * PP_E_AUTH: signatures below a threshold, a hash or length that does not match, or mix-and-match;
 * PP_E_ROLLBACK: a version below one already trusted, or a role that vanished from snapshot;
 * PP_E_EXPIRED; PP_E_INVALID: breaks the format; PP_E_LIMIT; PP_E_NOTFOUND; or the error of the fetch
 * callback. After a failure, what was verified before it stays trusted and kept (§5, note). */
PP_MUST_USE bool trust_refresh(struct trust *trust, struct pp_error *error);

struct trust_target {
    char path[TRUST_TARGET_PATH_MAX];
    uint64_t length;             /* bytes */
    bool has_sha256, has_sha512; /* at least one of them */
    uint8_t sha256[TRUST_SHA256_SIZE];
    uint8_t sha512[TRUST_SHA512_SIZE];
    cJSON *custom; /* the application's own fields, or NULL */
};

/* Zeroes `target` and frees what it owns. */
void trust_target_finish(struct trust_target *target);
#define trust_autotarget PP_CLEANUP(trust_target_finish)

/* §5.6.7: searches the delegations in pre-order, fetching the metadata of delegated roles on the way. `out`
 * is zeroed first; the caller finishes it. PP_E_NOTFOUND where no role says anything about it; PP_E_STATE
 * before a refresh succeeded; else as trust_refresh. */
PP_MUST_USE bool trust_target_find(struct trust *trust, const char *path, struct trust_target *out,
                                   struct pp_error *error);

/* §5.7: appends the target to `out` once it is whole and verified. PP_E_LIMIT where it is longer than `out`
 * may become, PP_E_AUTH for a wrong length or hash. Nothing is appended on failure. */
PP_MUST_USE bool trust_target_download(struct trust *trust, const struct trust_target *target,
                                       struct pp_buf *out, struct pp_error *error);

/* Whether these bytes are the target; PP_E_AUTH if not. For copies that are there already. */
PP_MUST_USE bool trust_target_verify(const struct trust_target *target, const void *data, size_t size,
                                     struct pp_error *error);

/* Versions now trusted, for reports; 0 for a role of which none is. */
int64_t trust_root_version(const struct trust *trust);
int64_t trust_timestamp_version(const struct trust *trust);
int64_t trust_snapshot_version(const struct trust *trust);
int64_t trust_targets_version(const struct trust *trust);

/* What root's keys say of the time, a field of ours in the `signed` part of a root (README.md):
 *
 *   "pingplay-time": {"epoch": 1, "time": "2026-11-28T22:00:00Z"}
 *
 * Whoever signs metadata with a wrong clock can say a time that devices must then not fall below; this takes it
 * back. */
struct trust_time_statement {
    int64_t epoch;  /* 1 or more, only grows; 0: the root says nothing */
    int64_t time_s; /* s since 1970: it was this late, when it was said */
};

/* What the newest trusted root says; also where the refresh failed behind it, for want of time. */
void trust_root_time(const struct trust *trust, struct trust_time_statement *out);

/* NULL is allowed. */
void trust_close(struct trust *trust);
PP_DEFINE_AUTO(trust, struct trust, trust_close)

#endif
