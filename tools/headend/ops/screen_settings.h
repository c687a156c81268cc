/*
 * Settings of screens, that cascade: organisation → site → group → screen. For each setting the nearest level that
 * says something counts; of several groups the one with the highest priority, of equal ones the first by name. Where
 * none does there is a default: the installation's time zone, English, an upright picture, no mark, no lock.
 *
 * When a screen locks and when it erases itself is one setting, so that no two levels together say something that
 * neither has.
 *
 * What is in effect stands in the screen's own row, with a bit for each setting that is its own, so that a state is
 * made as before. A change above is one row; a few screens take it over in the same transaction, and many in the
 * background, a hundred in each transaction (screen_settings_spread), so that no change keeps others from writing.
 * What somebody is shown is what the levels say, also before it is everywhere. Callers hold db_lock.
 */
#ifndef HEADEND_OPS_SCREEN_SETTINGS_H
#define HEADEND_OPS_SCREEN_SETTINGS_H

#include "base/json.h"
#include "headend/base/secret.h"
#include "headend/base/text.h"
#include "headend/db/db.h"

#define SCREEN_SETTINGS_AT_ONCE    250   /* screens that a change gets to in its own transaction */
#define SCREEN_SETTINGS_BATCH      100   /* in each of those that follow */
#define SCREEN_SETTINGS_LEVELS_MAX 20000 /* sites and groups that have some */

enum setting {
    SETTING_TIME_ZONE,
    SETTING_LOCALE,
    SETTING_ROTATION,
    SETTING_OFFLINE_MARK,
    SETTING_SILENCE, /* lock_after_s and erase_after_s */
    SETTINGS,
};
#define SETTING_BIT(setting) (1U << (setting)) /* as it stands in the database */

enum settings_level { LEVEL_ORGANISATION, LEVEL_SITE, LEVEL_GROUP, LEVEL_SCREEN, LEVEL_DEFAULT, LEVELS };

/* Of a level: those of `set`. Of a screen: all. */
struct settings {
    unsigned set; /* SETTING_BIT of each that it says something of */
    char time_zone[TIME_ZONE_MAX + 1];
    char locale[8];
    int rotation; /* degrees clockwise */
    bool offline_mark;
    int64_t lock_after_s, erase_after_s;
};

/* Which level: its site, or its group's id; "" of the organisation. */
struct settings_scope {
    enum settings_level level;
    const char *scope;
};

/* "organisation", "site", "group", "screen", "default". */
const char *settings_level_name(enum settings_level level);

PP_MUST_USE bool settings_load(struct db *db, const struct settings_scope *scope, struct settings *settings,
                               struct pp_error *error);
/* In place of what it said. The screens below are told by screen_settings_below and _spread. PP_E_LIMIT where too many
 * have some. */
PP_MUST_USE bool settings_save(struct db *db, const struct settings_scope *scope,
                               const struct settings *settings, struct pp_error *error);

/* Takes those members of a request that are settings: null takes one back. *field: which one is no good. */
PP_MUST_USE bool settings_take(struct settings *settings, const cJSON *request, const char **field,
                               struct pp_error *error);
/* Each by its name; null where it says nothing. */
cJSON *settings_json(const struct settings *settings);

/* What is in effect at a screen, and where it comes from: {"rotation": {"value": 90, "source": "group", "group": {"id":
 * …, "name": …}}, …}. NULL on failure, PP_E_NOTFOUND where there is none. */
cJSON *screen_settings_json(struct db *db, const char *device, struct pp_error *error);
/* Which settings are its own from now on, and which no longer: SETTING_BIT of each. */
PP_MUST_USE bool screen_settings_own(struct db *db, const char *device, unsigned set, unsigned cleared,
                                     struct pp_error *error);
/* The settings that are not its own become what the levels above say; its state has another version where one changed.
 * */
PP_MUST_USE bool screen_settings_apply(struct db *db, const char *device, struct pp_error *error);

/* Screens that a change may get to: those below a level, before it and after it. */
struct settings_below {
    size_t count;
    bool many; /* more than there is room for here */
    char ids[SCREEN_SETTINGS_AT_ONCE][UUID_TEXT_SIZE];
};
PP_MUST_USE bool screen_settings_below(struct db *db, const struct settings_scope *scope,
                                       struct settings_below *below, struct pp_error *error);
/* They take it over: at once, or, where they are many, with screen_settings_spread. */
PP_MUST_USE bool screen_settings_settle(struct db *db, const struct settings_below *below,
                                        struct pp_error *error);

/* How far the changes that are on their way have got. All zero at first. */
struct settings_spread {
    int64_t until;              /* number of the newest change that is on its way; 0 none */
    char after[UUID_TEXT_SIZE]; /* behind this screen */
};
/* The next hundred take over what has changed above, in a transaction of its own. *more: others are still to. */
PP_MUST_USE bool screen_settings_spread(struct db *db, struct settings_spread *spread, bool *more,
                                        struct pp_error *error);

#endif
