#include "headend/serve/alert_words.h"

#include <string.h>

#include "base/clock.h"
#include "page/strings.h"
#include "page/template.h"

/* clang-format off */
#define HTML_BEGIN                                                                                           \
    "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"                                      \
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"                               \
    "<meta name=\"color-scheme\" content=\"light dark\"></head>\n"                                           \
    "<body style=\"margin:0;padding:16px;font:16px/1.5 sans-serif\"><div style=\"max-width:36rem;margin:0 auto\">\n" \
    "<h1 style=\"font-size:20px;line-height:1.3;margin:0 0 12px\">"
/* clang-format on */
#define HTML_LIST  "<ul style=\"margin:0 0 12px;padding-left:20px\">\n"
#define HTML_SMALL "<p style=\"font-size:14px;margin:16px 0 0;opacity:.75\">"
#define HTML_END   "</div></body></html>\n"
#define VALUE_MAX  1024 /* bytes, of a sentence with what stands in it */

struct writing {
    const struct strings *strings;
    const struct alert_rule *rule;
    const struct alert_message *message;
    const char *address;
    struct alert_words *words;
    bool ok;
};

void alert_words_begin(struct alert_words *words) {
    *words = (struct alert_words){.text = PP_BUF_INIT(ALERT_WORDS_MAX), .html = PP_BUF_INIT(ALERT_WORDS_MAX)};
}

void alert_words_finish(struct alert_words *words) {
    pp_buf_finish(&words->text);
    pp_buf_finish(&words->html);
}

static const char *fact(const cJSON *facts, const char *name) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(facts, name));
    return text ? text : "";
}

static int64_t fact_number(const cJSON *facts, const char *name) {
    int64_t number = 0;
    (void)!pp_json_integer(facts, name, 0, PP_JSON_INTEGER_MAX, &number, NULL);
    return number;
}

/* A text of ours; of one that ends with what screens sent, that where there is none. */
static const char *word(const struct writing *writing, const char *prefix, const char *key) {
    char name[128];
    snprintf(name, sizeof name, "%s%s", prefix, key);
    const char *text = strings_find(writing->strings, writing->rule->locale, name);
    return text ? text : key;
}

/* A text of ours with `value` in the place of its "{}". */
static void sentence(const struct writing *writing, const char *key, const char *value, char out[VALUE_MAX]) {
    const char *text = word(writing, "alert.", key);
    const char *place = strstr(text, "{}");
    snprintf(out, VALUE_MAX, "%.*s%.400s%s", place ? (int)(place - text) : (int)strlen(text), text,
             place ? value : "", place ? place + 2 : "");
}

static void text_add(struct writing *writing, const char *text) {
    writing->ok = writing->ok && pp_buf_add_text(&writing->words->text, text, NULL);
}

static void html_add(struct writing *writing, const char *markup) {
    writing->ok = writing->ok && pp_buf_add_text(&writing->words->html, markup, NULL);
}

static void html_escape(struct writing *writing, const char *text) {
    writing->ok = writing->ok && template_escape(text, &writing->words->html, NULL);
}

/* ---- The subject ---- */

/* One screen by its name, several by their number. */
static void who_write(const struct writing *writing, const cJSON *facts, char who[VALUE_MAX]) {
    char count[24];
    const cJSON *screens = cJSON_GetObjectItemCaseSensitive(facts, "screens");
    const char *site = fact(facts, "site");
    const char *name = fact(cJSON_GetArrayItem(screens, 0), "name");
    char screens_text[VALUE_MAX];
    snprintf(count, sizeof count, "%lld", (long long)fact_number(facts, "count"));
    if (alert_kind(writing->rule->about)->own || !*name)
        *screens_text = 0;
    else if (fact_number(facts, "count") == 1)
        snprintf(screens_text, sizeof screens_text, "%s", name);
    else
        sentence(writing, "screens", count, screens_text);
    snprintf(who, VALUE_MAX, "%s%.400s%s%.200s%s", *screens_text ? ": " : "", screens_text, *site ? " (" : "",
             site, *site ? ")" : "");
}

static void headline_write(const struct writing *writing, const cJSON *facts, char line[VALUE_MAX]) {
    char who[VALUE_MAX];
    char about[VALUE_MAX];
    const char *what = fact(facts, "what");
    char count[24];
    who_write(writing, facts, who);
    snprintf(about, sizeof about, "%.200s%.700s", word(writing, "alert.about.", fact(facts, "about")), who);
    snprintf(count, sizeof count, "%lld", (long long)fact_number(facts, "count"));
    if (strcmp(what, "well") == 0)
        sentence(writing, "well", about, line);
    else if (strcmp(what, "held") == 0)
        sentence(writing, "held", count, line);
    else if (strcmp(what, "test") == 0)
        sentence(writing, "test", writing->rule->name, line);
    else
        snprintf(line, VALUE_MAX, "%s", about);
}

/* Whole characters. */
static void subject_write(struct alert_words *words, const char *headline) {
    size_t size = strlen(headline);
    size = text_fit(headline, size, ALERT_SUBJECT_MAX);
    snprintf(words->subject, sizeof words->subject, "%.*s", (int)size, headline);
}

/* ---- The body ---- */

static void paragraph_add(struct writing *writing, const char *markup, const char *text) {
    text_add(writing, text);
    text_add(writing, "\r\n\r\n");
    html_add(writing, markup);
    html_escape(writing, text);
    html_add(writing, "</p>\n");
}

static void since_write(const struct writing *writing, const cJSON *screen, char out[VALUE_MAX]) {
    int64_t seconds = 0;
    char time[ALERT_TIME_SIZE];
    *out = 0;
    if (!pp_time_parse(fact(screen, "since"), &seconds, NULL))
        return;
    alert_local_time(writing->rule, seconds, time);
    sentence(writing, "since", time, out);
}

/* A code, a kind of event or of finding, in words. */
static const char *detail_of(const struct writing *writing, const char *detail) {
    static const char *const prefixes[ALERT_ABOUTS] = {[ALERT_PROBLEM] = "trouble.",
                                                       [ALERT_STORAGE] = "trouble.",
                                                       [ALERT_SECURITY] = "event.",
                                                       [ALERT_CHAIN] = "alert.chain."};
    const char *prefix = prefixes[writing->rule->about];
    return *detail && prefix ? word(writing, prefix, detail) : detail;
}

static void screen_add(struct writing *writing, const cJSON *screen) {
    char address[VALUE_MAX];
    char since[VALUE_MAX];
    const char *detail = detail_of(writing, fact(screen, "detail"));
    const char *id = fact(screen, "id");
    snprintf(address, sizeof address, "%.400s/console/screens/%.40s", writing->address, id);
    since_write(writing, screen, since);
    text_add(writing, "- ");
    text_add(writing, fact(screen, "name"));
    text_add(writing, ", ");
    text_add(writing, since);
    text_add(writing, *detail ? ": " : "");
    text_add(writing, detail);
    text_add(writing, "\r\n  ");
    text_add(writing, address);
    text_add(writing, "\r\n");
    html_add(writing, "<li style=\"margin:0 0 8px\"><a href=\"");
    html_escape(writing, address);
    html_add(writing, "\">");
    html_escape(writing, fact(screen, "name"));
    html_add(writing, "</a>, ");
    html_escape(writing, since);
    html_add(writing, *detail ? ": " : "");
    html_escape(writing, detail);
    html_add(writing, "</li>\n");
}

static void screens_add(struct writing *writing) {
    const cJSON *facts = writing->message->facts;
    const cJSON *screens = cJSON_GetObjectItemCaseSensitive(facts, "screens");
    const cJSON *screen;
    int64_t shown = 0;
    char line[VALUE_MAX];
    char more[24];
    html_add(writing, HTML_LIST);
    cJSON_ArrayForEach(screen, screens) {
        if (!*fact(screen, "id"))
            continue;
        screen_add(writing, screen);
        shown++;
    }
    html_add(writing, "</ul>\n");
    text_add(writing, shown ? "\r\n" : "");
    if (!shown || shown >= fact_number(facts, "count"))
        return;
    snprintf(more, sizeof more, "%lld", (long long)(fact_number(facts, "count") - shown));
    sentence(writing, "more", more, line);
    paragraph_add(writing, "<p style=\"margin:0 0 12px\">", line);
}

/* What each that was held back would have said. */
static void held_add(struct writing *writing) {
    const cJSON *held;
    char line[VALUE_MAX];
    html_add(writing, HTML_LIST);
    cJSON_ArrayForEach(held, cJSON_GetObjectItemCaseSensitive(writing->message->facts, "held")) {
        headline_write(writing, held, line);
        text_add(writing, "- ");
        text_add(writing, line);
        text_add(writing, "\r\n");
        html_add(writing, "<li>");
        html_escape(writing, line);
        html_add(writing, "</li>\n");
    }
    html_add(writing, "</ul>\n");
    text_add(writing, "\r\n");
}

/* What holds of the headend itself: how much. */
static void own_add(struct writing *writing) {
    const cJSON *screens = cJSON_GetObjectItemCaseSensitive(writing->message->facts, "screens");
    const char *detail = fact(cJSON_GetArrayItem(screens, 0), "detail");
    char line[VALUE_MAX];
    if (!*detail || strcmp(fact(writing->message->facts, "what"), "trouble") != 0)
        return;
    sentence(writing, writing->rule->about == ALERT_DISK ? "disk_free" : "root_days", detail, line);
    paragraph_add(writing, "<p style=\"margin:0 0 12px\">", line);
}

static void foot_add(struct writing *writing) {
    char line[VALUE_MAX];
    char address[VALUE_MAX];
    sentence(writing, "rule", writing->rule->name, line);
    paragraph_add(writing, HTML_SMALL, line);
    sentence(writing, "zone", writing->rule->time_zone, line);
    snprintf(address, sizeof address, "%.400s/console/", writing->address);
    text_add(writing, line);
    text_add(writing, "\r\n");
    text_add(writing, address);
    text_add(writing, "\r\n");
    html_add(writing, HTML_SMALL);
    html_escape(writing, line);
    html_add(writing, " <a href=\"");
    html_escape(writing, address);
    html_add(writing, "\">");
    html_escape(writing, address);
    html_add(writing, "</a></p>\n" HTML_END);
}

bool alert_words_write(const struct strings *strings, const struct alert_rule *rule,
                       const struct alert_message *message, const char *address, struct alert_words *words,
                       struct pp_error *error) {
    struct writing writing = {
        .strings = strings, .rule = rule, .message = message, .address = address, .words = words, .ok = true};
    char headline[VALUE_MAX];
    const char *what = fact(message->facts, "what");
    headline_write(&writing, message->facts, headline);
    subject_write(words, headline);
    writing.ok = pp_buf_addf(&words->html, NULL, HTML_BEGIN, rule->locale);
    html_escape(&writing, headline);
    html_add(&writing, "</h1>\n");
    text_add(&writing, headline);
    text_add(&writing, "\r\n\r\n");
    if (strcmp(what, "trouble") == 0 || strcmp(what, "happened") == 0)
        paragraph_add(&writing, "<p style=\"margin:0 0 12px\">",
                      word(&writing, "alert.text.", alert_kind(rule->about)->name));
    if (strcmp(what, "held") == 0)
        held_add(&writing);
    else if (alert_kind(rule->about)->own)
        own_add(&writing);
    else if (strcmp(what, "test") != 0)
        screens_add(&writing);
    foot_add(&writing);
    return writing.ok || pp_fail(error, PP_E_NOMEM, "out of memory");
}

/* ---- For programs ---- */

bool alert_document_write(const struct alert_message *message, const char *address, struct pp_buf *document,
                          struct pp_error *error) {
    char type[64];
    char time[PP_RFC3339_SIZE];
    char page[VALUE_MAX];
    pp_autojson cJSON *object = cJSON_CreateObject();
    cJSON *data = cJSON_Duplicate(message->facts, true);
    cJSON *screen;
    snprintf(type, sizeof type, "alert.%.40s", fact(message->facts, "what"));
    pp_time_format(message->created, time);
    cJSON_ArrayForEach(screen, cJSON_GetObjectItemCaseSensitive(data, "screens")) {
        snprintf(page, sizeof page, "%.400s/console/screens/%.40s", address, fact(screen, "id"));
        if (*fact(screen, "id"))
            cJSON_AddStringToObject(screen, "page", page);
    }
    cJSON_AddStringToObject(object, "type", type);
    cJSON_AddStringToObject(object, "timestamp", time);
    cJSON_AddItemToObject(object, "data", data);
    pp_autojsontext char *text = cJSON_PrintUnformatted(object);
    return text ? pp_buf_add_text(document, text, error) : pp_fail(error, PP_E_NOMEM, "out of memory");
}
