#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"
#include "base/visible.h"
#include "ctl/ctl.h"

#define SHOW_VALUE_MAX 1024 /* bytes of a line's value */

/* Of a text of ours: no letter in it is wider than one column. */
static int text_columns(const char *text) {
    int columns = 0;
    for (size_t size; *text; text += size) {
        size = pp_utf8_read(text, SIZE_MAX, NULL);
        size = size ? size : 1;
        columns++;
    }
    return columns;
}

void show_plain(const char *text) {
    for (size_t size; *text; text += size) {
        bool refused;
        size = pp_visible_next(text, &refused);
        if (refused)
            putchar('?');
        else
            fwrite(text, 1, size, stdout);
    }
}

void show_line(const struct ctl *ctl, const char *label, const char *format, ...) {
    char value[SHOW_VALUE_MAX];
    const char *text = words(ctl->language, label);
    va_list args;
    va_start(args, format);
    vsnprintf(value, sizeof value, format, args);
    va_end(args);
    int gap = SHOW_LABEL_WIDTH - text_columns(text);
    printf("%s%*s ", text, gap > 0 ? gap : 0, "");
    show_plain(value);
    putchar('\n');
}

const char *show_text(const cJSON *document, const char *name) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(document, name));
    return text ? text : "";
}

double show_number(const cJSON *document, const char *name) {
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(document, name);
    double value = cJSON_IsNumber(number) ? number->valuedouble : 0;
    return value < -PP_JSON_INTEGER_MAX  ? -PP_JSON_INTEGER_MAX
           : value > PP_JSON_INTEGER_MAX ? PP_JSON_INTEGER_MAX
                                         : value;
}
