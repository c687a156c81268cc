#include "command/urgent.h"

#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/mem.h"

#define WORD_MAX 16 /* bytes of a severity, a style, what becomes of sound */

static const struct {
    const char *name;
    enum urgent_sound sound; /* where nobody says */
} severities[URGENT_SEVERITIES] = {
    [URGENT_INFO] = {"info", URGENT_KEEP},
    [URGENT_WARNING] = {"warning", URGENT_DUCK},
    [URGENT_SEVERE] = {"severe", URGENT_MUTE},
    [URGENT_EXTREME] = {"extreme", URGENT_MUTE},
};

static const char *const styles[URGENT_STYLES] = {[URGENT_FULL] = "full", [URGENT_BAND] = "band"};
static const char *const sounds[URGENT_SOUNDS] = {
    [URGENT_KEEP] = "keep", [URGENT_DUCK] = "duck", [URGENT_MUTE] = "mute"};

const char *urgent_severity_name(enum urgent_severity severity) {
    return severities[severity].name;
}

const char *urgent_style_name(enum urgent_style style) {
    return styles[style];
}

const char *urgent_sound_name(enum urgent_sound sound) {
    return sounds[sound];
}

enum urgent_sound urgent_sound_of(enum urgent_severity severity) {
    return severities[severity].sound;
}

bool urgent_severity_find(const char *name, enum urgent_severity *severity) {
    for (int i = 0; i < URGENT_SEVERITIES; i++) {
        *severity = (enum urgent_severity)i;
        if (strcmp(severities[i].name, name) == 0)
            return true;
    }
    return false;
}

static bool word_find(const char *const *words, int count, const char *name, int *found) {
    for (*found = 0; *found < count; ++*found) {
        if (strcmp(words[*found], name) == 0)
            return true;
    }
    return false;
}

bool urgent_style_find(const char *name, enum urgent_style *style) {
    int found;
    bool known = word_find(styles, URGENT_STYLES, name, &found);
    *style = known ? (enum urgent_style)found : URGENT_FULL;
    return known;
}

bool urgent_sound_find(const char *name, enum urgent_sound *sound) {
    int found;
    bool known = word_find(sounds, URGENT_SOUNDS, name, &found);
    *sound = known ? (enum urgent_sound)found : URGENT_KEEP;
    return known;
}

/* ---- Texts ---- */

/* "fr", "fr-CA", "zh-Hant": letters and digits in groups, the first of two or three small letters. */
static bool language_valid(const char *tag) {
    size_t first = strspn(tag, "abcdefghijklmnopqrstuvwxyz");
    size_t group = 0;
    if (first < 2 || first > 3 || (tag[first] && tag[first] != '-'))
        return false;
    for (const char *at = tag + first; *at; at++) {
        bool letter = strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", *at) != NULL;
        group = letter ? group + 1 : 0;
        if ((!letter && (*at != '-' || !at[1] || at[1] == '-')) || group > 8)
            return false;
    }
    return true;
}

/* Nothing that is no character to be drawn; an end of a line only where there are lines. */
static bool words_valid(const char *text, bool lines) {
    for (const char *at = text; *at; at++) {
        if (((unsigned char)*at < ' ' && !(lines && *at == '\n')) || *at == 127)
            return false;
    }
    return true;
}

static bool text_parse(const cJSON *item, struct urgent_text *out, struct pp_error *error) {
    if (!cJSON_IsObject(item))
        return pp_fail(error, PP_E_INVALID, "not an object");
    if (!pp_json_copy(item, "language", URGENT_LANGUAGE_MAX, out->language, error) ||
        !pp_json_copy(item, "title", URGENT_TITLE_MAX, out->title, error) ||
        !pp_json_copy_optional(item, "text", out->text, sizeof out->text, error))
        return false;
    if (!language_valid(out->language))
        return pp_fail(error, PP_E_INVALID, "field \"language\" is not a language's tag");
    if (!out->title[strspn(out->title, " ")])
        return pp_fail(error, PP_E_INVALID, "field \"title\" is empty");
    if (!words_valid(out->title, false) || !words_valid(out->text, true))
        return pp_fail(error, PP_E_INVALID, "field \"%s\" has a control character",
                       words_valid(out->title, false) ? "text" : "title");
    return true;
}

static bool text_add(struct urgent *urgent, const cJSON *item, struct pp_error *error) {
    struct urgent_text *text = &urgent->texts[urgent->text_count];
    if (!text_parse(item, text, error))
        return false;
    for (size_t i = 0; i < urgent->text_count; i++) {
        if (strcasecmp(urgent->texts[i].language, text->language) == 0)
            return pp_fail(error, PP_E_INVALID, "field \"language\": %s stands there twice", text->language);
    }
    urgent->text_count++;
    return true;
}

bool urgent_texts_parse(const cJSON *object, struct urgent *out, struct pp_error *error) {
    const cJSON *items = NULL;
    const cJSON *item = NULL;
    out->text_count = 0;
    if (!pp_json_array(object, "texts", URGENT_TEXTS_MAX, &items, error))
        return false;
    cJSON_ArrayForEach(item, items) {
        if (!text_add(out, item, error))
            return pp_wrap(error, "texts");
    }
    return out->text_count || pp_fail(error, PP_E_INVALID, "field \"texts\" is empty");
}

/* ---- The list ---- */

static bool words_parse(const cJSON *item, struct urgent *out, struct pp_error *error) {
    const char *severity = NULL;
    const char *style = NULL;
    const char *sound = NULL;
    if (!pp_json_string(item, "severity", WORD_MAX, &severity, error) ||
        !pp_json_string(item, "style", WORD_MAX, &style, error) ||
        !pp_json_string(item, "sound", WORD_MAX, &sound, error))
        return false;
    if (!urgent_severity_find(severity, &out->severity))
        return pp_fail(error, PP_E_INVALID, "field \"severity\": there is no \"%s\"", severity);
    if (!urgent_style_find(style, &out->style))
        return pp_fail(error, PP_E_INVALID, "field \"style\": there is no \"%s\"", style);
    return urgent_sound_find(sound, &out->sound) ||
           pp_fail(error, PP_E_INVALID, "field \"sound\": there is no \"%s\"", sound);
}

static bool times_parse(const cJSON *item, struct urgent *out, struct pp_error *error) {
    if (!pp_json_integer(item, "from", 0, PP_JSON_INTEGER_MAX, &out->from_s, error) ||
        !pp_json_integer(item, "until", 0, PP_JSON_INTEGER_MAX, &out->until_s, error))
        return false;
    if (out->until_s <= out->from_s)
        return pp_fail(error, PP_E_INVALID, "field \"until\" is not after \"from\"");
    return out->until_s - out->from_s <= URGENT_LIFETIME_MAX_S ||
           pp_fail(error, PP_E_LIMIT, "field \"until\" is more than %d days after \"from\"",
                   URGENT_LIFETIME_MAX_S / 86400);
}

static bool urgent_parse(const cJSON *item, struct urgent *out, struct pp_error *error) {
    if (!cJSON_IsObject(item))
        return pp_fail(error, PP_E_INVALID, "not an object");
    if (!pp_json_copy(item, "id", COMMAND_ID_SIZE - 1, out->id, error))
        return false;
    if (!command_id_valid(out->id))
        return pp_fail(error, PP_E_INVALID, "field \"id\" is not a lower-case UUID");
    return words_parse(item, out, error) && times_parse(item, out, error) &&
           urgent_texts_parse(item, out, error);
}

static bool list_add(struct urgent_list *list, const cJSON *item, struct pp_error *error) {
    struct urgent *urgent = &list->items[list->count];
    if (!urgent_parse(item, urgent, error))
        return false;
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].id, urgent->id) == 0)
            return pp_fail(error, PP_E_INVALID, "field \"id\" stands there twice");
    }
    list->count++;
    return true;
}

bool urgent_list_parse(const cJSON *state, struct urgent_list *out, struct pp_error *error) {
    const cJSON *items = NULL;
    const cJSON *item = NULL;
    *out = (struct urgent_list){0};
    if (!pp_json_has(state, "messages"))
        return true;
    if (!pp_json_array(state, "messages", URGENT_LIST_MAX, &items, error))
        return false;
    cJSON_ArrayForEach(item, items) {
        if (!list_add(out, item, error))
            return pp_wrap(error, "messages");
    }
    return true;
}

static bool members_check(const cJSON *object, const char *const *names, struct pp_error *error) {
    const cJSON *member = NULL;
    cJSON_ArrayForEach(member, object) {
        size_t i = 0;
        while (names[i] && strcmp(names[i], member->string) != 0)
            i++;
        if (!names[i])
            return pp_fail(error, PP_E_INVALID, "messages: no member of one: %.32s", member->string);
    }
    return true;
}

static bool begins_check(const struct urgent_list *list, int64_t now_s, struct pp_error *error) {
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].from_s > now_s + URGENT_AHEAD_MAX_S + 86400)
            return pp_fail(error, PP_E_LIMIT, "messages: field \"from\" is more than %d days ahead",
                           URGENT_AHEAD_MAX_S / 86400);
    }
    return true;
}

bool urgent_list_check(const cJSON *state, int64_t now_s, struct pp_error *error) {
    static const char *const of_message[] = {"id",   "severity", "style", "sound",
                                             "from", "until",    "texts", NULL};
    static const char *const of_text[] = {"language", "title", "text", NULL};
    struct urgent_list list;
    const cJSON *item = NULL;
    const cJSON *text = NULL;
    if (!urgent_list_parse(state, &list, error) || !begins_check(&list, now_s, error))
        return false;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(state, "messages")) {
        if (!members_check(item, of_message, error))
            return false;
        cJSON_ArrayForEach(text, cJSON_GetObjectItemCaseSensitive(item, "texts")) {
            if (!members_check(text, of_text, error))
                return false;
        }
    }
    return true;
}

/* ---- Which one, and in which words ---- */

static bool counts_before(const struct urgent *one, const struct urgent *other) {
    if (!other)
        return true;
    return one->severity != other->severity ? one->severity > other->severity : one->from_s > other->from_s;
}

/* The next of its two moments that is still to come; 0 none. */
static int64_t next_moment(const struct urgent *urgent, int64_t now_s) {
    if (now_s < urgent->from_s)
        return urgent->from_s;
    return now_s < urgent->until_s ? urgent->until_s : 0;
}

const struct urgent *urgent_find(const struct urgent_list *list, int64_t now_s, int64_t *again_s) {
    const struct urgent *found = NULL;
    *again_s = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct urgent *urgent = &list->items[i];
        int64_t moment = next_moment(urgent, now_s);
        if (moment && (!*again_s || moment < *again_s))
            *again_s = moment;
        if (moment == urgent->until_s && counts_before(urgent, found))
            found = urgent;
    }
    return found;
}

/* As many bytes as the language itself has, without region and script. */
static size_t language_size(const char *tag) {
    return strcspn(tag, "-_");
}

static bool same_language(const char *one, const char *other) {
    size_t size = language_size(one);
    return size == language_size(other) && strncasecmp(one, other, size) == 0;
}

const struct urgent_text *urgent_choose(const struct urgent *urgent, const char *locale) {
    const struct urgent_text *found = NULL;
    for (size_t i = 0; i < urgent->text_count; i++) {
        const struct urgent_text *text = &urgent->texts[i];
        if (strcasecmp(text->language, locale) == 0)
            return text;
        if (!found && same_language(text->language, locale))
            found = text;
    }
    return found ? found : &urgent->texts[0];
}
