#include "base/clock.h"
#include "headend/channel.h"
#include "headend/handlers.h"
#include "headend/pages.h"

struct listing {
    struct db *db;
    struct page *page;
    struct pp_buf *rows;
    int64_t now;
    size_t count, online;
    struct pp_error error; /* code PP_OK while all goes well */
};

static bool row_add(void *arg, const struct device *device) {
    struct listing *listing = arg;
    struct page *page = listing->page;
    struct channel channel = {0};
    char text[64];
    char fingerprint[FINGERPRINT_SIZE];
    const char *state = page_device_state(device, listing->now);
    if (*device->channel && !channel_find(listing->db, device->channel, &channel, &listing->error))
        return false;
    fingerprint_text(device->thumbprint, fingerprint);
    page_set(page, "name", device->name);
    page_set(page, "site", device->site);
    page_set(page, "channel", channel.title);
    page_set(page, "state", state);
    snprintf(text, sizeof text, "state.%s", state);
    page_set(page, "state_text", page_text(page, text));
    page_ago(page, device->seen, listing->now, text, sizeof text);
    page_set(page, "ago", text);
    page_set(page, "fingerprint", fingerprint);
    pp_wipe(&channel, sizeof channel);
    listing->count++;
    listing->online += strcmp(state, "online") == 0;
    return page_render(page, "screen-row.html", listing->rows, &listing->error);
}

void page_screens(struct request *request, struct reply *reply) {
    page_auto struct page page;
    pp_autobuf struct pp_buf rows = PP_BUF_INIT(PAGE_MAX / 2);
    struct listing listing = {
        .db = request->app->db, .page = &page, .rows = &rows, .now = pp_clock_realtime_s()};
    struct pp_error error;
    page_start(&page, request);
    bool ok = device_each(request->app->db, row_add, &listing, &error);
    if (!ok || listing.error.code != PP_OK) {
        reply_failure(reply, ok ? &listing.error : &error);
        return;
    }
    char number[24];
    snprintf(number, sizeof number, "%zu", listing.count);
    page_set(&page, "count", number);
    snprintf(number, sizeof number, "%zu", listing.online);
    page_set(&page, "online", number);
    page_set(&page, "title", page_text(&page, "screens.title"));
    page_set(&page, "on_screens", "page");
    page_set(&page, "rows", pp_buf_text(&rows));
    page_reply(&page, request, reply, MHD_HTTP_OK, "screens.html");
}
