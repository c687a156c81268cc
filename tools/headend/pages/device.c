#include "headend/pages/device.h"

#include "base/clock.h"
#include "headend/ops/channel.h"

void page_time(int64_t seconds, char text[PAGE_TIME_SIZE]) {
    char stamp[PP_RFC3339_SIZE];
    pp_time_format(seconds, stamp);
    snprintf(text, PAGE_TIME_SIZE, "%.10s %.5s UTC", stamp, stamp + 11);
}

void page_state_names(const struct page *page, const char *names[DEVICE_STATES]) {
    for (enum device_state state = 0; state < DEVICE_STATES; state++) {
        const char *text = page_text_of(page, "state.", device_state_key(state));
        names[state] = text ? text : "";
    }
}

/* What the screen says is old once it is retired. A code that has no words here is told in the screen's own. */
static void trouble_set(struct page *page, const struct device *device, bool retired) {
    const char *words = page_text_of(page, "trouble.", device->code);
    page_set(page, "code", retired ? "" : device->code);
    page_set(page, "trouble", device->trouble);
    page_set(page, "trouble_text", words ? words : device->trouble);
}

bool page_set_device(struct page *page, struct db *db, const struct device *device, int64_t now,
                     struct pp_error *error) {
    struct channel channel = {0};
    const char *names[DEVICE_STATES];
    char text[64];
    char fingerprint[FINGERPRINT_SIZE];
    if (*device->channel && !channel_find(db, device->channel, &channel, error))
        return false;
    enum device_state state = device_state_of(device, channel.publish, now);
    page_state_names(page, names);
    fingerprint_text(device->thumbprint, fingerprint);
    page_ago(page, device->seen, now, text, sizeof text);
    page_set(page, "id", device->id);
    page_set(page, "name", device->name);
    page_set(page, "site", device->site);
    page_set(page, "channel", channel.title);
    page_set(page, "channel_id", device->channel);
    page_set(page, "empty_channel", *device->channel && !channel.publish ? "1" : "");
    page_set(page, "state", device_state_key(state));
    page_set(page, "state_text", names[state]);
    page_set(page, "ago", text);
    page_set(page, "fingerprint", fingerprint);
    trouble_set(page, device, state == DEVICE_RETIRED);
    pp_wipe(&channel, sizeof channel);
    return true;
}
