/* What the files of this module share. */
#ifndef PP_SYNC_INTERNAL_H
#define PP_SYNC_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "net/client.h"
#include "net/retry.h"
#include "sync/record.h"
#include "sync/repository.h"
#include "sync/sync.h"

#define SYNC_URL_MAX NET_URL_MAX

/* Whom we are to the headend. */
struct sync_identity {
    char *certificate;             /* PEM chain, or NULL */
    struct crypto_key *key;        /* its key, held */
    struct pp_secret_text *cookie; /* "name=value" or NULL, held */
    struct net_prover prover;      /* zeros: none */
};

/* What the worker counts and others read. */
struct sync_counters {
    _Atomic uint32_t objects_total, objects_done;
    _Atomic uint64_t bytes_total, bytes_done;
};

/* A document that somebody follows. */
struct sync_followed {
    struct sync_document row;          /* never changed */
    bool requested;                    /* under the lock */
    uint8_t sha256[CHANNEL_HASH_SIZE]; /* the worker's: of the one told last; zeros: none */
    struct pp_error error;             /* the worker's: why the last look-up brought none; PP_OK: it did */
};

struct sync {
    /* Never changed after sync_create. */
    struct vault *vault;
    struct store *store;
    char *repo_url; /* without a slash at its end */
    int stall_s;
    uint64_t scrub_step_bytes;
    int look_pause_ms;  /* negative: none */
    int scrub_pause_ms; /* negative: none */
    int result_fd;
    struct net_loop *loop;     /* the worker's; others only wake it */
    struct net_client *client; /* the worker's, as is what uses it */
    struct sync_repository *repository;
    pthread_t worker;
    bool worker_started;

    atomic_bool cancel;      /* ends the running pass */
    atomic_bool asked_again; /* for the target of the running pass: something newer may be there */
    struct sync_counters counters;
    _Atomic int64_t root_version;

    pthread_mutex_t record_lock; /* over reading, changing and writing the vault record */
    atomic_bool unpinned;        /* what the recorded manifests need could not be read */

    pthread_mutex_t lock; /* over everything below */
    pthread_cond_t wake;  /* CLOCK_MONOTONIC */
    bool stop;
    bool has_target, requested;
    struct sync_followed documents[SYNC_DOCUMENTS_MAX]; /* one that is there stays */
    size_t document_count;
    struct sync_target target;
    bool suspected;
    struct store_need suspect; /* where suspected */
    struct sync_identity identity;
    struct sync_result results[SYNC_RESULTS_MAX];
    size_t result_first, result_count;

    /* The worker's own. */
    struct net_retry retry;
    int64_t pass_at_ms;                      /* CLOCK_MONOTONIC, a try again or a look; 0: not by itself */
    int64_t scrub_at_ms;                     /* CLOCK_MONOTONIC */
    char told_refusal[PP_ERROR_MESSAGE_MAX]; /* until metadata is accepted again */
    int64_t told_time_epoch;                 /* of the newest statement that a result has told */
    struct net_retry documents_retry;
    int64_t documents_at_ms; /* CLOCK_MONOTONIC, not before, where any is requested */
    uint64_t suspect_left;   /* bytes of the suspect that are still to be read, at full speed */
    int64_t
        suspect_at_ms; /* CLOCK_MONOTONIC: a suspect waits until then, since the flash let nothing be read */
    uint8_t wrong_manifest[CHANNEL_HASH_SIZE]; /* whose objects had wrong hashes */
    int64_t wrong_wait_s;                      /* how long was waited for that */
    struct pp_buf manifest; /* sealed, the one fetched last: a pass that is tried again need not fetch it */
};

/* ---- worker.c ---- */
void *sync_worker_main(void *arg);
/* Queues a result; takes over its manifest and keys. Any thread. */
void sync_push_result(struct sync *sync, struct sync_result *result);

/* ---- pass.c ---- */
/* What a pass leaves behind besides its result. */
struct sync_verdict {
    bool hopeless;         /* trying again changes nothing until something is published */
    int64_t retry_after_s; /* the server's wish; -1 none */
    int64_t wait_s;        /* our own, on top of what there is in any case; 0 none */
};

/* Runs one pass for the target; fills the result in any case. False where it failed or was cancelled. */
bool sync_pass(struct sync *sync, const struct sync_target *target, struct sync_result *result,
               struct sync_verdict *verdict);

/* ---- metadata.c ---- */
/* The newest sealed manifest of a channel as the repository has it. */
struct sync_newest {
    bool nothing; /* the metadata, all of it verified, says nothing about the channel */
    struct trust_target target;
};

/* Refreshes the repository, tells what is to be told of it, and has the documents followed. */
PP_MUST_USE bool sync_metadata_refresh(struct sync *sync, int64_t *retry_after_s, struct pp_error *error);
/* What `wanted` is to show, after a refresh: the channel's next manifest, where it is to take that and the metadata
 * names it, else the present one. The caller finishes the target in any case. */
PP_MUST_USE bool sync_manifest_find(struct sync *sync, const struct sync_target *wanted,
                                    struct sync_newest *newest, int64_t *retry_after_s,
                                    struct pp_error *error);
PP_MUST_USE bool sync_manifest_download(struct sync *sync, const struct sync_newest *newest,
                                        struct pp_buf *out, int64_t *retry_after_s, struct pp_error *error);

/* ---- documents.c ---- */
/* Looks each of them up in the metadata just refreshed, and tells those that are others than before. Content does not
 * wait for them: what is in effect goes on. */
void sync_documents_follow(struct sync *sync);
/* Whether any is asked for. Lock held. */
bool sync_documents_requested(const struct sync *sync);
/* Looks them up without a pass, and tells which of those that were asked for did not come. */
void sync_documents_look_up(struct sync *sync);

/* ---- fetch.c ---- */
struct sync_fetched {
    uint32_t objects;      /* that came whole */
    uint64_t bytes;        /* of bodies */
    int64_t retry_after_s; /* -1 none */
};

/* Asked whenever another pass was requested meanwhile; may turn the loop itself. */
struct sync_newer {
    bool (*came)(void *arg);
    void *arg;
};

/* Brings every object that the store does not have. On failure what came so far is kept for the next time.
 * PP_E_CANCELLED also where something newer came. */
PP_MUST_USE bool sync_fetch(struct sync *sync, const struct store_need *needs, size_t count,
                            const struct sync_newer *newer, struct sync_fetched *outcome,
                            struct pp_error *error);

/* ---- current.c ---- */
/* Opens a sealed manifest; it must be of that channel. */
struct channel_manifest *sync_manifest_open(const void *sealed, size_t size,
                                            const uint8_t key[CHANNEL_KEY_SIZE], const char *channel,
                                            struct pp_error *error);
/* The same from the store; NULL also when the object is missing or bad, which is then set aside. */
struct channel_manifest *sync_manifest_load(struct store *store, const struct sync_stored *manifest,
                                            struct pp_error *error);

/* What a manifest needs on flash, itself included. The caller frees the list. */
struct sync_needs {
    struct store_need *list;
    size_t count;
};
PP_MUST_USE bool sync_needs_make(const struct sync_stored *sealed, const struct channel_manifest *manifest,
                                 struct sync_needs *out, struct pp_error *error);
bool sync_needs_met(struct store *store, const struct sync_needs *needs);

/* Pins what the record's manifests need. */
void sync_pin_recorded(struct sync *sync);
/* No manifest is current any more: the channel is empty. Their objects may be evicted. */
PP_MUST_USE bool sync_forget_manifests(struct sync *sync, struct pp_error *error);
/* Makes the manifest current, by one vault record, and pins accordingly. */
PP_MUST_USE bool sync_switch(struct sync *sync, const struct sync_stored *next,
                             const struct sync_needs *needs, struct pp_error *error);

#endif
