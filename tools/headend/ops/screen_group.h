/*
 * Groups of screens: by rules (whoever has one of these tags, whoever is at one of these sites) and by hand. Who is in
 * one is looked up when it is asked for, so that a screen is in a group as soon as it is tagged. Settings of groups
 * are those of screen_settings.h. Callers hold db_lock.
 */
#ifndef HEADEND_OPS_SCREEN_GROUP_H
#define HEADEND_OPS_SCREEN_GROUP_H

#include "base/json.h"
#include "headend/base/secret.h"
#include "headend/base/text.h"
#include "headend/db/db.h"

#define GROUPS_MAX         1000 /* in all */
#define GROUP_RULES_MAX    64   /* of a kind, of a group */
#define GROUP_SCREENS_MAX  1000 /* by hand, of a group */
#define GROUP_PRIORITY_MAX 1000

struct screen_group {
    char id[UUID_TEXT_SIZE];
    char name[TEXT_NAME_MAX + 1];
    char sorted[TEXT_FOLDED_SIZE]; /* by what lists go */
    int64_t priority;              /* the higher one decides */
    int64_t screens;               /* of those that the viewer may see */
};

/* `viewer`: whose grants decide what is seen, 0 nobody's: a group of which none of the screens is seen is not there
 * (PP_E_NOTFOUND). */
PP_MUST_USE bool screen_group_find(struct db *db, const char *id, int64_t viewer, struct screen_group *group,
                                   struct pp_error *error);

struct screen_group_page {
    const char *words;                   /* that the name has; "" for all */
    const char *after_sorted, *after_id; /* behind this one; NULL from the first */
    bool descending;
    int64_t viewer, count;
};
/* By name; stops where the callback returns false. */
PP_MUST_USE bool screen_group_list(struct db *db, const struct screen_group_page *page,
                                   bool (*each)(void *arg, const struct screen_group *group), void *arg,
                                   struct pp_error *error);

/* Adds "tags" and "sites", the rules of a group, without sites of which the viewer sees nothing. */
PP_MUST_USE bool screen_group_add_rules(struct db *db, const char *id, int64_t viewer, cJSON *object,
                                        struct pp_error *error);
/* The ids of those that are in it by hand, by name; NULL on failure. */
cJSON *screen_group_by_hand(struct db *db, const char *id, int64_t viewer, struct pp_error *error);

/* PP_E_STATE where another one has the name, PP_E_LIMIT where there are too many. */
PP_MUST_USE bool screen_group_make(struct db *db, const char *name, int64_t priority, char id[UUID_TEXT_SIZE],
                                   struct pp_error *error);
PP_MUST_USE bool screen_group_change(struct db *db, const char *id, const char *name, int64_t priority,
                                     struct pp_error *error);
/* Something else about it has changed: who listens is told. */
PP_MUST_USE bool screen_group_touch(struct db *db, const char *id, struct pp_error *error);
PP_MUST_USE bool screen_group_remove(struct db *db, const char *id, struct pp_error *error);
/* In place of the rules of that kind ("tag", "site"). */
PP_MUST_USE bool screen_group_set_rules(struct db *db, const char *id, const char *kind, const cJSON *values,
                                        struct pp_error *error);
/* In place of those that are in it by hand, and then some more and some less: arrays of ids, NULL for none. An id of no
 * screen is none. */
PP_MUST_USE bool screen_group_set_screens(struct db *db, const char *id, const cJSON *screens,
                                          const cJSON *more, const cJSON *less, struct pp_error *error);

#endif
