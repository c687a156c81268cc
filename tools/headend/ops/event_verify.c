#include "headend/ops/event_verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "crypto/jwk.h"
#include "events/head.h"
#include "headend/ops/event_chain.h"
#include "headend/public/device_jws.h"

#define FAULT_MAX 320 /* bytes of one in words */

/* Of a screen of which as many are here as are kept, the oldest have gone by themselves. Each is the least of what is
 * whole; INT64_MIN where none have gone. */
struct oldest {
    int64_t link;                 /* the number of a place whose event is here */
    int64_t row;                  /* the rowid of an event whose place is here */
    int64_t head;                 /* the number of a head whose place is here */
    char chain[EVENT_CHAIN_SIZE]; /* may lack its beginning; "" none */
};

/* Where the walk along the chains is. */
struct walk {
    struct db *db;
    const struct device *device;
    struct event_verification *out;
    struct oldest oldest;
    struct event_head at; /* the last place of the chain; seq 0: none yet */
    int64_t first;        /* place of the chain that is here */
    int64_t vouched;      /* the newest place of the chain that a good head is for; 0: none */
    struct pp_error *error;
};

__attribute__((format(printf, 2, 3))) static void tell(struct walk *walk, const char *format, ...) {
    char fault[FAULT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(fault, sizeof fault, format, args);
    va_end(args);
    walk->out->faults++;
    if (walk->out->tell)
        walk->out->tell(walk->out->arg, fault);
}

/* ---- Heads ---- */

/* Whether the token is what it stands for: of this place, by this key. */
static bool head_good(const uint8_t point[CRYPTO_POINT_SIZE], const char *token,
                      const struct event_place *place, struct pp_error *why) {
    struct event_head head = {0};
    int64_t signed_s;
    pp_autobuf struct pp_buf payload = PP_BUF_INIT(EVENT_HEAD_PAYLOAD_MAX);
    return device_jws_verify(point, EVENT_HEAD_TYP, token, strlen(token), &payload, why) &&
           event_head_read_payload(payload.data, payload.size, &head, &signed_s, why) &&
           ((strcmp(head.chain, place->chain) == 0 && head.seq == place->seq &&
             memcmp(head.hash, place->hash, sizeof head.hash) == 0) ||
            pp_fail(why, PP_E_AUTH, "the screen has signed for another event"));
}

/* Columns 5 and 6 are the head's key and token, or NULL. */
static void verify_head(struct walk *walk, struct db_row *row, const struct event_place *place) {
    uint8_t point[CRYPTO_POINT_SIZE];
    struct pp_error why = {0};
    const char *token = db_text(row, 6);
    if (!*token)
        return;
    if (db_bytes(row, 5, point, sizeof point, &why) && head_good(point, token, place, &why)) {
        walk->out->heads++;
        walk->vouched = place->seq;
    } else {
        tell(walk, "chain %s: the signed head of event %lld was changed: %s", place->chain,
             (long long)place->seq, why.message);
    }
}

/* ---- The chain ---- */

/* At the end of a chain: what no signature of the screen's is for. */
static void end_chain(struct walk *walk) {
    long long from = (long long)walk->vouched + 1, to = (long long)walk->at.seq;
    if (!walk->vouched)
        tell(walk, "chain %s: no signed head vouches for any of it (events %lld to %lld): %s", walk->at.chain,
             (long long)walk->first, to,
             "they came from a version of the screen that signs none, or before heads were kept here, or the "
             "heads were taken out");
    else if (walk->at.seq > walk->vouched)
        tell(walk, "chain %s: no signed head vouches for event%s %lld to %lld: %s", walk->at.chain,
             from < to ? "s" : "", from, to, "signed heads were taken out, or these were put in");
}

static void begin_chain(struct walk *walk, const struct event_place *place) {
    if (walk->at.seq)
        end_chain(walk);
    walk->out->chains++;
    walk->vouched = 0;
    walk->first = place->seq;
    walk->at = (struct event_head){0};
    memcpy(walk->at.chain, place->chain, sizeof walk->at.chain);
}

static void verify_place(struct walk *walk, const struct event_place *place) {
    int64_t missing = place->seq - walk->at.seq - 1;
    bool oldest = !walk->at.seq && strcmp(place->chain, walk->oldest.chain) == 0;
    if (missing > 0 && !oldest)
        tell(walk, "chain %s: %lld event%s missing (%lld to %lld): they never came here, or were taken out",
             place->chain, (long long)missing, missing == 1 ? " is" : "s are", (long long)walk->at.seq + 1,
             (long long)place->seq - 1);
    else if (missing == 0 && walk->at.seq && memcmp(place->prev, walk->at.hash, sizeof place->prev) != 0)
        tell(walk,
             "chain %s: event %lld does not follow event %lld: one of them was changed, or put in its place",
             place->chain, (long long)place->seq, (long long)walk->at.seq);
    walk->at.seq = place->seq;
    memcpy(walk->at.hash, place->hash, sizeof walk->at.hash);
}

/* The event itself, column 4, or NULL; its place's number is column 7. */
static bool verify_event(struct walk *walk, struct db_row *row, const struct event_place *place) {
    struct event_place said = {0};
    bool whole = false;
    pp_autojson cJSON *event = cJSON_Parse(db_text(row, 4));
    if (!*db_text(row, 4)) {
        if (db_int(row, 7) > walk->oldest.link)
            tell(walk, "chain %s: event %lld was taken out", place->chain, (long long)place->seq);
        return true;
    }
    walk->out->events++;
    if (!event_place_read(event, &said, NULL))
        said = (struct event_place){0};
    else if (!event_is_whole(event, &said, &whole, walk->error))
        return false;
    if (!whole || memcmp(said.hash, place->hash, sizeof said.hash) != 0 ||
        memcmp(said.prev, place->prev, sizeof said.prev) != 0)
        tell(walk, "chain %s: event %lld was changed: it is not what its hash is of", place->chain,
             (long long)place->seq);
    return true;
}

static bool verify_row(struct walk *walk, struct db_row *row) {
    struct event_place place = {.seq = db_int(row, 1)};
    snprintf(place.chain, sizeof place.chain, "%s", db_text(row, 0));
    if (!db_bytes(row, 2, place.prev, sizeof place.prev, walk->error) ||
        !db_bytes(row, 3, place.hash, sizeof place.hash, walk->error))
        return false;
    if (!walk->out->chains || strcmp(place.chain, walk->at.chain) != 0)
        begin_chain(walk, &place);
    verify_place(walk, &place);
    verify_head(walk, row, &place);
    return verify_event(walk, row, &place);
}

static bool verify_chains(struct walk *walk) {
    struct pp_error end = {0};
    db_autorow struct db_row *row = db_query(walk->db, walk->error, DB_EVENT_WALK, DB_TEXT(walk->device->id));
    if (!row)
        return false;
    while (db_next(row, "event", &end)) {
        if (!verify_row(walk, row))
            return false;
    }
    if (walk->at.seq)
        end_chain(walk);
    return end.code == PP_E_NOTFOUND || pp_fail(walk->error, end.code, "%s", end.message);
}

/* ---- What stands in no chain ---- */

/* `sql`: of the screen ?1, above ?2. */
static bool count(struct walk *walk, enum db_statement statement, int64_t above, int64_t *number) {
    db_autorow struct db_row *row =
        db_query(walk->db, walk->error, statement, DB_TEXT(walk->device->id), DB_INT(above));
    if (!row || !db_next(row, "events", walk->error))
        return false;
    *number = db_int(row, 0);
    return true;
}

static bool verify_strays(struct walk *walk) {
    const struct {
        int64_t above;
        enum db_statement statement;
        const char *fault;
    } rows[] = {
        {INT64_MIN, DB_EVENT_COUNT_UNREADABLE, "cannot be read any more"},
        {walk->oldest.row, DB_EVENT_COUNT_UNLINKED,
         "stand in no chain: put in, or their places were taken out"},
        /* Those of before the screen had a chain come before it. */
        {INT64_MIN, DB_EVENT_COUNT_PLACELESS,
         "without a place in a chain came after those with one: put in, or of an older version of the "
         "screen"},
        {walk->oldest.head, DB_EVENT_COUNT_HEADS_ALONE,
         "that the screen has signed for are gone: they were taken out"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        int64_t number = 0;
        if (!count(walk, rows[i].statement, rows[i].above, &number))
            return false;
        if (number)
            tell(walk, "events: %lld %s", (long long)number, rows[i].fault);
    }
    return true;
}

/* What was wrong with them as they came; gaps are told by the walk. */
static bool verify_findings(struct walk *walk) {
    static const enum event_finding findings[] = {EVENT_FORK, EVENT_REWRITE, EVENT_ROLLBACK, EVENT_UNCHAINED};
    struct pp_error end = {0};
    db_autorow struct db_row *row =
        db_query(walk->db, walk->error, DB_EVENT_FINDING_EACH, DB_TEXT(walk->device->id));
    if (!row)
        return false;
    while (db_next(row, "finding", &end)) {
        for (size_t i = 0; i < PP_COUNT(findings); i++) {
            const struct event_finding_row *known = event_finding_row(findings[i]);
            if (strcmp(known->name, db_text(row, 0)) != 0)
                continue;
            if (!*db_text(row, 1))
                tell(walk, "events: found as it came: %s", known->words);
            else
                tell(walk, "chain %s: found as it came (%lld to %lld): %s", db_text(row, 1),
                     (long long)db_int(row, 2), (long long)db_int(row, 3), known->words);
        }
    }
    return end.code == PP_E_NOTFOUND || pp_fail(walk->error, end.code, "%s", end.message);
}

/* ---- Whose keys ---- */

/* Whether a certificate of the screen's is for it, as far as they are kept: until they expire. */
static bool key_known(struct walk *walk, const uint8_t thumbprint[JWK_THUMBPRINT_SIZE], bool *known) {
    db_autorow struct db_row *row =
        db_query(walk->db, walk->error, DB_CERTIFICATE_KEY_IS_KNOWN, DB_TEXT(walk->device->id),
                 DB_BLOB(thumbprint, JWK_THUMBPRINT_SIZE));
    if (!row || !db_next(row, "key", walk->error))
        return false;
    *known = db_int(row, 0);
    return true;
}

/* The keys of a chain, in the order in which each signed last. */
struct signer {
    int64_t first, last, heads; /* events that it signed for */
    bool known;
    char fingerprint[FINGERPRINT_SIZE];
};
struct signers {
    struct signer of[EVENT_SIGNERS_MAX];
    size_t count;
};

static bool signers_load(struct walk *walk, const char *chain, struct signers *signers) {
    struct pp_error end = {0};
    db_autorow struct db_row *row =
        db_query(walk->db, walk->error, DB_EVENT_HEAD_SIGNERS, DB_TEXT(walk->device->id), DB_TEXT(chain),
                 DB_INT(CRYPTO_POINT_SIZE), DB_INT(EVENT_SIGNERS_MAX));
    if (!row)
        return false;
    while (db_next(row, "key", &end)) {
        uint8_t point[CRYPTO_POINT_SIZE], thumbprint[JWK_THUMBPRINT_SIZE];
        struct signer *signer = &signers->of[signers->count++];
        *signer = (struct signer){.first = db_int(row, 1), .last = db_int(row, 2), .heads = db_int(row, 3)};
        if (!db_bytes(row, 0, point, sizeof point, walk->error))
            return false;
        if (!jwk_thumbprint(point, thumbprint, NULL)) /* no key at all: its heads are told already */
            continue;
        if (!key_known(walk, thumbprint, &signer->known))
            return false;
        fingerprint_text(thumbprint, signer->fingerprint);
    }
    return end.code == PP_E_NOTFOUND || pp_fail(walk->error, end.code, "%s", end.message);
}

/* Of a key that no certificate is for: the screen's last one cannot be such a key, nor one that follows a key with a
 * certificate. Any other may be of before a renewal, and its certificate has expired and was forgotten; where a known
 * key signs later in the same chain, that vouches for what is before it, too. */
static bool accuse(const struct signers *signers, size_t at, bool newest_chain) {
    bool before = newest_chain;
    for (size_t i = 0; i < signers->count; i++) {
        if (i < at && signers->of[i].known)
            return false;
        before |= i > at && signers->of[i].known;
    }
    return before;
}

static void tell_signers(struct walk *walk, const char *chain, const struct signers *signers,
                         bool newest_chain) {
    char words[FAULT_MAX];
    for (size_t i = 0; i < signers->count; i++) {
        const struct signer *signer = &signers->of[i];
        if (!signer->known && accuse(signers, i, newest_chain))
            tell(walk, "chain %s: events %lld to %lld are vouched for by the key %s, %s", chain,
                 (long long)signer->first, (long long)signer->last, signer->fingerprint,
                 "which no certificate of this screen's is for: somebody else has signed them");
        snprintf(words, sizeof words, "chain %s: %lld signed head%s, events %lld to %lld, by the key %s%s",
                 chain, (long long)signer->heads, signer->heads == 1 ? "" : "s", (long long)signer->first,
                 (long long)signer->last, signer->fingerprint,
                 signer->known ? ""
                               : " (no certificate for it is here; they are kept until they expire: "
                                 "compare it with what was noted of the screen)");
        if (walk->out->tell_key)
            walk->out->tell_key(walk->out->arg, words);
    }
}

/* The newest chain first. */
static bool verify_keys(struct walk *walk) {
    struct pp_error end = {0};
    bool newest_chain = true;
    db_autorow struct db_row *row =
        db_query(walk->db, walk->error, DB_EVENT_HEAD_CHAINS, DB_TEXT(walk->device->id));
    if (!row)
        return false;
    while (db_next(row, "chain", &end)) {
        struct signers signers = {0};
        if (!signers_load(walk, db_text(row, 0), &signers))
            return false;
        tell_signers(walk, db_text(row, 0), &signers, newest_chain);
        newest_chain = false;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(walk->error, end.code, "%s", end.message);
}

/* ---- What has gone by itself ---- */

static bool oldest_load(struct walk *walk) {
    struct oldest *oldest = &walk->oldest;
    *oldest = (struct oldest){.link = INT64_MIN, .row = INT64_MIN, .head = INT64_MIN};
    db_autorow struct db_row *full =
        db_query(walk->db, walk->error, DB_EVENT_IS_FULL, DB_TEXT(walk->device->id), DB_INT(EVENT_LINKS_MAX));
    if (!full || !db_next(full, "events", walk->error))
        return false;
    if (!db_int(full, 0))
        return true;
    db_autorow struct db_row *row =
        db_query(walk->db, walk->error, DB_EVENT_OLDEST, DB_TEXT(walk->device->id));
    if (!row || !db_next(row, "events", walk->error))
        return false;
    *oldest = (struct oldest){.link = db_int(row, 0), .row = db_int(row, 1), .head = db_int(row, 2)};
    snprintf(oldest->chain, sizeof oldest->chain, "%s", db_text(row, 3));
    return true;
}

bool event_verify(struct db *db, const struct device *device, struct event_verification *verification,
                  struct pp_error *error) {
    struct walk walk = {.db = db, .device = device, .out = verification, .error = error};
    return oldest_load(&walk) && verify_chains(&walk) && verify_strays(&walk) && verify_findings(&walk) &&
           verify_keys(&walk);
}
