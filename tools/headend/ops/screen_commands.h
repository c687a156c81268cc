/*
 * What administrators have asked of screens (firmware/command/command.h), and the receipts that came back: each is
 * checked against the key of the screen that was asked, and kept. A command stands in that screen's state until
 * there is a final one, or it has expired. Callers hold db_lock.
 */
#ifndef HEADEND_OPS_SCREEN_COMMANDS_H
#define HEADEND_OPS_SCREEN_COMMANDS_H

#include "base/json.h"
#include "command/receipt.h"
#include "headend/base/secret.h"
#include "headend/db/db.h"

#define SCREEN_COMMANDS_KEPT_MAX 500 /* of one screen; the oldest go */

struct screen_command_order {
    const char *device;
    enum command_kind kind;
    const cJSON *args;
    int64_t lifetime_s;
    const char *by; /* who asks */
};

/* Asks: `id` gets its name. PP_E_STATE for a retired screen, PP_E_LIMIT where COMMAND_LIST_MAX wait already. */
PP_MUST_USE bool screen_command_add(struct db *db, const struct screen_command_order *order,
                                    char id[UUID_TEXT_SIZE], struct pp_error *error);

struct screen_command {
    char id[UUID_TEXT_SIZE];
    char device[UUID_TEXT_SIZE];
    char name[COMMAND_NAME_MAX + 1];
    int64_t number, issued, expires; /* s since 1970 */
    char outcome[16];                /* "waiting", "expired" (it was never answered), or a receipt's */
    char reason[COMMAND_REASON_MAX + 1];
    int64_t sequence; /* of the receipt; 0 none */
    int64_t answered; /* s since 1970, when it came; 0 none */
    char *args;       /* JSON */
    char *result;     /* JSON, NULL none */
    char *receipt;    /* the JWS, NULL none */
};
void screen_command_finish(struct screen_command *command);
#define screen_command_auto PP_CLEANUP(screen_command_finish)
/* Whether nothing more will come of it. */
bool screen_command_is_over(const struct screen_command *command);

PP_MUST_USE bool screen_command_find(struct db *db, const char *id, struct screen_command *command,
                                     struct pp_error *error);
/* The one that was asked of a screen with that key; and its key is kept for as long as the command is. */
PP_MUST_USE bool screen_command_find_key(struct db *db, const char *device, const char *key,
                                         struct screen_command *command, struct pp_error *error);
PP_MUST_USE bool screen_command_keep_key(struct db *db, const char *device, const char *key, const char *id,
                                         struct pp_error *error);
/* The newest one for which a screen has sent a picture. PP_E_NOTFOUND. */
PP_MUST_USE bool screen_command_find_picture(struct db *db, const char *device,
                                             struct screen_command *command, struct pp_error *error);
/* All of a screen's, the oldest first, until the callback returns false. */
PP_MUST_USE bool screen_command_each(struct db *db, const char *device,
                                     bool (*each)(void *arg, const struct screen_command *command), void *arg,
                                     struct pp_error *error);

/* The member "commands" of a screen's state. The caller deletes it. */
cJSON *screen_commands_waiting(struct db *db, const char *device, struct pp_error *error);
/* The same of the refusal that a screen gets which is to erase itself: its "retire" alone. Empty where it is not to. */
cJSON *screen_commands_retirement(struct db *db, const char *device, struct pp_error *error);

/* A receipt for that command. PP_E_NOTFOUND: there is no such command. PP_E_AUTH: that screen has not signed it.
 * PP_E_INVALID, PP_E_LIMIT: it is no receipt for it. PP_E_ROLLBACK: a later one is there, or a final one. The same one
 * again changes nothing. */
PP_MUST_USE bool screen_command_receive(struct db *db, const char *id, const void *token, size_t size,
                                        struct pp_error *error);

#endif
