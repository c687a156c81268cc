/*
 * What was asked of this display point, and what became of it, in the vault (record "commands", the same in both
 * generations, so that whoever takes the newest file away finds nothing older). A command is written down before its
 * effect: one that is found unfinished at the next start was interrupted, and is not repeated. An entry stays until the
 * headend has its receipt; `number` keeps what was forgotten from coming back.
 *
 *   {"format": 1, "number": 1795900000123, "sequence": 42, "entries": [{"id": …, "number": …, "name": "identify",
 *    "value": 20, "outcome": "accepted", "reason": "", "sequence": 42, "iat": 1795900003, "boot": …, "told": false}]}
 */
#ifndef PP_COMMAND_JOURNAL_H
#define PP_COMMAND_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "command/command.h"

#define COMMAND_JOURNAL_RECORD "commands"
#define COMMAND_ENTRIES_MAX    32           /* unanswered at a time */
#define COMMAND_RESULT_MAX     (8 * 1024)   /* bytes of a result's JSON */
#define COMMAND_JOURNAL_MAX    (768 * 1024) /* bytes of the record */
#define COMMAND_BOOT_SIZE      37           /* bytes of a boot's UUID with the NUL */

enum command_outcome {
    COMMAND_ACCEPTED, /* written down; its effect is to come, or under way */
    COMMAND_REFUSED,
    COMMAND_DONE,
    COMMAND_FAILED,
    COMMAND_OUTCOMES
};
/* "accepted" */
const char *command_outcome_name(enum command_outcome outcome);
bool command_outcome_find(const char *name, enum command_outcome *outcome);
/* The member "outcome". */
PP_MUST_USE bool command_outcome_read(const cJSON *object, enum command_outcome *outcome,
                                      struct pp_error *error);

struct command_entry {
    char id[COMMAND_ID_SIZE];
    char name[COMMAND_NAME_MAX + 1];
    enum command_kind kind;
    int64_t number, value;
    enum command_outcome outcome;
    char reason[COMMAND_REASON_MAX + 1]; /* of a refusal or failure, else "" */
    char *result;                        /* JSON object of what is done, NULL none; the entry's */
    int64_t sequence;                    /* of the outcome; grows with each of this screen */
    int64_t at_s;                        /* s since 1970, of the outcome */
    char boot[COMMAND_BOOT_SIZE];        /* in which it was begun */
    bool told;                           /* the headend has a receipt of this outcome */
    uint64_t change;                     /* not kept: when it last changed, by the owner's count */
    bool started;                        /* not kept: its effect was begun by this process */
};

struct command_journal {
    int64_t number;   /* highest that was ever written down */
    int64_t sequence; /* of the last outcome */
    struct command_entry entries[COMMAND_ENTRIES_MAX];
    size_t count;
};

void command_journal_finish(struct command_journal *journal);

/* NULL where there is none. */
struct command_entry *command_journal_find(struct command_journal *journal, const char *id);
/* NULL where it is full. `number` follows. */
struct command_entry *command_journal_add(struct command_journal *journal, const struct command *command);
void command_journal_remove(struct command_journal *journal, struct command_entry *entry);

/* The record, appended. */
PP_MUST_USE bool command_journal_write(const struct command_journal *journal, struct pp_buf *out,
                                       struct pp_error *error);
/* PP_E_INVALID or PP_E_LIMIT; `out` is then as it was. */
PP_MUST_USE bool command_journal_read(const void *json, size_t size, struct command_journal *out,
                                      struct pp_error *error);

#endif
