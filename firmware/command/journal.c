#include "command/journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

static const char *const outcomes[COMMAND_OUTCOMES] = {
    [COMMAND_ACCEPTED] = "accepted",
    [COMMAND_REFUSED] = "refused",
    [COMMAND_DONE] = "done",
    [COMMAND_FAILED] = "failed",
};

const char *command_outcome_name(enum command_outcome outcome) {
    return outcomes[outcome];
}

bool command_outcome_find(const char *name, enum command_outcome *outcome) {
    for (int i = 0; i < COMMAND_OUTCOMES; i++) {
        *outcome = (enum command_outcome)i;
        if (strcmp(name, outcomes[i]) == 0)
            return true;
    }
    return false;
}

void command_journal_finish(struct command_journal *journal) {
    for (size_t i = 0; i < journal->count; i++)
        free(journal->entries[i].result);
    *journal = (struct command_journal){0};
}

struct command_entry *command_journal_find(struct command_journal *journal, const char *id) {
    for (size_t i = 0; i < journal->count; i++) {
        if (strcmp(journal->entries[i].id, id) == 0)
            return &journal->entries[i];
    }
    return NULL;
}

struct command_entry *command_journal_add(struct command_journal *journal, const struct command *command) {
    if (journal->count == COMMAND_ENTRIES_MAX)
        return NULL;
    struct command_entry *entry = &journal->entries[journal->count++];
    *entry =
        (struct command_entry){.kind = command->kind, .number = command->number, .value = command->value};
    strcpy(entry->id, command->id);
    strcpy(entry->name, command->name);
    if (journal->number < command->number)
        journal->number = command->number;
    return entry;
}

void command_journal_remove(struct command_journal *journal, struct command_entry *entry) {
    size_t place = (size_t)(entry - journal->entries);
    free(entry->result);
    memmove(entry, entry + 1, (journal->count - place - 1) * sizeof *entry);
    journal->entries[--journal->count] = (struct command_entry){0};
}

/* ---- Writing ---- */

static bool entry_write(const struct command_entry *entry, cJSON *object) {
    return cJSON_AddStringToObject(object, "id", entry->id) &&
           cJSON_AddNumberToObject(object, "number", (double)entry->number) &&
           cJSON_AddStringToObject(object, "name", entry->name) &&
           cJSON_AddNumberToObject(object, "value", (double)entry->value) &&
           cJSON_AddStringToObject(object, "outcome", outcomes[entry->outcome]) &&
           cJSON_AddStringToObject(object, "reason", entry->reason) &&
           (!entry->result || cJSON_AddStringToObject(object, "result", entry->result)) &&
           cJSON_AddNumberToObject(object, "sequence", (double)entry->sequence) &&
           cJSON_AddNumberToObject(object, "iat", (double)entry->at_s) &&
           cJSON_AddStringToObject(object, "boot", entry->boot) &&
           cJSON_AddBoolToObject(object, "told", entry->told);
}

static bool journal_fill(const struct command_journal *journal, cJSON *record) {
    cJSON *entries = NULL;
    bool ok = cJSON_AddNumberToObject(record, "format", 1) &&
              cJSON_AddNumberToObject(record, "number", (double)journal->number) &&
              cJSON_AddNumberToObject(record, "sequence", (double)journal->sequence) &&
              (entries = cJSON_AddArrayToObject(record, "entries"));
    for (size_t i = 0; ok && i < journal->count; i++) {
        cJSON *object = cJSON_CreateObject();
        ok = object && cJSON_AddItemToArray(entries, object) && entry_write(&journal->entries[i], object);
    }
    return ok;
}

bool command_journal_write(const struct command_journal *journal, struct pp_buf *out,
                           struct pp_error *error) {
    pp_autojson cJSON *record = cJSON_CreateObject();
    pp_autojsontext char *text =
        record && journal_fill(journal, record) ? cJSON_PrintUnformatted(record) : NULL;
    return text ? pp_buf_add_text(out, text, error) : pp_fail(error, PP_E_NOMEM, "out of memory");
}

/* ---- Reading ---- */

bool command_outcome_read(const cJSON *object, enum command_outcome *outcome, struct pp_error *error) {
    const char *name = NULL;
    return pp_json_string(object, "outcome", 16, &name, error) &&
           (command_outcome_find(name, outcome) ||
            pp_fail(error, PP_E_INVALID, "field \"outcome\" is none: %s", name));
}

static bool read_result(const cJSON *object, struct command_entry *entry, struct pp_error *error) {
    const char *text = NULL;
    return !pp_json_has(object, "result") ||
           (pp_json_string(object, "result", COMMAND_RESULT_MAX, &text, error) &&
            pp_text_copy(&entry->result, text, error));
}

static bool read_entry(const cJSON *object, struct command_entry *entry, struct pp_error *error) {
    if (!cJSON_IsObject(object))
        return pp_fail(error, PP_E_INVALID, "an entry is no object");
    bool ok = pp_json_copy(object, "id", COMMAND_ID_SIZE - 1, entry->id, error) &&
              (command_id_valid(entry->id) || pp_fail(error, PP_E_INVALID, "field \"id\" is none")) &&
              pp_json_copy(object, "name", COMMAND_NAME_MAX, entry->name, error) &&
              pp_json_copy(object, "reason", COMMAND_REASON_MAX, entry->reason, error) &&
              pp_json_copy(object, "boot", COMMAND_BOOT_SIZE - 1, entry->boot, error) &&
              pp_json_integer(object, "number", 1, COMMAND_NUMBER_MAX, &entry->number, error) &&
              pp_json_integer(object, "value", 0, COMMAND_NUMBER_MAX, &entry->value, error) &&
              pp_json_integer(object, "sequence", 0, COMMAND_NUMBER_MAX, &entry->sequence, error) &&
              pp_json_integer(object, "iat", 0, COMMAND_NUMBER_MAX, &entry->at_s, error) &&
              pp_json_boolean(object, "told", &entry->told, error) &&
              command_outcome_read(object, &entry->outcome, error) && read_result(object, entry, error);
    entry->kind = command_kind_find(entry->name);
    return ok;
}

static bool read_journal(const cJSON *record, struct command_journal *journal, struct pp_error *error) {
    const cJSON *entries = NULL;
    const cJSON *object = NULL;
    int64_t format = 0;
    if (!cJSON_IsObject(record))
        return pp_fail(error, PP_E_INVALID, "not a JSON object");
    if (!pp_json_integer(record, "format", 1, 1, &format, error) ||
        !pp_json_integer(record, "number", 0, COMMAND_NUMBER_MAX, &journal->number, error) ||
        !pp_json_integer(record, "sequence", 0, COMMAND_NUMBER_MAX, &journal->sequence, error) ||
        !pp_json_array(record, "entries", COMMAND_ENTRIES_MAX, &entries, error))
        return false;
    cJSON_ArrayForEach(object, entries) {
        if (!read_entry(object, &journal->entries[journal->count++], error))
            return false;
    }
    return true;
}

bool command_journal_read(const void *json, size_t size, struct command_journal *out,
                          struct pp_error *error) {
    pp_autojson cJSON *record = pp_json_parse(json, size, COMMAND_JOURNAL_MAX, error);
    pp_autofree struct command_journal *journal = calloc(1, sizeof *journal);
    if (!journal)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (!record || !read_journal(record, journal, error)) {
        command_journal_finish(journal);
        return pp_wrap(error, "the journal of commands");
    }
    command_journal_finish(out);
    *out = *journal;
    return true;
}
