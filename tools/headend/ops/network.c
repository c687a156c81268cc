#include "headend/ops/network.h"

#include "headend/ops/channel.h"

#define HEADER_META "proxy_header"

static bool range_same(const struct ip_range *a, const struct ip_range *b) {
    return a->bits == b->bits && a->first.size == b->first.size &&
           memcmp(a->first.bytes, b->first.bytes, a->first.size) == 0;
}

bool network_list_add(struct network_list *list, const char *text, struct pp_error *error) {
    struct ip_range range;
    if (!ip_range_read(text, &range, error))
        return false;
    for (size_t i = 0; i < list->count; i++) {
        if (range_same(&list->ranges[i], &range))
            return true;
    }
    if (list->count == NETWORK_RANGES_MAX)
        return pp_fail(error, PP_E_LIMIT, "at most %d ranges", NETWORK_RANGES_MAX);
    list->ranges[list->count++] = range;
    return true;
}

bool network_list_has(const struct network_list *list, const struct ip_address *address) {
    for (size_t i = 0; i < list->count; i++) {
        if (ip_range_has(&list->ranges[i], address))
            return true;
    }
    return false;
}

/* One that cannot be read fails: without it, somebody could be let in. */
bool network_load(struct db *db, const char *channel, struct network_list *list, struct pp_error *error) {
    struct pp_error end = {0};
    list->count = 0;
    db_autorow struct db_row *row = db_query(db, error, DB_NETWORK_RANGES, DB_TEXT(channel));
    if (!row)
        return false;
    while (db_next(row, "range", &end)) {
        if (!network_list_add(list, db_text(row, 0), error))
            return pp_wrap(error, "the ranges of addresses");
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

static bool channel_is_known(struct db *db, const char *channel, struct pp_error *error) {
    struct channel found;
    if (!*channel)
        return true;
    bool known = channel_known(db, channel, &found, error);
    pp_wipe(&found, sizeof found);
    return known;
}

static bool list_write(struct db *db, const char *channel, const struct network_list *list,
                       struct pp_error *error) {
    if (!db_run(db, error, DB_NETWORK_RANGES_REMOVE, DB_TEXT(channel)))
        return false;
    for (size_t i = 0; i < list->count; i++) {
        char text[IP_TEXT_SIZE];
        ip_range_text(&list->ranges[i], text);
        if (!db_run(db, error, DB_NETWORK_RANGE_ADD, DB_TEXT(channel), DB_TEXT(text)))
            return false;
    }
    return true;
}

bool network_save(struct db *db, const char *channel, const struct network_list *list,
                  struct pp_error *error) {
    db_autochange struct db_change change = {0};
    return channel_is_known(db, channel, error) && db_change_begin(&change, db, error) &&
           list_write(db, channel, list, error) && db_change_commit(&change, error);
}

bool network_save_proxies(struct db *db, enum forwarded_header header, const struct network_list *list,
                          struct pp_error *error) {
    db_autochange struct db_change change = {0};
    return db_change_begin(&change, db, error) &&
           db_meta_set(db, HEADER_META, forwarded_name(header), error) &&
           list_write(db, NETWORK_PROXIES, list, error) && db_change_commit(&change, error);
}

bool network_header_load(struct db *db, enum forwarded_header *header, struct pp_error *error) {
    pp_autofree char *name = db_meta_get(db, HEADER_META, error);
    *header = FORWARDED_STANDARD;
    return name && (!*name || forwarded_named(name, header) ||
                    pp_fail(error, PP_E_INVALID, "the header of proxies: %s", name));
}

bool network_any(struct db *db, bool *any, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_NETWORK_ANY, DB_TEXT(NETWORK_PROXIES));
    bool found = row && db_next(row, "range", error);
    *any = found && db_int(row, 0) != 0;
    return found;
}

bool network_each(struct db *db,
                  bool (*each)(void *arg, const char *channel, const char *range, struct pp_error *error),
                  void *arg, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_NETWORK_LIST);
    struct pp_error end = {0};
    if (!row)
        return false;
    while (db_next(row, "range", &end)) {
        if (!each(arg, db_text(row, 0), db_text(row, 1), error))
            return false;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}
