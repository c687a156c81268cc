#include "base/clock.h"
#include "base/encode.h"
#include "headend/pages/device.h"
#include "headend/pages/handlers.h"

#define SCREENS_PER_PAGE 100
#define SEARCH_MAX       200 /* bytes */
#define STATE_NAME_MAX   40  /* bytes */

struct listing {
    struct db *db;
    struct page *page;
    struct pp_buf *rows;
    int64_t now;
    struct pp_error error; /* code PP_OK while all goes well */
};

static bool row_add(void *arg, const struct device *device) {
    struct listing *listing = arg;
    return page_set_device(listing->page, listing->db, device, listing->now, &listing->error) &&
           page_render(listing->page, "screen-row.html", listing->rows, &listing->error);
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

/* What states are called, one on a line, for the script that narrows the list down. */
static void states_set(struct page *page, const char *const names[DEVICE_STATES]) {
    char text[DEVICE_STATES * (STATE_NAME_MAX + 1)] = "";
    for (size_t i = 0; i < DEVICE_STATES; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%.*s", used ? "\n" : "", STATE_NAME_MAX, names[i]);
    }
    page_set(page, "states", text);
}

/* Where in the list the page is, and the ways to its neighbours. */
static void position_set(struct page *page, const char *words, int64_t number, int64_t last) {
    if (last <= 1)
        return;
    page_set_number(page, "page", number);
    page_set_number(page, "pages", last);
    set_link(page, "previous", words, number - 1, last);
    set_link(page, "next", words, number + 1, last);
}

void page_screens(struct request *request, struct reply *reply) {
    page_auto struct page page;
    pp_autobuf struct pp_buf rows = PP_BUF_INIT(PAGE_MAX / 2);
    struct device_search search = {
        .words = search_words(request), .now = pp_clock_realtime_s(), .count = SCREENS_PER_PAGE};
    struct listing listing = {.db = request->db, .page = &page, .rows = &rows, .now = search.now};
    struct device_counts counts;
    struct pp_error error;
    page_start(&page, request);
    page_state_names(&page, search.states);
    bool ok = device_count(request->db, &search, &counts, &error);
    int64_t last = ok && counts.found ? (counts.found + SCREENS_PER_PAGE - 1) / SCREENS_PER_PAGE : 1;
    int64_t number = page_number(request, last);
    search.skipped = (number - 1) * SCREENS_PER_PAGE;
    ok = ok && device_search(request->db, &search, row_add, &listing, &error);
    if (!ok || listing.error.code != PP_OK) {
        reply_failure(reply, ok ? &listing.error : &error);
        return;
    }
    page_set_number(&page, "count", counts.found);
    page_set_number(&page, "online", counts.online);
    page_set(&page, "any", counts.total ? "1" : "");
    page_set(&page, "unmatched", counts.found ? "" : "1");
    page_set(&page, "search", search.words);
    page_set(&page, "searchable", last > 1 || *search.words ? "1" : "");
    states_set(&page, search.states);
    position_set(&page, search.words, number, last);
    page_set(&page, "title", page_text(&page, "screens.title"));
    page_set(&page, "on_screens", "page");
    page_set(&page, "rows", pp_buf_text(&rows));
    page_reply(&page, request, reply, MHD_HTTP_OK, "screens.html");
}
