#include "headend/ops/screen_list.h"

#include <string.h>

#include "headend/db/db.h"

/* As device_state_of() finds it. */
#define REPORTED "coalesce(json_extract(report, '$.state'), '')"
#define STATE                                                                                                \
    "CASE WHEN status = 'retired' THEN 'retired'"                                                            \
    " WHEN status = 'approved' OR coalesce(seen, 0) = 0 THEN 'waiting'"                                      \
    " WHEN seen <= ?3 THEN 'offline'"                                                                        \
    " WHEN " REPORTED " NOT IN ('', 'online') THEN 'trouble'"                                                \
    " WHEN coalesce(channel.publish, 0) = 0 THEN 'idle' ELSE 'online' END"
#define TEXT                                                                                                 \
    "fold(device.name || char(10) || site || char(10) || coalesce(channel.id, '') || char(10) ||"            \
    " coalesce(channel.title, '') || char(10) || " STATE ")"
/* ?1 and ?2 are where it goes on, at first before or behind all names, so that an index can be entered there; ?4 is a
 * state, ?5 the count, ?6 to ?9 are the words. */
#define SELECT_BEHIND(relation, order)                                                                       \
    "SELECT device.id FROM device LEFT JOIN channel ON channel.id = device.channel"                          \
    " WHERE (device.name, device.id) " relation " (?1, ?2)"                                                  \
    " AND (?4 IS NULL OR " STATE " = ?4)"                                                                    \
    " AND (?6 = '' OR (SELECT instr(text, ?6) AND instr(text, ?7) AND instr(text, ?8) AND instr(text, ?9)"   \
    " FROM (SELECT " TEXT " AS text)))"                                                                      \
    " ORDER BY device.name " order ", device.id " order " LIMIT ?5"

static void words_split(const char *text, char words[DEVICE_WORDS_MAX][DEVICE_WORD_MAX + 1]) {
    char folded[DEVICE_SEARCH_MAX];
    text_fold(text, folded, sizeof folded);
    const char *at = folded;
    for (size_t i = 0; i < DEVICE_WORDS_MAX; i++) {
        at += strspn(at, " \t");
        size_t size = strcspn(at, " \t");
        snprintf(words[i], DEVICE_WORD_MAX + 1, "%.*s",
                 (int)(size < DEVICE_WORD_MAX ? size : DEVICE_WORD_MAX), at);
        at += size;
    }
}

static struct db_row *list_query(struct db *db, const struct screen_list *wanted, struct pp_error *error) {
    char words[DEVICE_WORDS_MAX][DEVICE_WORD_MAX + 1];
    const char *first = wanted->descending ? "\xff" : ""; /* no UTF-8 is behind that */
    words_split(wanted->words, words);
    return db_query(db, error, wanted->descending ? SELECT_BEHIND("<", "DESC") : SELECT_BEHIND(">", "ASC"),
                    "ssisissss", wanted->after_id ? wanted->after_name : first,
                    wanted->after_id ? wanted->after_id : "", wanted->now - DEVICE_ONLINE_S, wanted->state,
                    wanted->count, words[0], words[1], words[2], words[3]);
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
