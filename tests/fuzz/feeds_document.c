/* The document of a channel's feeds, opened; and what an item would show of it. */
#include <stdlib.h>
#include <string.h>

#include "feeds/pointer.h"
#include "feeds/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int64_t utc(void *arg, int64_t seconds) {
    (void)arg;
    return seconds;
}

static void show(const struct feed *feed, const char *pointer) {
    static const char *const formats[] = {"%s", "%.6f kg", "%d %%"};
    const struct feeds_look look = {.now = 1767614400, .local = utc, .width = 640, .height = 360};
    char json[3072];
    for (size_t i = 0; i < PP_COUNT(formats); i++) {
        struct channel_metric metric = {.label = "x"};
        snprintf(metric.pointer, sizeof metric.pointer, "%s", pointer);
        snprintf(metric.format, sizeof metric.format, "%s", formats[i]);
        if (!feeds_metric_json(&metric, feed, &look, json, sizeof json, NULL))
            continue;
        pp_autojson cJSON *words = pp_json_parse(json, strlen(json), sizeof json, NULL);
        if (!words)
            abort(); /* a renderer would refuse it */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct feeds feeds = {0};
    /* Twice: what was taken is no older than itself. */
    bool first = feeds_take_text(&feeds, "lobby", data, size, NULL);
    if (first && !feeds_take_text(&feeds, "lobby", data, size, NULL))
        abort();
    if (feeds.count > CHANNEL_FEEDS_MAX)
        abort();
    for (size_t i = 0; i < feeds.count; i++) {
        show(&feeds.list[i], "");
        show(&feeds.list[i], "/total");
        show(&feeds.list[i], "/0/~0~1");
    }
    feeds_clear(&feeds);
    return 0;
}
