#include "headend/ops/screen_request.h"

#include <stdlib.h>
#include <string.h>

#include "headend/base/silence.h"

cJSON *screen_request(const char *id) {
    cJSON *request = cJSON_CreateObject();
    if (id)
        cJSON_AddStringToObject(request, "screen", id);
    return request;
}

static bool silence_add(cJSON *request, const char *name, const char *text, struct pp_error *error) {
    int64_t seconds = 0;
    if (!text)
        return true;
    if (!silence_read(text, &seconds, error))
        return false;
    cJSON_AddNumberToObject(request, name, (double)seconds);
    return true;
}

bool screen_request_settings(cJSON *request, const struct device_settings *settings, struct pp_error *error) {
    const char *const texts[][2] = {
        {"name", settings->name},           {"site", settings->site},
        {"channel", settings->channel},     {"channel_title", settings->channel_title},
        {"time_zone", settings->time_zone}, {"locale", settings->locale},
        {"access", settings->access}};
    if (!device_settings_check(settings, error))
        return false;
    for (size_t i = 0; i < PP_COUNT(texts); i++) {
        if (texts[i][1])
            cJSON_AddStringToObject(request, texts[i][0], texts[i][1]);
    }
    if (settings->rotation)
        cJSON_AddNumberToObject(request, "rotation", strtol(settings->rotation, NULL, 10));
    if (settings->offline_mark)
        cJSON_AddBoolToObject(request, "offline_mark", strcmp(settings->offline_mark, "yes") == 0);
    return silence_add(request, "lock_after_s", settings->lock_after, error) &&
           silence_add(request, "erase_after_s", settings->erase_after, error);
}

cJSON *screen_request_access(const char *id, const struct person_settings *settings) {
    const char *const texts[][2] = {{"mode", device_access_name(settings->mode)},
                                    {"password_hash", settings->password},
                                    {"issuer", settings->issuer},
                                    {"client_id", settings->client_id},
                                    {"scope", settings->scope},
                                    {"groups_claim", settings->groups_claim},
                                    {"client_secret", settings->client_secret},
                                    {"client_auth", settings->client_auth}};
    cJSON *request = screen_request(id);
    for (size_t i = 0; i < PP_COUNT(texts); i++) {
        if (texts[i][1])
            cJSON_AddStringToObject(request, texts[i][0], texts[i][1]);
    }
    cJSON_AddNumberToObject(request, "session_s", (double)settings->session_s);
    cJSON_AddNumberToObject(request, "most_s", (double)settings->most_s);
    cJSON *allowed = cJSON_AddArrayToObject(request, "allowed");
    for (size_t i = 0; i < settings->allowed.count; i++)
        cJSON_AddItemToArray(allowed, cJSON_CreateString(settings->allowed.items[i]));
    return request;
}
