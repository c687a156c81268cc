#include "headend/ops/cef.h"

#include <string.h>

static bool add_escaped(struct pp_buf *line, const char *text, const char *escaped, const char *line_feed,
                        const char *carriage_return, struct pp_error *error) {
    for (; *text; text++) {
        bool ok = *text == '\n'            ? pp_buf_add_text(line, line_feed, error)
                  : *text == '\r'          ? pp_buf_add_text(line, carriage_return, error)
                  : strchr(escaped, *text) ? pp_buf_addf(line, error, "\\%c", *text)
                                           : pp_buf_add(line, text, 1, error);
        if (!ok)
            return false;
    }
    return true;
}

static bool add_header(struct pp_buf *line, const char *text, struct pp_error *error) {
    return add_escaped(line, text, "\\|", " ", " ", error) && pp_buf_add_text(line, "|", error);
}

bool cef_begin(struct pp_buf *line, const char *event_class, const char *name, int severity,
               struct pp_error *error) {
    return pp_buf_add_text(line, "CEF:0|Pingplay|Display point|" PP_VERSION "|", error) &&
           add_header(line, event_class, error) && add_header(line, name, error) &&
           pp_buf_addf(line, error, "%d|", severity);
}

bool cef_add(struct pp_buf *line, const char *key, const char *value, struct pp_error *error) {
    if (!value || !*value)
        return true;
    bool first = line->size && line->data[line->size - 1] == '|';
    return pp_buf_addf(line, error, "%s%s=", first ? "" : " ", key) &&
           add_escaped(line, value, "\\=", "\\n", "\\r", error);
}

bool cef_add_number(struct pp_buf *line, const char *key, int64_t value, struct pp_error *error) {
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    return cef_add(line, key, text, error);
}
