/*
 * Who asks, and what they may. A grant is a role, for the whole or for a site's or a channel's screens:
 *
 *              view  edit  publish  operate  administer  audit
 *   viewer      x
 *   editor      x     x
 *   publisher   x     x       x
 *   operator    x                      x
 *   admin       x     x       x        x          x         x
 *   auditor     x                                           x
 *
 * Of several grants each counts by itself. Who has none may sign in, and nothing else. The command line is the owner of
 * the folder, and may do all; a screen may do nothing that stands in the table of operations.
 */
#ifndef HEADEND_OPS_ACTOR_H
#define HEADEND_OPS_ACTOR_H

#include "headend/base/address.h"
#include "headend/ops/admin_session.h"

#define ACTOR_GRANTS_MAX   64 /* of one person; more are refused where they are made */
#define ACTOR_SESSION_SIZE 17 /* bytes: 16 hex digits of a hash of the session's token, and the NUL */

enum actor_kind { ACTOR_PERSON, ACTOR_COMMAND_LINE, ACTOR_SCREEN, ACTOR_SYSTEM };
enum role { ROLE_VIEWER, ROLE_EDITOR, ROLE_PUBLISHER, ROLE_OPERATOR, ROLE_ADMIN, ROLE_AUDITOR, ROLES };
enum right {
    RIGHT_NONE, /* whoever is known has it */
    RIGHT_VIEW,
    RIGHT_EDIT,
    RIGHT_PUBLISH,
    RIGHT_OPERATE,
    RIGHT_ADMINISTER,
    RIGHT_AUDIT,
    RIGHTS,
};
enum scope_kind { SCOPE_WHOLE, SCOPE_SITE, SCOPE_CHANNEL, SCOPE_KINDS };

struct grant {
    enum role role;
    enum scope_kind scope;
    char value[TEXT_NAME_MAX + 1]; /* the site, or the channel's id; "" for the whole */
};

struct actor {
    enum actor_kind kind;
    int64_t user;                     /* of a person */
    char name[TEXT_NAME_MAX + 1];     /* of a person; else "command line", "system", a screen's id */
    char address[ADDRESS_TEXT_SIZE];  /* from where; "" on this machine */
    char session[ACTOR_SESSION_SIZE]; /* which one, without saying its token; "" none */
    struct grant grants[ACTOR_GRANTS_MAX];
    size_t grants_count;
};

/* Where something is: both may be "". */
struct place {
    const char *site, *channel;
};

struct actor actor_command_line(void);
struct actor actor_system(void);
/* With the grants that the database has now. `admin` is signed in. Callers hold db_lock. */
PP_MUST_USE bool actor_person(struct db *db, const struct admin *admin, const char *address,
                              struct actor *actor, struct pp_error *error);

bool role_has(enum role role, enum right right);
/* For all there is; a site's or a channel's grant is not enough. */
bool actor_may(const struct actor *actor, enum right right);
/* Of what is there. */
bool actor_may_at(const struct actor *actor, enum right right, const struct place *place);
/* Of something somewhere: what it is shown then has to be looked at one by one. */
bool actor_may_somewhere(const struct actor *actor, enum right right);

const char *actor_kind_name(enum actor_kind kind);
const char *role_name(enum role role);
const char *right_name(enum right right);
/* "operator", "operator:site=Rennes", "viewer:channel=lobby". */
PP_MUST_USE bool grant_read(const char *text, struct grant *grant, struct pp_error *error);
#define GRANT_TEXT_SIZE (TEXT_NAME_MAX + 32) /* bytes */
void grant_text(const struct grant *grant, char text[GRANT_TEXT_SIZE]);
/* Those that the database has of actor->user, behind the ones that are there. */
PP_MUST_USE bool grants_load(struct db *db, struct actor *actor, struct pp_error *error);
/* One more; one that is there already stays. */
PP_MUST_USE bool grant_add(struct db *db, int64_t user, const struct grant *grant, struct pp_error *error);

#endif
