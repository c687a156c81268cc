#include "sample.h"

#define PATH_MAX_HERE 200

static const char text[] =
    "{\"format\": 1, \"channel\": \"lobby\", \"title\": \"Lobby\", \"version\": 7,"
    " \"canvas\": {\"width\": 1920, \"height\": 1080, \"background\": \"#101418\"},"
    " \"layouts\": {"
    "  \"day\": {\"zones\": ["
    "   {\"id\": \"news\", \"x\": 0, \"y\": 980, \"width\": 1920, \"height\": 100, \"z\": 1, \"playlist\": "
    "\"ticker\"},"
    "   {\"id\": \"main\", \"x\": 0, \"y\": 0, \"width\": 1920, \"height\": 980, \"z\": 0, \"playlist\": "
    "\"welcome\"}]},"
    "  \"night\": {\"zones\": ["
    "   {\"id\": \"main\", \"x\": 0, \"y\": 0, \"width\": 1920, \"height\": 1080, \"playlist\": "
    "\"ticker\"}]}},"
    " \"playlists\": {"
    "  \"welcome\": {\"align\": \"wall-clock\", \"items\": ["
    "   {\"id\": \"a1\", \"kind\": \"image\", \"object\": \"o1\", \"duration\": \"PT10S\", \"fit\": "
    "\"cover\","
    "    \"transition\": {\"kind\": \"crossfade\", \"duration\": \"PT0.6S\"}},"
    "   {\"id\": \"a2\", \"kind\": \"video\", \"object\": \"o2\", \"volume\": 0.5, \"duration\": \"PT20S\"},"
    "   {\"id\": \"a3\", \"kind\": \"hologram\", \"feed\": \"sales\", \"pointer\": \"/today\", \"duration\": "
    "\"PT15S\"},"
    "   {\"id\": \"a4\", \"kind\": \"image\", \"object\": \"o1\", \"transition\": {\"kind\": \"cut\"}}]},"
    "  \"ticker\": {\"items\": [{\"id\": \"b1\", \"kind\": \"video\", \"object\": \"o2\"}]}},"
    " \"schedule\": [{\"layout\": \"night\", \"dtstart\": \"2026-01-05T20:00:00\", \"duration\": \"PT10H\","
    "   \"rrule\": \"FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR\", \"priority\": 10}],"
    " \"default_layout\": \"day\","
    " \"feeds\": {\"sales\": {\"url\": \"/v1/feeds/sales\", \"refresh\": \"PT5S\"}},"
    " \"objects\": {"
    "  \"o1\": {\"sha256\": \"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\","
    "   \"length\": 183422, \"key\": \"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\", \"media_type\": "
    "\"image/jpeg\"},"
    "  \"o2\": {\"sha256\": \"FF0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\","
    "   \"length\": 1, \"key\": \"__________________________________________8\"}}}";

cJSON *sample_json(void) {
    cJSON *json = cJSON_Parse(text);
    assert_non_null(json);
    return json;
}

/* Splits off the last part: "[3]" or the name behind the last point. */
static char *split(char *path) {
    char *last = path;
    for (char *c = path; *c; c++) {
        if (*c == '.' || *c == '[')
            last = c;
    }
    return last;
}

static cJSON *child_of(cJSON *json, const char *part) {
    if (*part == '[')
        return cJSON_GetArrayItem(json, atoi(part + 1));
    return cJSON_GetObjectItemCaseSensitive(json, *part == '.' ? part + 1 : part);
}

cJSON *sample_at(cJSON *json, const char *path) {
    char head[PATH_MAX_HERE];
    char part[PATH_MAX_HERE];
    if (!*path)
        return json;
    snprintf(head, sizeof head, "%s", path);
    char *last = split(head);
    snprintf(part, sizeof part, "%s", last);
    *last = 0;
    cJSON *found = child_of(sample_at(json, head), part);
    if (!found)
        fail_msg("the sample has no %s", path);
    return found;
}

void sample_set(cJSON *json, const char *path, const char *value) {
    char head[PATH_MAX_HERE];
    char part[PATH_MAX_HERE];
    snprintf(head, sizeof head, "%s", path);
    char *last = split(head);
    snprintf(part, sizeof part, "%s", *last == '.' ? last + 1 : last);
    *last = 0;
    cJSON *parent = sample_at(json, head);
    cJSON *put = value ? cJSON_Parse(value) : NULL;
    if (value)
        assert_non_null(put);
    if (*part == '[') {
        assert_non_null(put);
        assert_true(cJSON_ReplaceItemInArray(parent, atoi(part + 1), put));
        return;
    }
    cJSON_DeleteItemFromObjectCaseSensitive(parent, part);
    if (put)
        cJSON_AddItemToObject(parent, part, put);
}

struct channel_manifest *sample_parse(cJSON *json, struct pp_error *error) {
    char *printed = cJSON_PrintUnformatted(json);
    cJSON_Delete(json);
    assert_non_null(printed);
    struct channel_manifest *manifest = channel_manifest_parse(printed, strlen(printed), error);
    cJSON_free(printed);
    return manifest;
}

struct channel_manifest *sample_manifest(cJSON *json) {
    struct pp_error error = {0};
    struct channel_manifest *manifest = sample_parse(json, &error);
    if (!manifest)
        fail_msg("%s", error.message);
    return manifest;
}
