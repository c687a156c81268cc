#include "headend/ops/event_chain.h"

#include "base/clock.h"
#include "base/log.h"
#include "events/chain.h"

static const struct event_finding_row rows[EVENT_FINDINGS] = {
    [EVENT_GAP] = {"gap", "chain-gap", 8, "Events of the screen are missing"},
    [EVENT_FORK] = {"fork", "chain-fork", 10, "Two events for one place in the screen's chain"},
    [EVENT_REWRITE] = {"rewrite", "chain-rewrite", 10, "An event is not what its hash is of"},
    [EVENT_ANEW] = {"anew", "chain-anew", 6, "The screen's chain of events began anew"},
    [EVENT_ROLLBACK] = {"rollback", "vault-rollback", 9, "An older vault of the screen was put back"},
    [EVENT_UNCHAINED] = {"unchained", "chain-unchained", 7, "An event without a place in the screen's chain"},
};

const struct event_finding_row *event_finding_row(enum event_finding finding) {
    return &rows[finding];
}

const struct event_finding_row *event_finding_named(const char *name) {
    for (size_t i = 0; i < EVENT_FINDINGS; i++) {
        if (strcmp(name, rows[i].name) == 0)
            return &rows[i];
    }
    return NULL;
}

struct taking {
    struct db *db;
    const char *device;
    const cJSON *event;
    struct event_place place;
};

static bool find(const struct taking *taking, enum event_finding finding, int64_t first, int64_t last,
                 struct pp_error *error) {
    const struct event_finding_row *row = &rows[finding];
    int64_t missing = finding == EVENT_GAP ? last - first + 1 : 0;
    pp_autojsontext char *text = finding == EVENT_GAP ? NULL : cJSON_PrintUnformatted(taking->event);
    pp_log_warning("screen %s: %s: %lld to %lld of chain %s", taking->device, row->words, (long long)first,
                   (long long)last, taking->place.chain);
    return db_run(taking->db, error, DB_EVENT_FINDING_ADD, DB_TEXT(taking->device), DB_TEXT(row->name),
                  DB_TEXT(taking->place.chain), DB_INT(first), DB_INT(last), DB_INT(missing),
                  DB_INT(pp_clock_realtime_s()), DB_TEXT(text ? text : ""));
}

/* What is known of the chain, in one row. */
struct known {
    int64_t newest;  /* 0: none of this chain yet */
    bool others;     /* there is another chain of this screen */
    bool here, same; /* an event at this place; with this very hash */
    bool follows,
        leads; /* no event before it, or its hash is "prev"; none behind it, or its "prev" is the hash */
};

static bool known_load(const struct taking *taking, struct known *known, struct pp_error *error) {
    const struct event_place *place = &taking->place;
    db_autorow struct db_row *row =
        db_query(taking->db, error, DB_EVENT_LINK_KNOWN, DB_TEXT(taking->device), DB_TEXT(place->chain),
                 DB_INT(place->seq), DB_BLOB(place->prev, sizeof place->prev),
                 DB_BLOB(place->hash, sizeof place->hash));
    if (!row || !db_next(row, "chain", error))
        return false;
    *known = (struct known){.newest = db_int(row, 0),
                            .others = db_int(row, 1),
                            .here = db_int(row, 2),
                            .same = db_int(row, 3),
                            .follows = db_int(row, 4),
                            .leads = db_int(row, 5)};
    return true;
}

/* One that came late: it is not missing any more. */
static bool gap_fill(const struct taking *taking, struct pp_error *error) {
    const struct event_place *place = &taking->place;
    return db_run(taking->db, error, DB_EVENT_GAP_FILL, DB_TEXT(taking->device), DB_TEXT(place->chain),
                  DB_INT(place->seq), DB_INT(place->seq)) &&
           db_run(taking->db, error, DB_EVENT_GAPS_REMOVE_FILLED, DB_TEXT(taking->device));
}

static bool link_add(const struct taking *taking, const struct known *known, struct pp_error *error) {
    const struct event_place *place = &taking->place;
    if (!known->newest && known->others && !find(taking, EVENT_ANEW, place->seq, place->seq, error))
        return false;
    if (place->seq > known->newest + 1 && !find(taking, EVENT_GAP, known->newest + 1, place->seq - 1, error))
        return false;
    if (place->seq < known->newest && !gap_fill(taking, error))
        return false;
    return db_run(taking->db, error, DB_EVENT_LINK_ADD, DB_TEXT(taking->device), DB_TEXT(place->chain),
                  DB_INT(place->seq), DB_BLOB(place->prev, sizeof place->prev),
                  DB_BLOB(place->hash, sizeof place->hash));
}

static bool take_unlinked(const struct taking *taking, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(taking->db, error, DB_EVENT_LINK_ANY, DB_TEXT(taking->device));
    if (!row || !db_next(row, "chain", error))
        return false;
    return !db_int(row, 0) || find(taking, EVENT_UNCHAINED, 0, 0, error);
}

bool event_chain_take(struct db *db, const char *device, const cJSON *event, bool *keep,
                      struct pp_error *error) {
    struct taking taking = {.db = db, .device = device, .event = event};
    int64_t seq;
    bool whole = false;
    struct known known;
    *keep = true;
    if (!event_is_linked(event))
        return take_unlinked(&taking, error);
    if (!event_place_read(event, &taking.place, error) ||
        !event_is_whole(event, &taking.place, &whole, error) || !known_load(&taking, &known, error))
        return false;
    seq = taking.place.seq;
    if (known.same && whole)
        return true;
    *keep = whole && !known.here && known.follows && known.leads;
    if (!*keep)
        return find(&taking, whole ? EVENT_FORK : EVENT_REWRITE, seq, seq, error);
    return link_add(&taking, &known, error);
}

bool event_chain_find(struct db *db, const char *device, enum event_finding finding,
                      const struct event_span *span, const char *item, struct pp_error *error) {
    const struct event_finding_row *row = &rows[finding];
    if (!db_run(db, error, DB_EVENT_FINDING_ADD_ONCE, DB_TEXT(device), DB_TEXT(row->name),
                DB_TEXT(span->chain), DB_INT(span->first), DB_INT(span->last), DB_INT(pp_clock_realtime_s()),
                DB_TEXT(item)))
        return false;
    if (db_changes(db))
        pp_log_warning("screen %s: %s: %lld to %lld of chain %s", device, row->words, (long long)span->first,
                       (long long)span->last, span->chain);
    return true;
}

cJSON *event_chain_findings(struct db *db, const char *device, struct pp_error *error) {
    struct pp_error end = {0};
    pp_autojson cJSON *findings = cJSON_CreateObject();
    db_autorow struct db_row *row = db_query(db, error, DB_EVENT_FINDING_COUNTS, DB_TEXT(device));
    if (!row)
        return NULL;
    while (db_next(row, "finding", &end)) {
        char last[PP_RFC3339_SIZE];
        cJSON *finding = cJSON_AddObjectToObject(findings, db_text(row, 0));
        pp_time_format(db_int(row, 3), last);
        cJSON_AddNumberToObject(finding, "count", (double)db_int(row, 1));
        cJSON_AddNumberToObject(finding, "missing", (double)db_int(row, 2));
        cJSON_AddStringToObject(finding, "last", last);
    }
    if (end.code == PP_E_NOTFOUND)
        return pp_steal(&findings);
    pp_fail(error, end.code, "%s", end.message);
    return NULL;
}

bool event_chain_trim(struct db *db, const char *device, struct pp_error *error) {
    return db_run(db, error, DB_EVENT_LINK_TRIM, DB_TEXT(device), DB_INT(EVENT_LINKS_MAX)) &&
           db_run(db, error, DB_EVENT_FINDING_TRIM, DB_TEXT(device), DB_INT(EVENT_FINDINGS_MAX)) &&
           db_run(db, error, DB_EVENT_HEAD_TRIM, DB_TEXT(device), DB_INT(EVENT_LINKS_MAX));
}
