#include "base/clock.h"
#include "base/encode.h"
#include "headend/channel.h"
#include "headend/handlers.h"
#include "headend/pages.h"

#define SCREENS_PER_PAGE 100
#define SEARCH_MAX       200 /* bytes */

struct listing {
    struct db *db;
    struct page *page;
    struct pp_buf *rows;
    int64_t now;
    struct pp_error error; /* code PP_OK while all goes well */
};

static bool row_add(void *arg, const struct device *device) {
    struct listing *listing = arg;
    struct page *page = listing->page;
    struct channel channel = {0};
    char text[64];
    char fingerprint[FINGERPRINT_SIZE];
    const char *state = device_state_name(device, listing->now);
    if (*device->channel && !channel_find(listing->db, device->channel, &channel, &listing->error))
        return false;
    fingerprint_text(device->thumbprint, fingerprint);
    page_set(page, "name", device->name);
    page_set(page, "site", device->site);
    page_set(page, "channel", channel.title);
    page_set(page, "empty_channel", *device->channel && !channel.publish ? "1" : "");
    if (strcmp(state, "online") == 0 && !channel.publish)
        state = "idle"; /* well, and without anything to play */
    page_set(page, "state", state);
    snprintf(text, sizeof text, "state.%s", state);
    page_set(page, "state_text", page_text(page, text));
    page_ago(page, device->seen, listing->now, text, sizeof text);
    page_set(page, "ago", text);
    page_set(page, "fingerprint", fingerprint);
    page_set(page, "code", device->code);
    page_set(page, "trouble", device->trouble);
    pp_wipe(&channel, sizeof channel);
    return page_render(page, "screen-row.html", listing->rows, &listing->error);
}

static void set_number(struct page *page, const char *name, int64_t number) {
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)number);
    page_set(page, name, text);
}

/* The address of another page of the same search. */
static void set_link(struct page *page, const char *name, const char *words, int64_t number, int64_t last) {
    if (number < 1 || number > last)
        return;
    pp_autofree char *encoded = pp_percent_encode(words);
    char link[SEARCH_MAX * 3 + 64];
    snprintf(link, sizeof link, "/admin/screens?page=%lld%s%s", (long long)number, *words ? "&q=" : "",
             encoded ? encoded : "");
    page_set(page, name, link);
}

/* Which page is asked for, of those that there are. */
static int64_t page_number(const struct request *request, int64_t last) {
    const char *text = request_query(request, "page");
    int64_t number =
        text && strspn(text, "0123456789") == strlen(text) && strlen(text) < 10 ? strtol(text, NULL, 10) : 1;
    return number < 1 ? 1 : number < last ? number : last;
}

/* What is searched for: "" for all, and where it is no text. */
static const char *search_words(const struct request *request) {
    const char *words = request_query(request, "q");
    return words && text_check("q", words, 0, SEARCH_MAX, NULL) ? words : "";
}

void page_screens(struct request *request, struct reply *reply) {
    page_auto struct page page;
    pp_autobuf struct pp_buf rows = PP_BUF_INIT(PAGE_MAX / 2);
    struct listing listing = {.db = request->db, .page = &page, .rows = &rows, .now = pp_clock_realtime_s()};
    struct device_search search = {.words = search_words(request), .count = SCREENS_PER_PAGE};
    struct device_counts counts;
    struct pp_error error;
    page_start(&page, request);
    bool ok = device_count(request->db, search.words, listing.now, &counts, &error);
    int64_t last = ok && counts.found ? (counts.found + SCREENS_PER_PAGE - 1) / SCREENS_PER_PAGE : 1;
    int64_t number = page_number(request, last);
    search.skipped = (number - 1) * SCREENS_PER_PAGE;
    ok = ok && device_search(request->db, &search, row_add, &listing, &error);
    if (!ok || listing.error.code != PP_OK) {
        reply_failure(reply, ok ? &listing.error : &error);
        return;
    }
    set_number(&page, "count", counts.found);
    set_number(&page, "online", counts.online);
    page_set(&page, "any", counts.total ? "1" : "");
    page_set(&page, "unmatched", counts.found ? "" : "1");
    page_set(&page, "search", search.words);
    page_set(&page, "searchable", last > 1 || *search.words ? "1" : "");
    if (last > 1) {
        set_number(&page, "page", number);
        set_number(&page, "pages", last);
        set_link(&page, "previous", search.words, number - 1, last);
        set_link(&page, "next", search.words, number + 1, last);
    }
    page_set(&page, "title", page_text(&page, "screens.title"));
    page_set(&page, "on_screens", "page");
    page_set(&page, "rows", pp_buf_text(&rows));
    page_reply(&page, request, reply, MHD_HTTP_OK, "screens.html");
}
