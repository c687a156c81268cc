#include "headend/ops/screen_list.h"

#include <string.h>

#include "headend/db/db.h"

static void words_split(const char *text, char words[DEVICE_WORDS_MAX][DEVICE_WORD_MAX + 1]) {
    char folded[DEVICE_SEARCH_MAX];
    text_fold(text, folded, sizeof folded);
    const char *at = folded;
    for (size_t i = 0; i < DEVICE_WORDS_MAX; i++) {
        at += strspn(at, " \t");
        size_t size = strcspn(at, " \t");
        snprintf(words[i], DEVICE_WORD_MAX + 1, "%.*s", (int)text_fit(at, size, DEVICE_WORD_MAX), at);
        at += size;
    }
}

/* By what an index is entered, in the order of db/statements/screen_list.def. */
enum way_in {
    BY_ALL,
    BY_SITE,
    BY_CHANNEL,
    BY_TAG,
    BY_GROUP,
    BY_PROBLEM,
    BY_TROUBLE,
    BY_OFFLINE,
    BY_WAITING,
    BY_IDLE,
    BY_RETIRED
};

#define STATEMENTS_OF_WAY 4 /* by name up and down, by when they were seen up and down */
_Static_assert(DB_SCREEN_LIST_RETIRED_NAME_AFTER ==
                   DB_SCREEN_LIST_ALL_NAME_AFTER + STATEMENTS_OF_WAY * BY_RETIRED,
               "the ways in stand in this order");
_Static_assert(DB_SCREEN_LIST_ALL_SEEN_BEFORE == DB_SCREEN_LIST_ALL_NAME_AFTER + 3,
               "and so do those of each");

static enum way_in way_of_state(const char *state) {
    static const struct {
        enum device_state state;
        enum way_in way;
    } ways[] = {{DEVICE_TROUBLED, BY_TROUBLE},
                {DEVICE_OFFLINE, BY_OFFLINE},
                {DEVICE_WAITING, BY_WAITING},
                {DEVICE_IDLE, BY_IDLE},
                {DEVICE_RETIRED, BY_RETIRED}};
    for (size_t i = 0; state && i < PP_COUNT(ways); i++) {
        if (strcmp(state, device_state_key(ways[i].state)) == 0)
            return ways[i].way;
    }
    return BY_ALL;
}

static enum way_in way_find(const struct screen_filter *filter, const char *state) {
    return filter->group     ? BY_GROUP
           : filter->tag     ? BY_TAG
           : filter->site    ? BY_SITE
           : filter->channel ? BY_CHANNEL
           : filter->problem ? BY_PROBLEM
                             : way_of_state(state);
}

/* One of them in that state, behind `after`. */
static struct db_row *list_query(struct db *db, const struct screen_list *wanted, const char *state,
                                 const struct screen_place *after, int64_t count, struct pp_error *error) {
    const struct screen_filter *filter = &wanted->filter;
    char words[DEVICE_WORDS_MAX][DEVICE_WORD_MAX + 1];
    const char *first = wanted->descending ? "\xf4\x8f\xbf\xbf" : ""; /* no character is behind that one */
    bool by_seen = wanted->order == SCREENS_BY_SEEN;
    int64_t seen = after ? after->seen : wanted->descending ? INT64_MAX : -1;
    enum db_statement statement =
        (enum db_statement)(DB_SCREEN_LIST_ALL_NAME_AFTER + STATEMENTS_OF_WAY * (int)way_find(filter, state) +
                            2 * by_seen + wanted->descending);
    words_split(filter->words, words);
    return db_query(db, error, statement, by_seen ? DB_INT(seen) : DB_TEXT(after ? after->name : first),
                    DB_TEXT(after ? after->id : first), DB_INT(filter->now - DEVICE_ONLINE_S), DB_TEXT(state),
                    DB_INT(count), DB_TEXT(words[0]), DB_TEXT(words[1]), DB_TEXT(words[2]), DB_TEXT(words[3]),
                    DB_INT(filter->viewer), DB_TEXT(filter->site), DB_TEXT(filter->tag),
                    DB_TEXT(filter->channel), DB_TEXT(filter->problem), DB_TEXT(filter->group),
                    DB_TEXT(filter->software));
}

/* The screen that the row names, whole. */
static bool screen_read(struct db *db, const char *id, struct device *device, struct channel *channel,
                        struct pp_error *error) {
    *channel = (struct channel){0};
    return device_find(db, id, device, error) &&
           (!*device->channel || channel_find(db, device->channel, channel, error));
}

struct listing {
    const struct screen_list *wanted;
    bool (*each)(void *arg, const struct device *device, const struct channel *channel);
    void *arg;
    int64_t left; /* rows */
    bool stopped;
};

static bool rows_list(struct db *db, struct listing *listing, const char *state,
                      const struct screen_place *after, struct pp_error *error) {
    struct pp_error end = {0};
    struct device device;
    struct channel channel;
    db_autorow struct db_row *row = list_query(db, listing->wanted, state, after, listing->left, error);
    if (!row)
        return false;
    while (db_next(row, "screen", &end)) {
        if (!screen_read(db, db_text(row, 0), &device, &channel, error))
            return false;
        listing->left--;
        listing->stopped = !listing->each(listing->arg, &device, &channel);
        if (listing->stopped)
            return true;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

/* What somebody should look at comes first. */
static const enum device_state states[DEVICE_STATES] = {DEVICE_TROUBLED, DEVICE_OFFLINE, DEVICE_WAITING,
                                                        DEVICE_IDLE,     DEVICE_ONLINE,  DEVICE_RETIRED};

/* One state after the other. */
static bool states_list(struct db *db, struct listing *listing, struct pp_error *error) {
    const struct screen_list *wanted = listing->wanted;
    const struct screen_place *after = wanted->after;
    for (size_t i = 0; i < PP_COUNT(states) && listing->left > 0 && !listing->stopped; i++) {
        const char *state = device_state_key(states[wanted->descending ? PP_COUNT(states) - 1 - i : i]);
        if (after && strcmp(after->state, state) != 0)
            continue;
        if ((!wanted->filter.state || strcmp(wanted->filter.state, state) == 0) &&
            !rows_list(db, listing, state, after, error))
            return false;
        after = NULL; /* behind it is all of the next */
    }
    return true;
}

bool screen_list(struct db *db, const struct screen_list *wanted,
                 bool (*each)(void *arg, const struct device *device, const struct channel *channel),
                 void *arg, struct pp_error *error) {
    struct listing listing = {.wanted = wanted, .each = each, .arg = arg, .left = wanted->count};
    return wanted->order == SCREENS_BY_STATE
               ? states_list(db, &listing, error)
               : rows_list(db, &listing, wanted->filter.state, wanted->after, error);
}

bool screen_list_ids(struct db *db, const struct screen_filter *filter, int64_t count,
                     bool (*each)(void *arg, const char *id), void *arg, struct pp_error *error) {
    const struct screen_list wanted = {.filter = *filter, .order = SCREENS_BY_NAME};
    struct pp_error end = {0};
    db_autorow struct db_row *row = list_query(db, &wanted, filter->state, NULL, count, error);
    if (!row)
        return false;
    while (db_next(row, "screen", &end)) {
        if (!each(arg, db_text(row, 0)))
            return true;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}
