#include "headend/ops/screen_proxy.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "headend/public/agreement.h"
#include "jose/jwe.h"
#include "net/bundle.h"
#include "net/proxy.h"

static bool copy(char *out, size_t size, const char *name, const char *text, struct pp_error *error) {
    text = text ? text : "";
    if (strlen(text) >= size)
        return pp_fail(error, PP_E_LIMIT, "proxy: %s of more than %zu bytes", name, size - 1);
    strcpy(out, text);
    return true;
}

bool screen_proxy_check(const struct screen_proxy *proxy, int64_t now_s, struct pp_error *error) {
    struct net_proxy_settings settings = {0};
    bool more = proxy->ca || proxy->except || proxy->user || proxy->password;
    if (!*proxy->address)
        return !more || pp_fail(error, PP_E_INVALID, "proxy: none, and yet something about it");
    bool ok = copy(settings.address, sizeof settings.address, "an address", proxy->address, error) &&
              copy(settings.ca, sizeof settings.ca, "authorities", proxy->ca, error) &&
              copy(settings.except, sizeof settings.except, "exceptions", proxy->except, error) &&
              copy(settings.user, sizeof settings.user, "a name", proxy->user, error) &&
              copy(settings.password, sizeof settings.password, "a password", proxy->password, error) &&
              net_proxy_check(&settings, error) &&
              (!proxy->ca || net_bundle_check(proxy->ca, strlen(proxy->ca), now_s, error));
    pp_wipe(&settings, sizeof settings);
    return ok;
}

static bool seal_password(const struct device *device, const char *password, struct pp_buf *token,
                          struct pp_error *error) {
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "password", password);
    char *text = cJSON_PrintUnformatted(json);
    bool ok = text ? agreement_seal(device->agreement, SCREEN_PROXY_TYPE, device->id, text, strlen(text),
                                    token, error)
                   : pp_fail(error, PP_E_NOMEM, "out of memory");
    if (text)
        pp_wipe(text, strlen(text));
    cJSON_free(text);
    pp_json_destroy(json);
    return ok;
}

static bool tell_screen(struct db *db, const struct device *device, struct pp_error *error) {
    return db_run(db, error, DB_DEVICE_NEW_VERSION_IN_USE, DB_TEXT(device->id));
}

bool screen_proxy_set(struct db *db, const struct device *device, const struct screen_proxy *proxy,
                      struct pp_error *error) {
    pp_autobuf struct pp_buf token = PP_BUF_INIT(JWE_TOKEN_MAX);
    db_autochange struct db_change change = {0};
    if (proxy->password && !device->can_agree)
        return pp_fail(error, PP_E_STATE, "the screen has to connect once before it can be given a password");
    if (proxy->password && !seal_password(device, proxy->password, &token, error))
        return false;
    return db_change_begin(&change, db, error) &&
           db_run(db, error, DB_DEVICE_PROXY_SET, DB_TEXT(device->id), DB_TEXT(proxy->address),
                  DB_TEXT(proxy->ca), DB_TEXT(proxy->except), DB_TEXT(proxy->user),
                  DB_TEXT(token.size ? pp_buf_text(&token) : "")) &&
           tell_screen(db, device, error) && db_change_commit(&change, error);
}

bool screen_proxy_unset(struct db *db, const struct device *device, struct pp_error *error) {
    db_autochange struct db_change change = {0};
    return db_change_begin(&change, db, error) &&
           db_run(db, error, DB_DEVICE_PROXY_REMOVE, DB_TEXT(device->id)) && tell_screen(db, device, error) &&
           db_change_commit(&change, error);
}

cJSON *screen_proxy_json(struct db *db, const char *device, struct pp_error *error) {
    static const char *const members[] = {"address", "ca", "except", "user", "credentials"};
    struct pp_error end = {0};
    db_autorow struct db_row *row = db_query(db, error, DB_DEVICE_PROXY_FIND, DB_TEXT(device));
    if (!row)
        return NULL;
    if (!db_next(row, "proxy", &end)) {
        if (end.code != PP_E_NOTFOUND)
            pp_fail(error, end.code, "%s", end.message);
        return NULL;
    }
    cJSON *json = cJSON_CreateObject();
    for (size_t i = 0; i < PP_COUNT(members); i++) {
        if (i == 0 || *db_text(row, (int)i))
            cJSON_AddStringToObject(json, members[i], db_text(row, (int)i));
    }
    return json;
}
