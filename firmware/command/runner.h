/*
 * Carries commands out: each is written into the journal, then has its effect, then its outcome is written, then the
 * headend is told, and told again until it has it. So an effect comes at most once, whenever the power is cut:
 *
 *   state ──> taken ──> journal ──> effect ──> journal ──> receipt ──> forgotten
 *                          │           │
 *                          '── killed ─┴──> at the next start: failed (interrupted). A restart that was asked for is
 *                                           done by then, a reboot if the machine has booted since, and what erases
 *                                           this screen begins anew.
 *
 * One effect at a time, in the order of their numbers. Everything but command_runner_load belongs to one thread, which
 * never waits for the flash.
 */
#ifndef PP_COMMAND_RUNNER_H
#define PP_COMMAND_RUNNER_H

#include "base/clock.h"
#include "command/receipt.h"
#include "vault/vault.h"

struct command_runner;

struct command_runner_config {
    struct vault *vault;        /* borrowed */
    struct pp_time_source time; /* by which commands expire */
    const char *boot;           /* of this boot of the machine; "" unknown */
    /* Begins the effect, which ends by command_runner_finish, perhaps from within. The entry is borrowed meanwhile. */
    void (*begin)(void *arg, const struct command_entry *entry);
    /* Begins to tell the headend; command_runner_told follows, not from within. False: not now, command_runner_poll is
     * called when it can be. The entry is borrowed meanwhile. */
    bool (*tell)(void *arg, const struct command_entry *entry);
    /* The journal was not written: command_runner_poll is to be called in a while. */
    void (*on_unwritten)(void *arg, const struct pp_error *error);
    /* For the log, and the headend's events. */
    void (*on_outcome)(void *arg, const struct command_entry *entry);
    void *arg;
};

/* NULL out of memory. */
struct command_runner *command_runner_create(const struct command_runner_config *config,
                                             struct pp_error *error);
/* NULL is allowed. What is being written goes on; nobody hears of it. */
void command_runner_destroy(struct command_runner *runner);

/* Reads the journal, and judges what was interrupted. Where there is none, or none that can be read, commands count
 * only above `number_if_none`. May wait for the flash. Fails where the record cannot be read as things are. */
PP_MUST_USE bool command_runner_load(struct command_runner *runner, int64_t number_if_none,
                                     struct pp_error *error);

/* Those of a state. */
void command_runner_take(struct command_runner *runner, const struct command_list *list);
/* Goes on with whatever can be gone on with. */
void command_runner_poll(struct command_runner *runner);

/* The effect that was begun is over. `reason` NULL: done, with `result` (JSON, NULL none). */
void command_runner_finish(struct command_runner *runner, const char *reason, const char *result);

/* The effect that was begun is over, and so is everything else here: what is told of it, done, is the caller's to
 * keep, since nothing is written any more. `out` borrows nothing. False where none is under way. */
bool command_runner_finish_last(struct command_runner *runner, struct command_entry *out);

/* What became of the receipt: the headend has it (or will not have it, ever), or it is to be told again. */
void command_runner_told(struct command_runner *runner, bool settled);

/* Whether there is anything that the headend has not been told. */
bool command_runner_has_news(const struct command_runner *runner);

/* A new registration: what was asked by the one before is nobody's any more. */
void command_runner_forget(struct command_runner *runner);

#endif
