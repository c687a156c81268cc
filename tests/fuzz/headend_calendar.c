/* Calendars of strangers; what is taken of one is the same again once it was written and read. */
#include <stdlib.h>

#include "headend/ingest/calendar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void entries_take(const cJSON *answer, cJSON *schedule) {
    const cJSON *event;
    cJSON_ArrayForEach(event, cJSON_GetObjectItemCaseSensitive(answer, "events")) {
        const cJSON *entry = cJSON_GetObjectItemCaseSensitive(event, "entry");
        if (cJSON_IsObject(entry))
            cJSON_AddItemToArray(schedule, cJSON_Duplicate(entry, true));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pp_autojson cJSON *answer = calendar_read(data, size, NULL);
    pp_autojson cJSON *schedule = cJSON_CreateArray();
    pp_autojson cJSON *again = cJSON_CreateArray();
    pp_autobuf struct pp_buf text = PP_BUF_INIT(CALENDAR_WRITTEN_MAX);
    entries_take(answer, schedule);
    const struct calendar_out out = {.channel = "lobby",
                                     .title = "Lobby",
                                     .schedule = schedule,
                                     .count = cJSON_GetArraySize(schedule),
                                     .changed = 1};
    if (!answer || !calendar_write(&out, &text, NULL) || text.size > CALENDAR_SIZE_MAX)
        return 0;
    pp_autojson cJSON *read = calendar_read(text.data, text.size, NULL);
    entries_take(read, again);
    if (!cJSON_Compare(schedule, again, true))
        abort();
    return 0;
}
