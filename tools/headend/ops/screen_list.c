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

static struct db_row *list_query(struct db *db, const struct screen_list *wanted, struct pp_error *error) {
    char words[DEVICE_WORDS_MAX][DEVICE_WORD_MAX + 1];
    const char *first = wanted->descending ? "\xf4\x8f\xbf\xbf" : ""; /* no character is behind that one */
    words_split(wanted->words, words);
    return db_query(db, error, wanted->descending ? DB_DEVICE_LIST_BEFORE : DB_DEVICE_LIST_AFTER,
                    DB_TEXT(wanted->after_id ? wanted->after_name : first),
                    DB_TEXT(wanted->after_id ? wanted->after_id : ""), DB_INT(wanted->now - DEVICE_ONLINE_S),
                    DB_TEXT(wanted->state), DB_INT(wanted->count), DB_TEXT(words[0]), DB_TEXT(words[1]),
                    DB_TEXT(words[2]), DB_TEXT(words[3]), DB_INT(wanted->viewer));
}

/* The screen that the row names, whole. */
static bool screen_read(struct db *db, const char *id, struct device *device, struct channel *channel,
                        struct pp_error *error) {
    *channel = (struct channel){0};
    return device_find(db, id, device, error) &&
           (!*device->channel || channel_find(db, device->channel, channel, error));
}

bool screen_list(struct db *db, const struct screen_list *wanted,
                 bool (*each)(void *arg, const struct device *device, const struct channel *channel),
                 void *arg, struct pp_error *error) {
    struct pp_error end = {0};
    struct device device;
    struct channel channel;
    db_autorow struct db_row *row = list_query(db, wanted, error);
    if (!row)
        return false;
    while (db_next(row, "screen", &end)) {
        if (!screen_read(db, db_text(row, 0), &device, &channel, error))
            return false;
        if (!each(arg, &device, &channel))
            return true;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}
