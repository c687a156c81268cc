/* A duration, a time and a recurrence rule from anywhere. */
#include "channel/moment.h"
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
    int64_t start = 1767600000; /* 2026-01-05T08:00:00 */
    struct channel_event event = {.layout = &day, .duration = {.ms = 3600000}};
    struct channel_manifest manifest = {
        .layouts = &day, .layout_count = 1, .default_layout = &day, .schedule = &event, .event_count = 1};
    struct rule_budget left = RULE_BUDGET;
    struct moment moment;
    if (moment_parse(text, &moment) && moment.seconds < 0)
        abort();
    if (!rule_parse(text, start, 1, &left, &event.rule, &error))
        return 0;
    int64_t until = 0;
    if (!channel_layout_at(&manifest, 1790000000, "Europe/Paris", &until) || until <= 1790000000)
        abort();
    return 0;
}
