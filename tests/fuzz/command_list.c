/* The commands of a state: what is read is in order, and each is meant or refused. Also the journal: what is read is
 * written as it was. The first byte says which. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "command/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_list(const uint8_t *data, size_t size) {
    struct command_list list;
    struct pp_error error = {0};
    pp_autojson cJSON *state = pp_json_parse(data, size, 64 * 1024, NULL);
    if (!cJSON_IsObject(state))
        return;
    if (!command_list_parse(state, &list, &error)) {
        if (error.code == PP_OK)
            abort();
        return;
    }
    for (size_t i = 0; i < list.count; i++) {
        const struct command *command = &list.items[i];
        bool meant = !*command->refusal;
        if (!command_id_valid(command->id) || (i && command->number <= command[-1].number) ||
            (meant && (command->kind == COMMAND_UNKNOWN || command->expires_s <= command->issued_s)))
            abort();
    }
}

static void try_journal(const uint8_t *data, size_t size) {
    static struct command_journal journal, again;
    pp_autobuf struct pp_buf text = PP_BUF_INIT(COMMAND_JOURNAL_MAX * 4);
    pp_autobuf struct pp_buf twice = PP_BUF_INIT(COMMAND_JOURNAL_MAX * 4);
    if (!command_journal_read(data, size, &journal, NULL))
        return;
    if (!command_journal_write(&journal, &text, NULL))
        abort();
    if (command_journal_read(text.data, text.size, &again, NULL) &&
        (!command_journal_write(&again, &twice, NULL) ||
         strcmp(pp_buf_text(&text), pp_buf_text(&twice)) != 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size && data[0] == 'j')
        try_journal(data + 1, size - 1);
    else if (size)
        try_list(data + 1, size - 1);
    return 0;
}
