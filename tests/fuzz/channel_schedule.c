/* A duration and a recurrence rule from anywhere. */
#include "channel/schedule.h"

#define TEXT_MAX 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char text[TEXT_MAX + 1];
    if (size > TEXT_MAX)
        return 0;
    if (size)
        memcpy(text, data, size);
    text[size] = 0;
    struct pp_error error;
    struct channel_duration duration;
    if (channel_duration_parse(text, &duration, &error) && channel_duration_ms(&duration) < 0)
        abort();
    struct channel_layout day = {.name = "day"};
    struct channel_event event = {.layout = &day,
                                  .start = {.year = 2026, .month = 1, .day = 5, .hour = 8},
                                  .duration = {.ms = 3600000}};
    struct channel_manifest manifest = {
        .layouts = &day, .layout_count = 1, .default_layout = &day, .schedule = &event, .event_count = 1};
    struct channel_rule_budget left = {CHANNEL_RULES_WALK_MAX, CHANNEL_RULES_SEARCH_MAX};
    memcpy(event.rrule, text, size + 1);
    if (!channel_rrule_check(&event, &left, &error))
        return 0;
    int64_t until = 0;
    if (!channel_layout_at(&manifest, 1790000000, "Europe/Paris", &until) || until <= 1790000000)
        abort();
    return 0;
}
