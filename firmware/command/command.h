/*
 * What administrators may ask of a display point: a fixed table of names, each with at most one argument of a fixed
 * type. The headend lists them in the state that it signs (design §6), so whoever ends TLS can make none:
 *
 *   "commands": [{"id": "4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e3f", "number": 1795900000123, "name": "identify",
 *                 "iat": 1795900000, "exp": 1795903600, "args": {"seconds": 20}}]
 *
 * `number` grows from command to command of one screen, whatever the clocks say: one that is not above the highest that
 * was seen, and is not known by its id, was seen before and forgotten. There is no name that runs anything.
 */
#ifndef PP_COMMAND_COMMAND_H
#define PP_COMMAND_COMMAND_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "base/error.h"

#define COMMAND_LIST_MAX       16           /* of a state */
#define COMMAND_ID_SIZE        37           /* bytes of a UUID's text with the NUL */
#define COMMAND_NAME_MAX       32           /* bytes */
#define COMMAND_REASON_MAX     200          /* bytes */
#define COMMAND_LIFETIME_MAX_S (31 * 86400) /* from "iat" to "exp" */

/* Of numbers, sequences and times: cJSON writes 15 digits exactly, and no more. */
#define COMMAND_NUMBER_MAX INT64_C(999999999999999)

enum command_kind {
    COMMAND_UNKNOWN, /* to this version */
    COMMAND_IDENTIFY,
    COMMAND_SCREENSHOT,
    COMMAND_LOGS,
    COMMAND_DIAGNOSE,
    COMMAND_RESTART_PLAYER,
    COMMAND_RESTART,
    COMMAND_REBOOT,
    COMMAND_DISPLAY,
    COMMAND_VOLUME,
    COMMAND_BRIGHTNESS,
    COMMAND_CLEAR_CACHE,
    COMMAND_ROTATE_KEYS,
    COMMAND_RENEW_CERTIFICATE,
    COMMAND_SET_ACCESS_MODE,
    COMMAND_RETIRE,
    COMMAND_KINDS
};

struct command {
    char id[COMMAND_ID_SIZE];
    int64_t number; /* 1 … COMMAND_NUMBER_MAX */
    enum command_kind kind;
    char name[COMMAND_NAME_MAX + 1]; /* as it was given */
    int64_t issued_s, expires_s;     /* s since 1970 */
    int64_t value; /* the argument: a number, or which of the words; the default where it was left out */
    char refusal[COMMAND_REASON_MAX + 1]; /* why it cannot be carried out as it stands; "" it can */
};

struct command_list {
    struct command items[COMMAND_LIST_MAX]; /* by growing number */
    size_t count;
};

/* "identify"; NULL for COMMAND_UNKNOWN. */
const char *command_kind_name(enum command_kind kind);
/* COMMAND_UNKNOWN where there is none. */
enum command_kind command_kind_find(const char *name);
/* The word that `value` stands for, where the argument is one of some words: "off"; else NULL. */
const char *command_word(enum command_kind kind, int64_t value);

/* Lower-case, as RFC 9562 §4 writes it. */
bool command_id_valid(const char *id);

/* The member "commands" of a state, which may be missing. PP_E_INVALID or PP_E_LIMIT, naming the field, for what has
 * not the shape above. A name that is not known, or an argument that is wrong, is that command's own: `refusal` says
 * so. */
PP_MUST_USE bool command_list_parse(const cJSON *state, struct command_list *out, struct pp_error *error);

/* The member "args" for a command that a person types: `text` is the argument, NULL none. The caller deletes it.
 * NULL with PP_E_INVALID and what is wanted. */
cJSON *command_arguments_make(enum command_kind kind, const char *text, struct pp_error *error);
/* How the argument is typed, for a usage: "[SECONDS]", "on|off"; "" none. */
const char *command_usage(enum command_kind kind);

#endif
