#include "feeds/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "channel/metric.h"
#include "feeds/pointer.h"

#define DASH       "\xe2\x80\x93"
#define NARROW     "\xc2\xa0" /* between thousands, in French: a space that does not break */
#define MINUS      "\xe2\x88\x92"
#define DIGITS_MAX 400 /* of "%.6f" of any double */

/* Appends what fits; a character that does not is left out whole. */
static void add(char text[FEEDS_TEXT_MAX + 1], const char *more) {
    size_t size = strlen(text);
    size_t length = strlen(more);
    if (size + length > FEEDS_TEXT_MAX)
        length = FEEDS_TEXT_MAX - size;
    while (length && length < strlen(more) && ((unsigned char)more[length] & 0xc0) == 0x80)
        length--;
    memcpy(text + size, more, length);
    text[size + length] = 0;
}

/* `digits` as printf wrote them in the C locale, without a sign. */
static void digits_add(char text[FEEDS_TEXT_MAX + 1], const char *digits, bool french) {
    size_t whole = strcspn(digits, ".");
    for (size_t i = 0; i < whole; i++) {
        if (i && (whole - i) % 3 == 0)
            add(text, french ? NARROW : ",");
        add(text, (const char[]){digits[i], 0});
    }
    if (digits[whole]) {
        add(text, french ? "," : ".");
        add(text, digits + whole + 1);
    }
}

/* As few digits as tell it apart, where the format does not say how many. */
static void number_add(char text[FEEDS_TEXT_MAX + 1], double number, int decimals, bool french) {
    char digits[DIGITS_MAX];
    if (!isfinite(number) || fabs(number) >= 1e15) {
        add(text, DASH);
        return;
    }
    for (int tried = decimals < 0 ? 0 : decimals;; tried++) {
        snprintf(digits, sizeof digits, "%.*f", tried, fabs(number));
        double read = strtod(digits, NULL);
        if (decimals >= 0 || tried == 6 || !(read < fabs(number) || read > fabs(number)))
            break;
    }
    bool zero = strspn(digits, "0.") == strlen(digits);
    if (number < 0 && !zero)
        add(text, MINUS);
    digits_add(text, digits, french);
}

void feeds_value_text(const cJSON *value, const char *format, bool french, char text[FEEDS_TEXT_MAX + 1]) {
    struct metric_format parts;
    *text = 0;
    if (!metric_format_read(format, &parts))
        parts = (struct metric_format){.decimals = -1};
    bool shown = value && (cJSON_IsNumber(value) || cJSON_IsString(value) || cJSON_IsBool(value));
    if (!shown) {
        add(text, DASH);
        return;
    }
    add(text, parts.before);
    if (cJSON_IsNumber(value))
        number_add(text, value->valuedouble, parts.decimals, french);
    else if (cJSON_IsString(value))
        add(text, value->valuestring);
    else
        add(text, cJSON_IsTrue(value) ? (french ? "oui" : "yes") : french ? "non" : "no");
    add(text, parts.after);
    pp_json_tidy(text);
}

int64_t feeds_stale_at(const struct feed *feed) {
    return feed->time + feed->stale_after_s;
}

static const char *trend_of(const struct channel_metric *metric, const struct feed *feed) {
    const cJSON *now = pointer_find(feed->value, metric->pointer);
    const cJSON *before = feed->before ? pointer_find(feed->before, metric->pointer) : NULL;
    if (!now || !before || !cJSON_IsNumber(now) || !cJSON_IsNumber(before))
        return "";
    return now->valuedouble > before->valuedouble   ? "up"
           : now->valuedouble < before->valuedouble ? "down"
                                                    : "";
}

/* "Updated 14:32"; of another day with its date. Old: "Not updated since …". */
static void note_write(const struct feed *feed, const struct feeds_look *look, bool stale, char *note,
                       size_t size) {
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char time[PP_RFC3339_SIZE];
    char today[PP_RFC3339_SIZE];
    char day[16] = "";
    pp_time_format(look->local(look->arg, feed->time), time);
    pp_time_format(look->local(look->arg, look->now), today);
    if (strncmp(time, today, 10) != 0 && !look->french)
        snprintf(day, sizeof day, "%d %s ", (int)strtol(time + 8, NULL, 10),
                 months[(strtol(time + 5, NULL, 10) + 11) % 12]);
    else if (strncmp(time, today, 10) != 0)
        snprintf(day, sizeof day, "%.2s/%.2s ", time + 8, time + 5);
    const char *words = stale ? (look->french ? "Sans nouvelles depuis" : "Not updated since")
                              : (look->french ? "Mis à jour" : "Updated");
    snprintf(note, size, "%s %s%.5s", words, day, time + 11);
}

bool feeds_metric_json(const struct channel_metric *metric, const struct feed *feed,
                       const struct feeds_look *look, char *json, size_t size, struct pp_error *error) {
    char text[FEEDS_TEXT_MAX + 1];
    char note[80];
    bool stale = feed && look->now >= feeds_stale_at(feed);
    pp_autojson cJSON *object = cJSON_CreateObject();
    feeds_value_text(feed ? pointer_find(feed->value, metric->pointer) : NULL, metric->format, look->french,
                     text);
    snprintf(note, sizeof note, "%s", look->french ? "Pas encore de valeur" : "No value yet");
    if (feed)
        note_write(feed, look, stale, note, sizeof note);
    cJSON_AddStringToObject(object, "screen", "metric");
    cJSON_AddNumberToObject(object, "width", look->width);
    cJSON_AddNumberToObject(object, "height", look->height);
    cJSON_AddStringToObject(object, "label", metric->label);
    cJSON_AddStringToObject(object, "value", text);
    cJSON_AddStringToObject(object, "trend", feed && !stale ? trend_of(metric, feed) : "");
    cJSON_AddStringToObject(object, "note", note);
    cJSON_AddBoolToObject(object, "stale", stale || !feed);
    return cJSON_PrintPreallocated(object, json, (int)size, false) ||
           pp_fail(error, PP_E_LIMIT, "a live value of more than %zu bytes", size - 1);
}
