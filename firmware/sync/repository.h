/*
 * A TUF repository on a server: its metadata, and targets that it vouches for. One object for whatever a screen takes
 * from there: manifests of channels, keys, authorities.
 *
 *   refresh    brings the newest metadata                                     §5.1 to §5.6
 *   find       PATH -> length and hashes, as the metadata has them            §5.6.7
 *   download   brings the target into memory, where nothing appears that
 *              is not what was found                                          §5.7
 *
 * The sections are those of the specification 1.0.34
 * (https://theupdateframework.github.io/specification/v1.0.34/), of which trust/trust.h is the client; here it gets a
 * server, a folder, and versions in the vault below which the metadata does not fall (trust_floors.h).
 *
 * Every operation blocks until its answer is there, runs the loop of the client meanwhile, and ends soon after
 * `cancel` was set and that loop woken: it is for a worker beside the loop of a program, as sync's own is. Not
 * thread-safe. The folder, and the record in the vault, belong to one repository at a time. Nothing is asked for
 * twice: when to try again is the caller's decision (net/retry.h, and the server's wish in struct
 * sync_repository_answer).
 */
#ifndef PP_SYNC_REPOSITORY_H
#define PP_SYNC_REPOSITORY_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "net/client.h"
#include "trust/trust.h"
#include "vault/vault.h"

#define SYNC_REPOSITORY_TIMEOUT_MS 60000 /* for one file of metadata, or one target */

struct sync_repository_config {
    struct net_client *client;  /* borrowed; each request has its identity and cookie */
    struct vault *vault;        /* borrowed; record SYNC_TRUST_RECORD */
    const char *url;            /* at the client's base_url; metadata/ and targets/ stand below it */
    const char *trust_dir;      /* the trusted metadata; made, with the first root, where it is missing */
    const char *root_file;      /* the first root.json, while trust_dir has none that verifies; or NULL */
    struct pp_time_source time; /* of the metadata's expiry; asked once in each refresh (§5.1) */
    const atomic_bool *cancel;  /* borrowed; PP_E_CANCELLED once it is set; NULL: never */
};

struct sync_repository;

/* Nothing goes to flash or network yet. Texts are copied. NULL: PP_E_NOMEM, or PP_E_LIMIT for an address that is too
 * long. */
struct sync_repository *sync_repository_create(const struct sync_repository_config *config,
                                               struct pp_error *error);
/* NULL is allowed. */
void sync_repository_destroy(struct sync_repository *repository);
PP_DEFINE_AUTO(sync_repository, struct sync_repository, sync_repository_destroy)

/* Brings the newest metadata, and keeps what of it is verified. What was found before is to be found again.
 * Errors: those of trust_open, where neither folder nor root_file has a root that verifies, of trust_refresh and of
 * sync_trust_floors_raise; those of net/problem.h and net/client.h where a file did not come. After a failure, find and
 * download are PP_E_STATE. */
PP_MUST_USE bool sync_repository_refresh(struct sync_repository *repository, struct pp_error *error);
/* Frees what the last refresh left in memory, some megabytes in a large repository: as before the first one. */
void sync_repository_forget(struct sync_repository *repository);

enum sync_find {
    SYNC_FIND_FAILED, /* it could not be learnt, or the target is none that can be taken */
    SYNC_FOUND,
    SYNC_NOT_NAMED, /* metadata, all of it verified, says nothing about the path; PP_E_NOTFOUND */
};

/* Looks the target up, whose role's metadata may have to be fetched for it. `out` is zeroed first, and the caller
 * finishes it (trust_target_finish) where it was found; it has a SHA-256. Errors: those of trust_target_find;
 * PP_E_LIMIT for a target of more than `bytes_max`; PP_E_UNSUPPORTED for one without a SHA-256. A role's metadata that
 * is not there is SYNC_FIND_FAILED with PP_E_NOTFOUND. */
PP_MUST_USE enum sync_find sync_repository_find(struct sync_repository *repository, const char *path,
                                                size_t bytes_max, struct trust_target *out,
                                                struct pp_error *error);

/* Appends what was found since the last refresh to `out`. On failure nothing is appended. Errors: PP_E_AUTH for another
 * length or hash; PP_E_LIMIT where it does not fit into `out`, or the server sends more than the target's length;
 * PP_E_NOTFOUND where the server has no such file; else those of the network. */
PP_MUST_USE bool sync_repository_download(struct sync_repository *repository,
                                          const struct trust_target *target, struct pp_buf *out,
                                          struct pp_error *error);

/* What the last operation met. */
struct sync_repository_answer {
    int status;            /* HTTP status of the last file; 0: none was asked for, or no whole answer came */
    int64_t retry_after_s; /* the server's wish in that answer, s; -1: none */
    /* It failed since what came, or is said of it, is not what was signed or what may be taken; not where something did
     * not come, nor for a fault of this device. */
    bool refused;
};
const struct sync_repository_answer *sync_repository_answer(const struct sync_repository *repository);

/* Of the last refresh, also where it failed behind the root. 0: no root. */
int64_t sync_repository_root_version(const struct sync_repository *repository);
/* What that root says of the time; its epoch 0: nothing. */
void sync_repository_root_time(const struct sync_repository *repository, struct trust_time_statement *out);

#endif
