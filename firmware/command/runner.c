#include "command/runner.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"

#define INTERRUPTED "interrupted"

struct command_runner {
    struct command_runner_config config;
    struct command_journal journal;
    uint64_t changes;              /* of the journal, so far */
    uint64_t kept;                 /* so many of them are on flash */
    uint64_t writing;              /* so many will be, when what is on its way is there; 0: nothing is */
    bool polling;                  /* in command_runner_poll */
    char running[COMMAND_ID_SIZE]; /* its effect is under way; "" none */
    char telling[COMMAND_ID_SIZE]; /* its receipt is; "" none */
    int64_t telling_sequence;      /* of that receipt */
};

struct command_runner *command_runner_create(const struct command_runner_config *config,
                                             struct pp_error *error) {
    struct command_runner *runner = calloc(1, sizeof *runner);
    if (!runner) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    runner->config = *config;
    return runner;
}

void command_runner_destroy(struct command_runner *runner) {
    if (!runner)
        return;
    vault_forget_kept(runner->config.vault, COMMAND_JOURNAL_RECORD);
    command_journal_finish(&runner->journal);
    free(runner);
}

static void entry_changed(struct command_runner *runner, struct command_entry *entry) {
    entry->change = ++runner->changes;
}

static void entry_settle(struct command_runner *runner, struct command_entry *entry,
                         enum command_outcome outcome, const char *reason) {
    entry->outcome = outcome;
    entry->sequence = ++runner->journal.sequence;
    entry->at_s = pp_time_now_s(&runner->config.time);
    entry->told = false;
    snprintf(entry->reason, sizeof entry->reason, "%s", reason);
    pp_json_tidy(entry->reason);
    entry_changed(runner, entry);
    runner->config.on_outcome(runner->config.arg, entry);
}

/* ---- At the start ---- */

/* What was under way when the process before this one ended. */
static void entry_resume(struct command_runner *runner, struct command_entry *entry) {
    bool rebooted = *entry->boot && *runner->config.boot && strcmp(entry->boot, runner->config.boot) != 0;
    if (entry->outcome != COMMAND_ACCEPTED || entry->kind == COMMAND_RETIRE)
        return;
    if (entry->kind == COMMAND_RESTART || (entry->kind == COMMAND_REBOOT && rebooted))
        entry_settle(runner, entry, COMMAND_DONE, "");
    else
        entry_settle(runner, entry, COMMAND_FAILED, INTERRUPTED);
}

static bool journal_begin(struct command_runner *runner, int64_t number, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(COMMAND_JOURNAL_MAX);
    runner->journal.number = number;
    return command_journal_write(&runner->journal, &text, error) &&
           vault_put(runner->config.vault, COMMAND_JOURNAL_RECORD, text.data, text.size, error) &&
           vault_put(runner->config.vault, COMMAND_JOURNAL_RECORD, text.data, text.size, error);
}

bool command_runner_load(struct command_runner *runner, int64_t number_if_none, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(COMMAND_JOURNAL_MAX);
    struct pp_error why = {0};
    bool found = vault_get(runner->config.vault, COMMAND_JOURNAL_RECORD, &text, &why);
    if (found && command_journal_read(text.data, text.size, &runner->journal, &why)) {
        for (size_t i = 0; i < runner->journal.count; i++)
            entry_resume(runner, &runner->journal.entries[i]);
        return true;
    }
    if (!found && why.code != PP_E_NOTFOUND && why.code != PP_E_AUTH)
        return pp_fail(error, why.code, "record \"%s\": %s", COMMAND_JOURNAL_RECORD, why.message);
    if (why.code != PP_E_NOTFOUND)
        pp_log_warning("record \"%s\": %s: what was asked before now is not carried out",
                       COMMAND_JOURNAL_RECORD, why.message);
    return journal_begin(runner, number_if_none, error);
}

/* ---- The journal ---- */

/* What was to be begun and could not be written down has no effect. */
static void fail_unwritten(struct command_runner *runner, const struct pp_error *why) {
    char reason[COMMAND_REASON_MAX + 1];
    snprintf(reason, sizeof reason, "it could not be written down: %.160s", why->message);
    for (size_t i = 0; i < runner->journal.count; i++) {
        struct command_entry *entry = &runner->journal.entries[i];
        if (entry->outcome == COMMAND_ACCEPTED && !entry->started && entry->change > runner->kept)
            entry_settle(runner, entry, COMMAND_FAILED, reason);
    }
}

static void on_kept(void *arg, const struct pp_error *error) {
    struct command_runner *runner = arg;
    uint64_t written = runner->writing;
    runner->writing = 0;
    if (error) {
        fail_unwritten(runner, error);
        runner->config.on_unwritten(runner->config.arg, error);
        return;
    }
    runner->kept = written;
    command_runner_poll(runner);
}

static void journal_keep(struct command_runner *runner) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(COMMAND_JOURNAL_MAX);
    struct pp_error error = {0};
    if (runner->writing || runner->kept == runner->changes)
        return;
    runner->writing = runner->changes;
    if (!command_journal_write(&runner->journal, &text, &error) ||
        !vault_put_both_later(runner->config.vault, COMMAND_JOURNAL_RECORD, text.data, text.size, on_kept,
                              runner, &error))
        on_kept(runner, &error);
}

static bool entry_is_kept(const struct command_runner *runner, const struct command_entry *entry) {
    return entry->change <= runner->kept;
}

/* ---- Taking ---- */

static const char *refusal_of(const struct command_runner *runner, const struct command *command) {
    if (command->number <= runner->journal.number)
        return "replayed: it is not newer than what was asked before";
    if (pp_time_now_s(&runner->config.time) >= command->expires_s)
        return "expired";
    return *command->refusal ? command->refusal : NULL;
}

static void take(struct command_runner *runner, const struct command *command) {
    if (command_journal_find(&runner->journal, command->id))
        return;
    const char *refusal = refusal_of(runner, command);
    struct command_entry *entry = command_journal_add(&runner->journal, command);
    if (!entry)
        return; /* it is still asked for when others are answered */
    snprintf(entry->boot, sizeof entry->boot, "%s", runner->config.boot);
    entry_settle(runner, entry, refusal ? COMMAND_REFUSED : COMMAND_ACCEPTED, refusal ? refusal : "");
}

void command_runner_take(struct command_runner *runner, const struct command_list *list) {
    for (size_t i = 0; i < list->count; i++)
        take(runner, &list->items[i]);
    command_runner_poll(runner);
}

/* ---- Carrying out ---- */

static void begin_next(struct command_runner *runner) {
    for (size_t i = 0; i < runner->journal.count && !*runner->running; i++) {
        struct command_entry *entry = &runner->journal.entries[i];
        if (entry->outcome != COMMAND_ACCEPTED || entry->started || !entry_is_kept(runner, entry))
            continue;
        entry->started = true;
        strcpy(runner->running, entry->id);
        runner->config.begin(runner->config.arg, entry);
    }
}

void command_runner_finish(struct command_runner *runner, const char *reason, const char *result) {
    struct command_entry *entry = command_journal_find(&runner->journal, runner->running);
    *runner->running = 0;
    if (!entry)
        return;
    if (result && !pp_text_copy(&entry->result, result, NULL))
        pp_log_warning("command %s: its result is lost: out of memory", entry->name);
    entry_settle(runner, entry, reason ? COMMAND_FAILED : COMMAND_DONE, reason ? reason : "");
    command_runner_poll(runner);
}

bool command_runner_finish_last(struct command_runner *runner, struct command_entry *out) {
    const struct command_entry *entry = command_journal_find(&runner->journal, runner->running);
    if (!entry)
        return false;
    *out = *entry;
    out->result = NULL;
    out->outcome = COMMAND_DONE;
    out->sequence = ++runner->journal.sequence;
    out->at_s = pp_time_now_s(&runner->config.time);
    return true;
}

/* ---- Telling ---- */

static struct command_entry *next_to_tell(struct command_runner *runner) {
    for (size_t i = 0; i < runner->journal.count; i++) {
        struct command_entry *entry = &runner->journal.entries[i];
        if (!entry->told && entry_is_kept(runner, entry))
            return entry;
    }
    return NULL;
}

static void tell_next(struct command_runner *runner) {
    struct command_entry *entry = *runner->telling ? NULL : next_to_tell(runner);
    if (!entry || !runner->config.tell(runner->config.arg, entry))
        return;
    strcpy(runner->telling, entry->id);
    runner->telling_sequence = entry->sequence;
}

void command_runner_told(struct command_runner *runner, bool settled) {
    struct command_entry *entry = command_journal_find(&runner->journal, runner->telling);
    *runner->telling = 0;
    if (!settled)
        return;
    bool newest = entry && entry->sequence == runner->telling_sequence;
    if (newest && entry->outcome == COMMAND_ACCEPTED) {
        entry->told = true; /* not worth a write: at worst it is told twice */
    } else if (newest) {
        command_journal_remove(&runner->journal, entry);
        runner->changes++;
    }
    command_runner_poll(runner);
}

bool command_runner_has_news(const struct command_runner *runner) {
    for (size_t i = 0; i < runner->journal.count; i++) {
        if (!runner->journal.entries[i].told)
            return true;
    }
    return false;
}

/* Each step may end in here again, where the vault or an effect answers at once: one round more then. */
void command_runner_poll(struct command_runner *runner) {
    uint64_t before = 0;
    if (runner->polling)
        return;
    runner->polling = true;
    do {
        before = runner->changes;
        journal_keep(runner);
        begin_next(runner);
        tell_next(runner);
    } while (runner->changes != before);
    runner->polling = false;
}

void command_runner_forget(struct command_runner *runner) {
    command_journal_finish(&runner->journal);
    *runner->running = 0;
    *runner->telling = 0;
    runner->changes++;
    command_runner_poll(runner);
}
