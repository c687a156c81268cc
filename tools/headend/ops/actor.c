#include "headend/ops/actor.h"

#include <string.h>

#include "base/encode.h"
#include "headend/db/db.h"

static const char *const kind_names[] = {[ACTOR_PERSON] = "person",
                                         [ACTOR_COMMAND_LINE] = "command line",
                                         [ACTOR_SCREEN] = "screen",
                                         [ACTOR_SYSTEM] = "system"};
static const char *const role_names[ROLES] = {
    [ROLE_VIEWER] = "viewer",     [ROLE_EDITOR] = "editor", [ROLE_PUBLISHER] = "publisher",
    [ROLE_OPERATOR] = "operator", [ROLE_ADMIN] = "admin",   [ROLE_AUDITOR] = "auditor"};
static const char *const right_names[RIGHTS] = {
    [RIGHT_NONE] = "none",       [RIGHT_VIEW] = "view",       [RIGHT_EDIT] = "edit",
    [RIGHT_PUBLISH] = "publish", [RIGHT_OPERATE] = "operate", [RIGHT_ADMINISTER] = "administer",
    [RIGHT_AUDIT] = "audit"};
static const char *const scope_names[SCOPE_KINDS] = {
    [SCOPE_WHOLE] = "whole", [SCOPE_SITE] = "site", [SCOPE_CHANNEL] = "channel"};

static const bool rights_of[ROLES][RIGHTS] = {
    [ROLE_VIEWER] = {[RIGHT_VIEW] = true},
    [ROLE_EDITOR] = {[RIGHT_VIEW] = true, [RIGHT_EDIT] = true},
    [ROLE_PUBLISHER] = {[RIGHT_VIEW] = true, [RIGHT_EDIT] = true, [RIGHT_PUBLISH] = true},
    [ROLE_OPERATOR] = {[RIGHT_VIEW] = true, [RIGHT_OPERATE] = true},
    [ROLE_ADMIN] = {[RIGHT_VIEW] = true,
                    [RIGHT_EDIT] = true,
                    [RIGHT_PUBLISH] = true,
                    [RIGHT_OPERATE] = true,
                    [RIGHT_ADMINISTER] = true,
                    [RIGHT_AUDIT] = true},
    [ROLE_AUDITOR] = {[RIGHT_VIEW] = true, [RIGHT_AUDIT] = true},
};

const char *actor_kind_name(enum actor_kind kind) {
    return kind_names[kind];
}

const char *role_name(enum role role) {
    return role_names[role];
}

const char *right_name(enum right right) {
    return right_names[right];
}

bool role_has(enum role role, enum right right) {
    return right == RIGHT_NONE || rights_of[role][right];
}

/* ---- Who asks ---- */

static struct actor actor_of(enum actor_kind kind) {
    struct actor actor = {.kind = kind};
    snprintf(actor.name, sizeof actor.name, "%s", kind_names[kind]);
    return actor;
}

struct actor actor_command_line(void) {
    return actor_of(ACTOR_COMMAND_LINE);
}

struct actor actor_system(void) {
    return actor_of(ACTOR_SYSTEM);
}

/* Which of `names`; `count` where none is. */
static size_t name_find(const char *const *names, size_t count, const char *name) {
    size_t i = 0;
    while (i < count && strcmp(names[i], name) != 0)
        i++;
    return i;
}

bool grants_load(struct db *db, struct actor *actor, struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row = db_query(db, error, DB_GRANT_EACH, DB_INT(actor->user));
    if (!row)
        return false;
    while (db_next(row, "grant", &end)) {
        size_t role = name_find(role_names, ROLES, db_text(row, 0));
        size_t scope = name_find(scope_names, SCOPE_KINDS, db_text(row, 1));
        if (role == ROLES || scope == SCOPE_KINDS || actor->grants_count == ACTOR_GRANTS_MAX)
            return pp_fail(error, PP_E_INVALID, "database: a grant that is not known, or too many");
        struct grant *grant = &actor->grants[actor->grants_count++];
        grant->role = (enum role)role;
        grant->scope = (enum scope_kind)scope;
        snprintf(grant->value, sizeof grant->value, "%s", db_text(row, 2));
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

bool actor_person(struct db *db, const struct admin *admin, const char *address, struct actor *actor,
                  struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    *actor = (struct actor){.kind = ACTOR_PERSON, .user = admin->id};
    snprintf(actor->name, sizeof actor->name, "%s", admin->name);
    snprintf(actor->address, sizeof actor->address, "%s", address);
    if (!secret_hash("audit-session", admin->session, hash, error))
        return false;
    pp_hex_encode(hash, (ACTOR_SESSION_SIZE - 1) / 2, actor->session);
    return grants_load(db, actor, error);
}

/* ---- What they may ---- */

static bool grant_covers(const struct grant *grant, const struct place *place) {
    switch (grant->scope) {
    case SCOPE_WHOLE:
        return true;
    case SCOPE_SITE:
        return place && *place->site && strcmp(grant->value, place->site) == 0;
    case SCOPE_CHANNEL:
        return place && *place->channel && strcmp(grant->value, place->channel) == 0;
    case SCOPE_KINDS:
        break;
    }
    return false;
}

static bool actor_is_owner(const struct actor *actor) {
    return actor->kind == ACTOR_COMMAND_LINE || actor->kind == ACTOR_SYSTEM;
}

bool actor_may_at(const struct actor *actor, enum right right, const struct place *place) {
    if (actor_is_owner(actor))
        return true;
    if (actor->kind != ACTOR_PERSON)
        return false;
    if (right == RIGHT_NONE)
        return true;
    for (size_t i = 0; i < actor->grants_count; i++) {
        if (role_has(actor->grants[i].role, right) && grant_covers(&actor->grants[i], place))
            return true;
    }
    return false;
}

bool actor_may(const struct actor *actor, enum right right) {
    return actor_may_at(actor, right, NULL);
}

bool actor_may_somewhere(const struct actor *actor, enum right right) {
    if (actor_may(actor, right))
        return true;
    for (size_t i = 0; actor->kind == ACTOR_PERSON && i < actor->grants_count; i++) {
        if (role_has(actor->grants[i].role, right))
            return true;
    }
    return false;
}

/* ---- Grants ---- */

bool grant_read(const char *text, struct grant *grant, struct pp_error *error) {
    static const char wrong[] = "not a role, like operator, operator:site=Rennes or viewer:channel=lobby";
    char name[16];
    size_t size = strcspn(text, ":");
    snprintf(name, sizeof name, "%.*s", (int)(size < sizeof name ? size : sizeof name - 1), text);
    size_t role = name_find(role_names, ROLES, name);
    *grant = (struct grant){.role = (enum role)role, .scope = SCOPE_WHOLE};
    if (role == ROLES)
        return pp_fail(error, PP_E_INVALID, "%s: %.60s", wrong, text);
    if (!text[size])
        return true;
    const char *scope = text + size + 1;
    const char *value = strchr(scope, '=');
    snprintf(name, sizeof name, "%.*s", value && value - scope < 15 ? (int)(value - scope) : 0, scope);
    size_t kind = name_find(scope_names, SCOPE_KINDS, name);
    if (!value || !value[1] || kind == SCOPE_KINDS || kind == SCOPE_WHOLE)
        return pp_fail(error, PP_E_INVALID, "%s: %.60s", wrong, text);
    grant->scope = (enum scope_kind)kind;
    snprintf(grant->value, sizeof grant->value, "%s", value + 1);
    return kind == SCOPE_CHANNEL ? channel_id_check(value + 1, error)
                                 : text_check("site", value + 1, 1, TEXT_NAME_MAX, error);
}

void grant_text(const struct grant *grant, char text[GRANT_TEXT_SIZE]) {
    bool whole = grant->scope == SCOPE_WHOLE;
    snprintf(text, GRANT_TEXT_SIZE, "%s%s%s%s%s", role_names[grant->role], whole ? "" : ":",
             whole ? "" : scope_names[grant->scope], whole ? "" : "=", grant->value);
}

bool grant_add(struct db *db, int64_t user, const struct grant *grant, struct pp_error *error) {
    return db_run(db, error, DB_GRANT_ADD, DB_INT(user), DB_TEXT(role_names[grant->role]),
                  DB_TEXT(scope_names[grant->scope]), DB_TEXT(grant->value));
}
