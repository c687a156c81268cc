#include "agent/proxy_record.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "crypto/bulk.h"

/* clang-format off */
static const enum proxy_phase phases[PROXY_PHASES][PROXY_EVENTS] = {
    /*                     PROXY_SET       PROXY_REACHED      PROXY_FAILED */
    [PROXY_UNPROVEN]    = {PROXY_UNPROVEN, PROXY_SETTLED,     PROXY_UNPROVEN},
    [PROXY_SETTLED]     = {PROXY_TRYING,   PROXY_SETTLED,     PROXY_SETTLED},
    [PROXY_TRYING]      = {PROXY_TRYING,   PROXY_SETTLED,     PROXY_FALLEN_BACK},
    [PROXY_FALLEN_BACK] = {PROXY_TRYING,   PROXY_FALLEN_BACK, PROXY_TRYING},
};
static const char *const phase_names[PROXY_PHASES] = {
    [PROXY_UNPROVEN]    = "unproven",
    [PROXY_SETTLED]     = "settled",
    [PROXY_TRYING]      = "trying",
    [PROXY_FALLEN_BACK] = "fallen-back",
};
/* clang-format on */

enum proxy_phase proxy_record_next(enum proxy_phase phase, enum proxy_event event) {
    return phases[phase][event];
}

const char *proxy_source_name(enum proxy_source source) {
    static const char *const names[PROXY_SOURCES] = {
        [PROXY_CONFIGURED] = "configuration", [PROXY_LOCAL] = "pingplayctl", [PROXY_HEADEND] = "headend"};
    return names[source];
}

const char *proxy_phase_name(enum proxy_phase phase) {
    return phase_names[phase];
}

/* ---- A choice ---- */

bool proxy_choice_check(struct proxy_choice *choice, struct pp_error *error) {
    choice->net.auth = *choice->principal ? NET_PROXY_NEGOTIATE : NET_PROXY_PASSWORD;
    if (!*choice->net.address) {
        pp_wipe(choice, sizeof *choice); /* nothing else means anything then */
        return true;
    }
    if (!*choice->principal)
        return (!*choice->keytab && !*choice->kdc) ||
               pp_fail(error, PP_E_INVALID, "proxy: a keytab or a KDC without a principal");
    if (*choice->net.user)
        return pp_fail(error, PP_E_INVALID, "proxy: a name and a Kerberos principal: one of them");
    if (!*choice->keytab == !*choice->net.password)
        return pp_fail(error, PP_E_INVALID, "proxy: a principal needs a keytab or a password, and not both");
    return net_ticket_check(choice->principal, choice->kdc, error);
}

bool proxy_choice_same(const struct proxy_choice *one, const struct proxy_choice *other) {
    return !strcmp(one->net.address, other->net.address) && !strcmp(one->net.user, other->net.user) &&
           !strcmp(one->net.password, other->net.password) && !strcmp(one->net.except, other->net.except) &&
           !strcmp(one->net.ca, other->net.ca) && !strcmp(one->principal, other->principal) &&
           !strcmp(one->kdc, other->kdc) && !strcmp(one->keytab, other->keytab);
}

/* ---- What becomes of a change ---- */

const struct proxy_choice *proxy_record_in_use(const struct proxy_record *record) {
    return record->phase == PROXY_FALLEN_BACK ? &record->former : &record->chosen;
}

bool proxy_record_set(struct proxy_record *record, const struct proxy_choice *choice) {
    if (proxy_choice_same(choice, &record->chosen) && record->phase != PROXY_FALLEN_BACK)
        return false;
    if (record->phase == PROXY_SETTLED)
        record->former = record->chosen;
    record->chosen = *choice;
    record->phase = proxy_record_next(record->phase, PROXY_SET);
    record->failures = 0;
    return true;
}

/* ---- What the configuration says ---- */

bool proxy_record_hash(const char *const *texts, size_t count, char hash[PP_HEX_SIZE(32)],
                       struct pp_error *error) {
    uint8_t digest[BULK_SHA256_SIZE];
    PP_AUTO(crypto_sha256) struct crypto_sha256 *sha256 = crypto_sha256_create(error);
    for (size_t i = 0; sha256 && i < count; i++) {
        if (!crypto_sha256_update(sha256, texts[i], strlen(texts[i]) + 1, error))
            return false;
    }
    if (!sha256 || !crypto_sha256_finish(sha256, digest, error))
        return false;
    pp_hex_encode(digest, sizeof digest, hash);
    return true;
}

static bool has_credentials(const struct proxy_choice *choice) {
    return *choice->net.user || *choice->net.password || *choice->keytab;
}

/* For the same proxy, known by the same authorities, the same as before. */
static void take_kept_credentials(struct proxy_choice *choice, const struct proxy_choice *kept) {
    if (has_credentials(choice) || strcmp(choice->net.address, kept->net.address) != 0 ||
        strcmp(choice->net.ca, kept->net.ca) != 0)
        return;
    if (*choice->principal && strcmp(choice->principal, kept->principal) != 0)
        return;
    memcpy(choice->net.user, kept->net.user, sizeof choice->net.user);
    memcpy(choice->net.password, kept->net.password, sizeof choice->net.password);
    memcpy(choice->keytab, kept->keytab, sizeof choice->keytab);
    memcpy(choice->principal, kept->principal, sizeof choice->principal);
    if (!*choice->kdc)
        memcpy(choice->kdc, kept->kdc, sizeof choice->kdc);
}

void proxy_record_take_credentials(const struct proxy_record *record, struct proxy_choice *choice) {
    take_kept_credentials(choice, &record->chosen);
    take_kept_credentials(choice, &record->former);
}

bool proxy_record_configure(struct proxy_record *record, const struct proxy_choice *configured, bool *changed,
                            struct pp_error *error) {
    const struct net_proxy_settings *net = &configured->net;
    const char *const plain[] = {net->address, net->except, configured->principal, configured->kdc, net->ca};
    const size_t plain_count = PP_COUNT(plain) - !*net->ca; /* as it was before there were such proxies */
    const char *const secret[] = {net->user, net->password, configured->keytab};
    char hash[PP_HEX_SIZE(32)] = "", secret_hash[PP_HEX_SIZE(32)] = "";
    struct proxy_choice choice = *configured;
    *changed = false;
    if ((*net->address && !proxy_record_hash(plain, plain_count, hash, error)) ||
        (*net->address && has_credentials(configured) &&
         !proxy_record_hash(secret, PP_COUNT(secret), secret_hash, error)))
        return false;
    bool same = strcmp(hash, record->configured) == 0 &&
                (!*secret_hash || strcmp(secret_hash, record->credentials) == 0);
    if (!same)
        proxy_record_take_credentials(record, &choice);
    bool ok = same || (proxy_choice_check(&choice, error) && net_proxy_check(&choice.net, error));
    if (ok && !same) {
        *changed = true;
        record->source = PROXY_CONFIGURED;
        proxy_record_set(record, &choice);
        memcpy(record->configured, hash, sizeof hash);
        if (*secret_hash || !*hash)
            memcpy(record->credentials, secret_hash, sizeof secret_hash);
    }
    pp_wipe(&choice, sizeof choice);
    return ok;
}

bool proxy_record_hear(struct proxy_record *record, bool reached) {
    enum proxy_phase before = record->phase;
    record->failures = reached ? 0 : record->failures + 1;
    if (!reached && record->failures < PROXY_FAILURES_MAX)
        return false;
    record->phase = proxy_record_next(before, reached ? PROXY_REACHED : PROXY_FAILED);
    record->failures = 0;
    if (record->phase == PROXY_SETTLED)
        pp_wipe(&record->former, sizeof record->former);
    return record->phase != before;
}

/* ---- As JSON ---- */

struct member {
    const char *name;
    size_t offset, size; /* in struct proxy_choice */
};

#define MEMBER(name, field)                                                                                  \
    { name, offsetof(struct proxy_choice, field), sizeof(((struct proxy_choice *)NULL)->field) }

static const struct member members[] = {
    MEMBER("address", net.address),
    MEMBER("user", net.user),
    MEMBER("password", net.password),
    MEMBER("except", net.except),
    MEMBER("ca", net.ca),
    MEMBER("principal", principal),
    MEMBER("kdc", kdc),
    MEMBER("keytab", keytab),
};

static bool read_choice(const cJSON *json, struct proxy_choice *choice, struct pp_error *error) {
    for (size_t i = 0; i < PP_COUNT(members); i++) {
        char *field = (char *)choice + members[i].offset;
        if (!pp_json_copy_optional(json, members[i].name, field, members[i].size, error))
            return false;
    }
    return proxy_choice_check(choice, error) && net_proxy_check(&choice->net, error);
}

static bool read_phase(const cJSON *json, enum proxy_phase *phase, struct pp_error *error) {
    const char *name = NULL;
    if (!pp_json_string(json, "phase", 16, &name, error))
        return false;
    for (*phase = 0; *phase < PROXY_PHASES; (*phase)++) {
        if (strcmp(name, phase_names[*phase]) == 0)
            return true;
    }
    return pp_fail(error, PP_E_INVALID, "phase \"%s\" is not known", name);
}

/* A record of before there were others has none. */
static bool read_source(const cJSON *json, enum proxy_source *source, struct pp_error *error) {
    const char *name = proxy_source_name(PROXY_CONFIGURED);
    if (pp_json_has(json, "source") && !pp_json_string(json, "source", 16, &name, error))
        return false;
    for (*source = 0; *source < PROXY_SOURCES; (*source)++) {
        if (strcmp(name, proxy_source_name(*source)) == 0)
            return true;
    }
    return pp_fail(error, PP_E_INVALID, "source \"%s\" is not known", name);
}

static bool read_record(const cJSON *json, struct proxy_record *record, struct pp_error *error) {
    const cJSON *chosen = NULL, *former = NULL;
    int64_t format = 0;
    return pp_json_integer(json, "format", 1, 1, &format, error) && read_phase(json, &record->phase, error) &&
           pp_json_object(json, "chosen", &chosen, error) && read_choice(chosen, &record->chosen, error) &&
           pp_json_object(json, "former", &former, error) && read_choice(former, &record->former, error) &&
           read_source(json, &record->source, error) &&
           pp_json_copy_optional(json, "directed", record->directed, sizeof record->directed, error) &&
           pp_json_copy_optional(json, "configured", record->configured, sizeof record->configured, error) &&
           pp_json_copy_optional(json, "credentials", record->credentials, sizeof record->credentials, error);
}

bool proxy_record_parse(const void *json, size_t size, struct proxy_record *record, struct pp_error *error) {
    *record = (struct proxy_record){0};
    cJSON *object = pp_json_parse(json, size, PROXY_RECORD_MAX, error);
    bool ok = object && read_record(object, record, error);
    pp_json_destroy(object);
    if (!ok)
        pp_wipe(record, sizeof *record);
    return ok || pp_wrap(error, "record \"" PROXY_RECORD "\"");
}

static void add_choice(cJSON *json, const char *name, const struct proxy_choice *choice) {
    cJSON *object = cJSON_AddObjectToObject(json, name);
    for (size_t i = 0; i < PP_COUNT(members); i++)
        cJSON_AddStringToObject(object, members[i].name, (const char *)choice + members[i].offset);
}

bool proxy_record_write(const struct proxy_record *record, struct pp_buf *out, struct pp_error *error) {
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "format", 1);
    cJSON_AddStringToObject(json, "phase", proxy_phase_name(record->phase));
    add_choice(json, "chosen", &record->chosen);
    add_choice(json, "former", &record->former);
    cJSON_AddStringToObject(json, "source", proxy_source_name(record->source));
    cJSON_AddStringToObject(json, "directed", record->directed);
    cJSON_AddStringToObject(json, "configured", record->configured);
    cJSON_AddStringToObject(json, "credentials", record->credentials);
    pp_autojsontext char *text = cJSON_PrintUnformatted(json);
    pp_json_destroy(json);
    return text ? pp_buf_add_text(out, text, error) : pp_fail(error, PP_E_NOMEM, "out of memory");
}
