#include "setup/page.h"

#include <string.h>

#include "base/encode.h"
#include "base/utf8.h"
#include "page/template.h"
#include "setup/embedded.h"

#define VALUES_MAX     16
#define SSID_TEXT_SIZE (3 * NETWORK_SSID_MAX + 1) /* bytes of a network's name as text, with the NUL */
#define BARS           4

struct values {
    const struct setup_pages *pages;
    const char *language;
    struct {
        const char *name, *value;
    } rows[VALUES_MAX];
    size_t count;
};

static void set(struct values *values, const char *name, const char *value) {
    if (values->count < VALUES_MAX) {
        values->rows[values->count].name = name;
        values->rows[values->count++].value = value;
    }
}

static const char *word(const struct values *values, const char *prefix, const char *key) {
    char name[64];
    snprintf(name, sizeof name, "%s%s", prefix, key);
    const char *text = strings_find(values->pages->strings, values->language, name);
    return text ? text : "";
}

static const char *lookup(void *arg, const char *name) {
    const struct values *values = arg;
    if (strncmp(name, "t.", 2) == 0)
        return word(values, "", name + 2);
    for (size_t i = 0; i < values->count; i++) {
        if (strcmp(values->rows[i].name, name) == 0)
            return values->rows[i].value;
    }
    return "";
}

static bool render(struct values *values, const char *file, struct pp_buf *out, struct pp_error *error) {
    const struct embedded_file *template = embedded_find(embedded_files, file);
    if (!template)
        return pp_fail(error, PP_E_NOTFOUND, "%s was not compiled in", file);
    return template_render((const char *)template->data, lookup, values, out, error) ||
           pp_wrap(error, "%s", file);
}

static struct values begin(const struct setup_pages *pages, const char *language) {
    struct values values = {.pages = pages, .language = language};
    bool french = strcmp(language, "fr") == 0;
    set(&values, "lang", language);
    set(&values, "other_lang", french ? "en" : "fr");
    set(&values, "other_language", french ? "English" : "Français");
    set(&values, "token", pages->token);
    return values;
}

/* In the layout. */
static bool finish(struct values *values, const char *file, struct pp_buf *out, struct pp_error *error) {
    pp_autobuf struct pp_buf content = PP_BUF_INIT(PAGE_MAX);
    if (!render(values, file, &content, error))
        return false;
    set(values, "content", pp_buf_text(&content));
    return render(values, "layout.html", out, error);
}

/* A name has no encoding; bytes that are no UTF-8 are shown as such, and the template hides what would do more than
 * show. */
static void name_text(const uint8_t *ssid, size_t size, char text[SSID_TEXT_SIZE]) {
    size_t used = 0;
    for (size_t at = 0, length; at < size; at += length) {
        length = pp_utf8_read((const char *)ssid + at, size - at, NULL);
        bool whole = length > 0 && ssid[at] != 0;
        const char *shown = whole ? (const char *)ssid + at : "\xef\xbf\xbd";
        length = length ? length : 1;
        size_t bytes = whole ? length : 3;
        memcpy(text + used, shown, bytes);
        used += bytes;
    }
    text[used] = 0;
}

static bool add_row(const struct values *values, const struct scan_network *network, struct pp_buf *rows,
                    struct pp_error *error) {
    static const char *const levels[BARS] = {"1", "2", "3", "4"};
    char name[SSID_TEXT_SIZE], digits[PP_HEX_SIZE(NETWORK_SSID_MAX)], strength[8];
    struct values row = *values;
    name_text(network->ssid, network->ssid_size, name);
    pp_hex_encode(network->ssid, network->ssid_size, digits);
    snprintf(strength, sizeof strength, "%u", network->strength);
    set(&row, "name", name);
    set(&row, "id", digits);
    set(&row, "strength", strength);
    set(&row, "level", levels[network->strength * BARS / 101]);
    set(&row, "locked", network->kind == SCAN_OPEN ? "" : "1");
    return render(&row, network->kind == SCAN_OTHER ? "row-other.html" : "row.html", rows, error);
}

bool page_list(const struct setup_pages *pages, const char *language, struct pp_buf *out,
               struct pp_error *error) {
    struct values values = begin(pages, language);
    const struct setup_opening *opening = pages->opening;
    pp_autobuf struct pp_buf rows = PP_BUF_INIT(PAGE_MAX);
    char tried[SSID_TEXT_SIZE];
    name_text(opening->tried, opening->tried_size, tried);
    for (size_t i = 0; i < opening->scan.count; i++) {
        if (!add_row(&values, &opening->scan.networks[i], &rows, error))
            return false;
    }
    set(&values, "tried", tried);
    set(&values, "reason", word(&values, "reason.", network_reason_word(opening->reason)));
    set(&values, "rows", pp_buf_text(&rows));
    return finish(&values, "list.html", out, error);
}

bool page_network(const struct setup_pages *pages, const char *language, const struct scan_network *network,
                  const char *wrong, struct pp_buf *out, struct pp_error *error) {
    struct values values = begin(pages, language);
    char name[SSID_TEXT_SIZE] = "", digits[PP_HEX_SIZE(NETWORK_SSID_MAX)] = "";
    if (network) {
        name_text(network->ssid, network->ssid_size, name);
        pp_hex_encode(network->ssid, network->ssid_size, digits);
    }
    set(&values, "name", name);
    set(&values, "id", digits);
    set(&values, "locked", network && network->kind == SCAN_OPEN ? "" : "1");
    set(&values, "problem", wrong ? word(&values, "wrong.", wrong) : "");
    return finish(&values, "network.html", out, error);
}

bool page_trying(const struct setup_pages *pages, const char *language, struct pp_buf *out,
                 struct pp_error *error) {
    struct values values = begin(pages, language);
    set(&values, "refresh", "1");
    return finish(&values, "trying.html", out, error);
}

const struct embedded_file *page_file(const char *name, const char **type) {
    static const struct {
        const char *name, *type;
    } rows[] = {{"style.css", "text/css; charset=utf-8"}, {"setup.css", "text/css; charset=utf-8"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            *type = rows[i].type;
            return embedded_find(embedded_files, name);
        }
    }
    return NULL;
}
