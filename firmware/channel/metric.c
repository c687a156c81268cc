#include "channel/metric.h"

#include <stdlib.h>
#include <string.h>

#define FORMAT_NORMAL "%s"

bool metric_pointer_valid(const char *pointer) {
    if (*pointer && *pointer != '/')
        return false;
    for (; *pointer; pointer++) {
        if (*pointer == '~' && pointer[1] != '0' && pointer[1] != '1')
            return false;
    }
    return true;
}

/* The length of what stands behind a percent sign; 0: nothing that there is. */
static size_t conversion_read(const char *text, int *decimals) {
    if (*text == 's' || *text == 'd') {
        *decimals = *text == 's' ? -1 : 0;
        return 1;
    }
    if (text[0] == '.' && text[1] >= '0' && text[1] <= '6' && text[2] == 'f') {
        *decimals = text[1] - '0';
        return 3;
    }
    return 0;
}

bool metric_format_read(const char *text, struct metric_format *format) {
    char *out = format->before;
    size_t size = 0;
    bool found = false;
    *format = (struct metric_format){.decimals = -1};
    for (; *text; text++) {
        size_t length = *text == '%' && text[1] != '%' ? conversion_read(text + 1, &format->decimals) : 0;
        if (length && !found) {
            found = true;
            out = format->after;
            size = 0;
            text += length;
            continue;
        }
        if (*text == '%' && *++text != '%')
            return false; /* a second one, or of another kind */
        if (size == CHANNEL_METRIC_FORMAT_MAX)
            return false;
        out[size++] = *text;
    }
    return found;
}

static bool text_parse(const struct place *item, const char *name, size_t max, const char *normal, char *out,
                       struct place *place, struct pp_error *error) {
    const char *text = normal;
    *place = place_member(item, name);
    if (place->value && !place_string(place, max, &text, error))
        return false;
    memcpy(out, text, strlen(text) + 1);
    pp_json_tidy(out);
    return true;
}

bool channel_parse_metric(const struct place *item, const struct channel_manifest *manifest,
                          struct channel_item *out, struct pp_error *error) {
    struct place place;
    struct metric_format format;
    struct channel_metric *metric = out->metric = calloc(1, sizeof *metric);
    if (!metric)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (!place_need(item, "feed", &place, error) ||
        !channel_refer_feed(&place, manifest, &metric->feed, error) ||
        !text_parse(item, "label", CHANNEL_METRIC_LABEL_MAX, "", metric->label, &place, error) ||
        !text_parse(item, "pointer", CHANNEL_METRIC_POINTER_MAX, "", metric->pointer, &place, error))
        return false;
    if (!metric_pointer_valid(metric->pointer))
        return place_fail(&place, PP_E_INVALID, error, "is not a JSON pointer like \"/today/total\"");
    if (!text_parse(item, "format", CHANNEL_METRIC_FORMAT_MAX, FORMAT_NORMAL, metric->format, &place, error))
        return false;
    return metric_format_read(metric->format, &format) ||
           place_fail(&place, PP_E_INVALID, error, "is not a format like \"%%.1f kg\"");
}
