#include "headend/ops/event_heads.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "headend/ops/event_chain.h"
#include "headend/public/device_jws.h"

struct signed_head {
    struct event_head head;
    int64_t signed_s; /* s since 1970, by the screen's clock */
};

/* One that is not good says nothing, as if there were none: "events verify" tells what no head vouches for. */
static bool head_verify(const struct event_sender *sender, const char *token,
                        struct signed_head *signed_head) {
    pp_autobuf struct pp_buf payload = PP_BUF_INIT(EVENT_HEAD_PAYLOAD_MAX);
    struct pp_error why = {0};
    bool good =
        (strlen(token) <= EVENT_HEAD_TOKEN_MAX ||
         pp_fail(&why, PP_E_LIMIT, "longer than %d characters", EVENT_HEAD_TOKEN_MAX)) &&
        device_jws_verify(sender->point, EVENT_HEAD_TYP, token, strlen(token), &payload, &why) &&
        event_head_read_payload(payload.data, payload.size, &signed_head->head, &signed_head->signed_s, &why);
    if (!good)
        pp_log_warning("screen %s: the head of its events: %s", sender->device, why.message);
    return good;
}

/* What is here of its chain: the newest place, and whether the event at the head's place is that one. */
struct here {
    int64_t newest; /* 0: none */
    bool other, same;
};

static bool here_load(struct db *db, const char *device, const struct event_head *head, struct here *here,
                      struct pp_error *error) {
    db_autorow struct db_row *row =
        db_query(db, error, DB_EVENT_LINK_AT, DB_TEXT(device), DB_TEXT(head->chain), DB_INT(head->seq),
                 DB_BLOB(head->hash, sizeof head->hash));
    if (!row || !db_next(row, "chain", error))
        return false;
    *here = (struct here){.newest = db_int(row, 0), .other = db_int(row, 1), .same = db_int(row, 2)};
    return true;
}

/* Whether it was signed later than all that are kept by that key: whoever sends an older one again, or a status that
 * was overtaken, says nothing of where the screen is now. */
static bool is_news(struct db *db, const struct event_sender *sender, int64_t signed_s, bool *news,
                    struct pp_error *error) {
    db_autorow struct db_row *row =
        db_query(db, error, DB_EVENT_HEAD_IS_NEWS, DB_INT(signed_s), DB_TEXT(sender->device),
                 DB_BLOB(sender->point, CRYPTO_POINT_SIZE));
    if (!row || !db_next(row, "head", error))
        return false;
    *news = db_int(row, 0);
    return true;
}

static bool find_rollback(struct db *db, const struct event_sender *sender, const struct signed_head *now,
                          const struct here *here, struct pp_error *error) {
    char item[160];
    const struct event_head *head = &now->head;
    const struct event_span span = {.chain = head->chain, .first = head->seq, .last = here->newest};
    bool news = false;
    if (!is_news(db, sender, now->signed_s, &news, error))
        return false;
    snprintf(item, sizeof item,
             "{\"detail\":\"the screen is at %sevent %lld of its chain, and was at event %lld before\"}",
             here->other ? "another " : "", (long long)head->seq, (long long)here->newest);
    return !news || event_chain_find(db, sender->device, EVENT_ROLLBACK, &span, item, error);
}

bool event_head_take(struct db *db, const struct event_sender *sender, const char *token,
                     struct pp_error *error) {
    struct signed_head now = {0};
    const struct event_head *head = &now.head;
    struct here here = {0};
    if (!head_verify(sender, token, &now))
        return true;
    if (!here_load(db, sender->device, head, &here, error))
        return false;
    /* Its event was not taken: it does not follow what is here. */
    if (!here.same)
        return find_rollback(db, sender, &now, &here, error);
    return db_run(db, error, DB_EVENT_HEAD_ADD, DB_TEXT(sender->device), DB_TEXT(head->chain),
                  DB_INT(head->seq), DB_BLOB(sender->point, CRYPTO_POINT_SIZE), DB_INT(pp_clock_realtime_s()),
                  DB_TEXT(token), DB_INT(now.signed_s));
}

bool event_head_compare(struct db *db, const struct event_sender *sender, const char *token,
                        struct pp_error *error) {
    struct signed_head now = {0};
    struct here here = {0};
    if (!head_verify(sender, token, &now))
        return true;
    return here_load(db, sender->device, &now.head, &here, error) &&
           ((!here.other && here.newest <= now.head.seq) || find_rollback(db, sender, &now, &here, error));
}
