#include "headend/ops/figures.h"

#include <string.h>

static void add_state(struct figures *figures, const char *state, int64_t count) {
    for (int i = 0; i < DEVICE_STATES; i++) {
        if (strcmp(device_state_key((enum device_state)i), state) == 0)
            figures->screens[i] += count;
    }
}

static bool count_screens(struct db *db, int64_t now_s, struct figures *figures, struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row =
        db_query(db, error, DB_DEVICE_COUNT_STATES, DB_INT(now_s - DEVICE_ONLINE_S));
    if (!row)
        return false;
    while (db_next(row, "screens", &end))
        add_state(figures, db_text(row, 0), db_int(row, 1));
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

static bool count_publishes(struct db *db, struct figures *figures, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_PUBLISH_COUNT_EVER);
    if (!row || !db_next(row, "publishes", error))
        return false;
    figures->publishes = db_int(row, 0);
    return true;
}

bool figures_count(struct db *db, int64_t now_s, struct figures *figures, struct pp_error *error) {
    *figures = (struct figures){0};
    return count_screens(db, now_s, figures, error) && count_publishes(db, figures, error);
}

bool figures_answers(struct db *db, struct pp_error *error) {
    pp_autofree char *hosts = db_meta_get(db, "hosts", error);
    return hosts != NULL;
}
