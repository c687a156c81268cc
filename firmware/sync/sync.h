/*
 * Brings the newest manifest of a channel and all its objects onto the flash, then switches to it by one
 * vault record. Blocking work on a worker thread of its own; the caller's loop watches sync_result_fd.
 *
 * One pass: TUF metadata → target channels/ID/manifest.sealed (or next.sealed, of a rollout that this screen is in) →
 * opened with the channel key, parsed → space check → missing objects, several at a time → the record → eviction. A
 * pass that fails is tried again with decorrelated jitter until it succeeds or another request comes; the current
 * manifest stays meanwhile. Once in a while there is a pass without a request: a cache may have answered with older
 * metadata just when a publish was announced, and an attacker who holds back what is new is noticed when the metadata
 * expires.
 * When there is nothing to do the worker scrubs the store, slowly.
 */
#ifndef PP_SYNC_SYNC_H
#define PP_SYNC_SYNC_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "channel/manifest.h"
#include "net/client.h"
#include "store/store.h"
#include "trust/trust.h"
#include "vault/vault.h"

#define SYNC_MANIFEST_MAX        (4 * 1024 * 1024) /* bytes, sealed */
#define SYNC_RESULTS_MAX         64                /* waiting for sync_take_result; the oldest are dropped */
#define SYNC_WRONG_HASHES_MAX    3                 /* of one object in one pass */
#define SYNC_LOOK_PAUSE_DEFAULT  (60 * 60 * 1000)  /* ms from one pass to a look at what nobody announced */
#define SYNC_SCRUB_STEP_DEFAULT  (4 * 1024 * 1024) /* bytes */
#define SYNC_SCRUB_PAUSE_DEFAULT 60000             /* ms between two steps */
#define SYNC_STALL_DEFAULT       30                /* s */
#define SYNC_VAULT_RECORD        "sync"            /* current and previous manifest */
#define SYNC_DOCUMENTS_MAX       8                 /* followed at a time */

struct sync_config {
    const char *state_dir; /* trust/ is kept under it; must exist */
    struct vault *vault;   /* borrowed, as the store; both outlive the sync */
    struct store *store;
    const char *base_url;                /* https://HOST[:PORT] of the headend */
    const char *repo_path;               /* where the repository is below it; NULL: "/repo" */
    const char *ca_file;                 /* PEM; unless there are `authorities` */
    struct net_authorities *authorities; /* held; or NULL */
    struct net_proxy *proxy;             /* held; or NULL */
    const char
        *root_file; /* the first TUF root.json, used while state_dir/trust has none that verifies; or NULL */
    struct net_clocks clocks;  /* of certificates; the first also of TUF's metadata; asked on the worker */
    int stall_s;               /* a download without a byte for so long is cut and resumed; 0: the default */
    int look_pause_ms;         /* 0: the default; negative: no pass without a request */
    uint64_t scrub_step_bytes; /* 0: the default */
    int scrub_pause_ms;        /* 0: the default; negative: no scrub */
};

struct sync_target {
    char channel[CHANNEL_NAME_MAX + 1];
    uint8_t key[CHANNEL_KEY_SIZE]; /* the channel key, secret */
    /* The channel's next manifest, by the hash of the sealed one, in place of the present one: where the verified
     * repository names that very one as channels/ID/next.sealed, and else not. */
    bool has_take;
    uint8_t take[CHANNEL_HASH_SIZE];
};

/* A small target of the repository, a text, signed with its metadata, that others than the channel live on: who needs
 * one gives its row to sync_add_document. */
struct sync_document {
    const char *path; /* of the target; borrowed for as long as the sync is there */
    size_t bytes_max; /* a longer one is refused as PP_E_LIMIT */
    bool optional;    /* a repository may have none: whoever asks for it gets no answer then */
    /* Where results are taken, by whoever takes them (SYNC_DOCUMENT, SYNC_NO_DOCUMENT). */
    void (*take)(void *arg, const char *text);
    void (*miss)(void *arg, const struct pp_error *error);
    void *arg;
};

enum sync_kind {
    SYNC_SWITCHED,   /* a new manifest is current; `manifest` holds it */
    SYNC_UNCHANGED,  /* the current manifest is the newest, all its objects are there */
    SYNC_FAILED,     /* the pass ended with `error`; tried again after `retry_ms` */
    SYNC_EMPTY,      /* the verified repository has nothing on the channel; no manifest is current any more */
    SYNC_TIME,       /* root says something of the time: `statement`; the pass goes on */
    SYNC_REPAIRED,   /* as UNCHANGED, and objects that were missing or bad are there again */
    SYNC_BAD_OBJECT, /* the scrub set `sha256` aside; it is fetched again */
    SYNC_DOCUMENT,   /* the repository vouches for another `document` than the one told last: `text` */
    SYNC_REFUSED, /* metadata or a target of it was refused for `error`, which names it; the pass ends with the same */
    SYNC_NO_DOCUMENT, /* `document` was requested and did not come, for `error`; asked for again */
};

struct sync_result {
    enum sync_kind kind;
    char channel[CHANNEL_NAME_MAX + 1];
    int64_t version;                   /* of the manifest, as it says itself */
    uint8_t sha256[CHANNEL_HASH_SIZE]; /* of the sealed manifest; of the object for SYNC_BAD_OBJECT */
    uint64_t bytes_fetched;            /* of the bodies of objects and manifest */
    uint32_t objects_fetched;
    int64_t elapsed_ms;
    int64_t retry_ms; /* SYNC_FAILED: ms from then on; -1: no sooner than the next look */
    struct pp_error error;
    struct trust_time_statement statement; /* SYNC_TIME */
    bool expired; /* SYNC_TIME: metadata was refused as expired, by the time that it is taken for */
    struct channel_manifest *manifest;    /* SYNC_SWITCHED; NULL it to keep it */
    const struct sync_document *document; /* SYNC_DOCUMENT, SYNC_NO_DOCUMENT; borrowed from the sync */
    char *text;                           /* SYNC_DOCUMENT: the target; freed with the result */
};

void sync_result_finish(struct sync_result *result);

struct sync_progress {
    uint32_t objects_total, objects_done; /* of what the running pass has to fetch; 0 and 0 when idle */
    uint64_t bytes_total, bytes_done;
};

struct sync;

/* Starts the worker; nothing goes to the network before the first sync_request. */
struct sync *sync_create(const struct sync_config *config, struct pp_error *error);
/* Cancels what runs, within 100 ms unless the flash itself takes longer, and joins the worker. NULL is
 * allowed. */
void sync_destroy(struct sync *sync);
PP_DEFINE_AUTO(sync, struct sync, sync_destroy)

/* Who asks: certificate chain and key in PEM, or NULL and NULL; copied, wiped. Applies from the next pass. */
PP_MUST_USE bool sync_set_identity(struct sync *sync, const char *certificate_chain_pem,
                                   struct crypto_key *key, struct pp_error *error);
/* What proves the requests, on the worker's thread; copied, and its `arg` outlives the sync. NULL: nothing. */
void sync_set_prover(struct sync *sync, const struct net_prover *prover);
/* "name=value" or NULL. */
void sync_set_cookie(struct sync *sync, struct pp_secret_text *cookie); /* held */

/* Asks for a pass now. While one runs for the same target, another follows it (a publish may have come
 * meanwhile), at once where it fetches objects that the newest manifest may not need any more; one for
 * another target is cancelled. The newest request wins. */
void sync_request(struct sync *sync, const struct sync_target *target);
/* An object could not be played: it is hashed next, at full speed, and fetched again where it is bad or
 * missing. Of several, the newest counts; the scrub finds the others in its time. */
void sync_suspect(struct sync *sync, const struct store_need *object);
/* Follows a document from now on: it is looked at in every pass, and told where it is another than before, once each
 * start in any case. The row is copied. PP_E_LIMIT for one too many, PP_E_STATE where its path is followed already. */
PP_MUST_USE bool sync_add_document(struct sync *sync, const struct sync_document *document,
                                   struct pp_error *error);
/* Asks for a document that is followed, now and until it was looked up once, also without a target. */
void sync_request_document(struct sync *sync, const char *path);
/* No target any more: cancels what runs and waits for the next request. */
void sync_stop(struct sync *sync);

/* Readable while a result waits; borrowed. */
int sync_result_fd(const struct sync *sync);
/* The oldest waiting result; false when there is none. sync_result_finish frees what it holds. */
bool sync_take_result(struct sync *sync, struct sync_result *out);
void sync_progress(struct sync *sync, struct sync_progress *out);
/* Of the newest of TUF's roots that was ever trusted; 0: none yet. */
int64_t sync_root_version(struct sync *sync);

/* The manifest to show at start, without any network: PP_E_NOTFOUND when there is none yet. It is verified
 * against the record's hash and opened with the key that the record keeps. The caller destroys it. Objects
 * may be missing after a fault of the flash: ask the store before showing an item. */
PP_MUST_USE bool sync_load_current(struct vault *vault, struct store *store, struct channel_manifest **out,
                                   struct pp_error *error);

/* Goes back to the manifest before, for one that makes programs crash: that one is not taken again until
 * another is published. PP_E_NOTFOUND when there is no previous one. */
PP_MUST_USE bool sync_use_previous(struct sync *sync, struct channel_manifest **out, struct pp_error *error);

#endif
