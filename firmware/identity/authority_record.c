#include "identity/authority_record.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "base/encode.h"
#include "base/json.h"
#include "crypto/pem.h"

#define FORMAT        1
#define ORIGIN_TARGET "target"
#define ORIGIN_SERVER "server"

/* ---- One certificate ---- */

static void read_name(X509_NAME *subject, char name[AUTHORITY_NAME_MAX]) {
    if (X509_NAME_get_text_by_NID(subject, NID_commonName, name, AUTHORITY_NAME_MAX) < 0)
        X509_NAME_oneline(subject, name, AUTHORITY_NAME_MAX);
    pp_json_tidy(name);
}

static int64_t read_end(const X509 *certificate) {
    struct tm parts = {0};
    return ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) == 1 ? timegm(&parts) : 0;
}

bool authority_read(const uint8_t *der, size_t size, struct authority *authority, struct pp_error *error) {
    const unsigned char *at = der;
    *authority = (struct authority){0};
    if (size == 0 || size > AUTHORITY_DER_MAX)
        return pp_fail(error, PP_E_LIMIT, "a certificate of more than %d bytes, or of none",
                       AUTHORITY_DER_MAX);
    X509 *certificate = d2i_X509(NULL, &at, (long)size);
    authority->certificate = certificate;
    bool read = certificate && at == der + size &&
                X509_digest(certificate, EVP_sha256(), authority->sha256, NULL) == 1 &&
                net_key_hash(certificate, authority->key);
    ERR_clear_error();
    if (!read) {
        authority_finish(authority);
        return pp_fail(error, PP_E_INVALID, "not a certificate");
    }
    read_name(X509_get_subject_name(certificate), authority->name);
    authority->not_after = read_end(certificate);
    return true;
}

bool authority_check(const struct authority *authority, struct pp_error *error) {
    X509 *certificate = authority->certificate;
    bool ca = X509_check_ca(certificate) == 1 && (X509_get_key_usage(certificate) & KU_KEY_CERT_SIGN) &&
              !(X509_get_extension_flags(certificate) & EXFLAG_INVALID);
    return ca || pp_fail(error, PP_E_INVALID, "\"%s\" is no authority", authority->name);
}

void authority_finish(struct authority *authority) {
    X509_free(authority->certificate);
    *authority = (struct authority){0};
}

void authority_copy(const struct authority *authority, struct authority *copy) {
    *copy = *authority;
    X509_up_ref(copy->certificate);
}

bool authority_write_pem(const struct authority *authority, struct pp_buf *pem, struct pp_error *error) {
    unsigned char *der = NULL;
    int size = i2d_X509(authority->certificate, &der);
    bool ok = size > 0 && pem_encode("CERTIFICATE", der, (size_t)size, pem, error);
    OPENSSL_free(der);
    return ok || pp_wrap(error, "authority \"%s\"", authority->name);
}

/* ---- Hashes ---- */

bool authority_hash_among(const authority_hash hash, const authority_hash *list, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (memcmp(list[i], hash, AUTHORITY_HASH_SIZE) == 0)
            return true;
    }
    return false;
}

void authority_hash_add(const authority_hash hash, authority_hash *list, size_t *count, size_t max) {
    if (authority_hash_among(hash, list, *count))
        return;
    if (*count == max)
        memmove(list, list + 1, --*count * AUTHORITY_HASH_SIZE);
    memcpy(list[(*count)++], hash, AUTHORITY_HASH_SIZE);
}

const struct authority *authority_listed(const struct authority_record *record, const authority_hash sha256) {
    for (size_t i = 0; i < record->listed_count; i++) {
        if (memcmp(record->listed[i].sha256, sha256, AUTHORITY_HASH_SIZE) == 0)
            return &record->listed[i];
    }
    return NULL;
}

/* ---- Reading ---- */

static bool read_hash(const char *text, authority_hash hash, struct pp_error *error) {
    return pp_hex_decode(text, hash, AUTHORITY_HASH_SIZE, error);
}

/* An optional list. */
static bool read_hashes(const cJSON *object, const char *name, authority_hash *list, size_t max,
                        size_t *count, struct pp_error *error) {
    const cJSON *array = NULL;
    const cJSON *item;
    if (!pp_json_has(object, name))
        return true;
    if (!pp_json_array(object, name, max, &array, error))
        return false;
    cJSON_ArrayForEach(item, array) {
        authority_hash hash;
        if (!cJSON_IsString(item))
            return pp_fail(error, PP_E_INVALID, "%s: not a text", name);
        if (!read_hash(item->valuestring, hash, error))
            return pp_wrap(error, "%s", name);
        if (authority_hash_among(hash, list, *count))
            return pp_fail(error, PP_E_INVALID, "%s: one stands there twice", name);
        memcpy(list[(*count)++], hash, sizeof hash);
    }
    return true;
}

static bool read_listed(const cJSON *item, struct authority_record *record, struct pp_error *error) {
    uint8_t der[AUTHORITY_DER_MAX];
    size_t size = 0;
    authority_hash named;
    const char *hex = NULL;
    const char *text = NULL;
    if (!cJSON_IsObject(item))
        return pp_fail(error, PP_E_INVALID, "not an object");
    if (!pp_json_string(item, "sha256", PP_HEX_SIZE(AUTHORITY_HASH_SIZE), &hex, error) ||
        !read_hash(hex, named, error) ||
        !pp_json_string(item, "certificate", PP_BASE64_SIZE(AUTHORITY_DER_MAX), &text, error) ||
        !pp_base64_decode(text, strlen(text), der, sizeof der, &size, error))
        return false;
    struct authority *listed = &record->listed[record->listed_count];
    if (!authority_read(der, size, listed, error))
        return false;
    record->listed_count++; /* what is wrong with it: it is finished with the record */
    if (memcmp(listed->sha256, named, sizeof named) != 0)
        return pp_fail(error, PP_E_AUTH, "\"sha256\" is not that of \"%s\"", listed->name);
    for (size_t i = 0; i + 1 < record->listed_count; i++) {
        if (memcmp(record->listed[i].sha256, named, sizeof named) == 0)
            return pp_fail(error, PP_E_INVALID, "\"%s\" stands there twice", listed->name);
    }
    return authority_check(listed, error);
}

static bool read_authorities(const cJSON *object, struct authority_record *record, struct pp_error *error) {
    const cJSON *list = NULL;
    const cJSON *item;
    if (!pp_json_array(object, "authorities", AUTHORITY_LISTED_MAX, &list, error))
        return false;
    cJSON_ArrayForEach(item, list) {
        if (!read_listed(item, record, error))
            return pp_wrap(error, "authorities");
    }
    return true;
}

static bool read_issuing(const cJSON *object, struct authority_record *record, struct pp_error *error) {
    const char *text = NULL;
    if (!pp_json_string(object, "issuing", PP_HEX_SIZE(AUTHORITY_HASH_SIZE), &text, error) ||
        !read_hash(text, record->issuing, error))
        return pp_wrap(error, "issuing");
    record->has_issuing = true;
    return authority_listed(record, record->issuing) ||
           pp_fail(error, PP_E_INVALID, "the one that issues is not among them");
}

static bool check_retired(const struct authority_record *record, struct pp_error *error) {
    for (size_t i = 0; i < record->listed_count; i++) {
        const struct authority *listed = &record->listed[i];
        if (authority_hash_among(listed->sha256, record->retired, record->retired_count))
            return pp_fail(error, PP_E_INVALID, "\"%s\" is listed and retired", listed->name);
    }
    return true;
}

static bool read_members(const cJSON *object, bool whole, size_t retired_max, struct authority_record *record,
                         struct pp_error *error) {
    int64_t format = 0;
    bool issuing = whole || pp_json_has(object, "issuing");
    return pp_json_integer(object, "format", FORMAT, FORMAT, &format, error) &&
           read_authorities(object, record, error) && (!issuing || read_issuing(object, record, error)) &&
           read_hashes(object, "retired", record->retired, retired_max, &record->retired_count, error) &&
           check_retired(record, error);
}

static bool read_target(const cJSON *object, struct authority_record *record, struct pp_error *error) {
    record->by_target = true;
    return read_members(object, true, AUTHORITY_RETIRED_MAX, record, error) &&
           (pp_json_has(object, "retired") || pp_fail(error, PP_E_INVALID, "retired: missing"));
}

static bool read_kept(const cJSON *object, struct authority_record *record, struct pp_error *error) {
    const char *origin = NULL;
    if (!pp_json_string(object, "origin", sizeof ORIGIN_TARGET, &origin, error))
        return false;
    record->by_target = strcmp(origin, ORIGIN_TARGET) == 0;
    return read_members(object, record->by_target, AUTHORITY_RETIRED_KEPT, record, error) &&
           read_hashes(object, "retired_keys", record->retired_keys, AUTHORITY_KEYS_MAX,
                       &record->retired_key_count, error) &&
           read_hashes(object, "refused", record->refused, AUTHORITY_REFUSED_MAX, &record->refused_count,
                       error);
}

static bool read_document(const char *json, size_t size, size_t max,
                          bool (*read)(const cJSON *, struct authority_record *, struct pp_error *),
                          struct authority_record *record, struct pp_error *error) {
    pp_autojson cJSON *object = pp_json_parse(json, size, max, error);
    *record = (struct authority_record){0};
    if (object && !cJSON_IsObject(object))
        pp_fail(error, PP_E_INVALID, "not a JSON object");
    else if (object && read(object, record, error))
        return true;
    authority_record_finish(record);
    return pp_wrap(error, "authorities");
}

bool authority_target_read(const char *json, size_t size, struct authority_record *record,
                           struct pp_error *error) {
    return read_document(json, size, AUTHORITY_DOCUMENT_MAX, read_target, record, error);
}

bool authority_record_read(const char *json, size_t size, struct authority_record *record,
                           struct pp_error *error) {
    return read_document(json, size, AUTHORITY_RECORD_MAX, read_kept, record, error);
}

void authority_record_finish(struct authority_record *record) {
    for (size_t i = 0; i < record->listed_count; i++)
        authority_finish(&record->listed[i]);
    *record = (struct authority_record){0};
}

void authority_record_copy(const struct authority_record *record, struct authority_record *copy) {
    *copy = *record;
    for (size_t i = 0; i < record->listed_count; i++)
        authority_copy(&record->listed[i], &copy->listed[i]);
}

/* ---- Writing ---- */

static void add_hash(cJSON *object, const char *name, const authority_hash hash) {
    char hex[PP_HEX_SIZE(AUTHORITY_HASH_SIZE)];
    pp_hex_encode(hash, AUTHORITY_HASH_SIZE, hex);
    cJSON_AddStringToObject(object, name, hex);
}

static void add_hashes(cJSON *object, const char *name, const authority_hash *list, size_t count) {
    char hex[PP_HEX_SIZE(AUTHORITY_HASH_SIZE)];
    cJSON *array = cJSON_AddArrayToObject(object, name);
    for (size_t i = 0; i < count; i++) {
        pp_hex_encode(list[i], AUTHORITY_HASH_SIZE, hex);
        cJSON_AddItemToArray(array, cJSON_CreateString(hex));
    }
}

static void add_listed(cJSON *array, const struct authority *authority) {
    char text[PP_BASE64_SIZE(AUTHORITY_DER_MAX)];
    unsigned char *der = NULL;
    int size = i2d_X509(authority->certificate, &der);
    cJSON *item = cJSON_CreateObject();
    add_hash(item, "sha256", authority->sha256);
    pp_base64_encode(der, size > 0 ? (size_t)size : 0, text);
    cJSON_AddStringToObject(item, "certificate", text);
    OPENSSL_free(der);
    cJSON_AddItemToArray(array, item);
}

bool authority_record_write(const struct authority_record *record, struct pp_buf *json,
                            struct pp_error *error) {
    pp_autojson cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "format", FORMAT);
    cJSON_AddStringToObject(object, "origin", record->by_target ? ORIGIN_TARGET : ORIGIN_SERVER);
    cJSON *array = cJSON_AddArrayToObject(object, "authorities");
    for (size_t i = 0; i < record->listed_count; i++)
        add_listed(array, &record->listed[i]);
    if (record->has_issuing)
        add_hash(object, "issuing", record->issuing);
    add_hashes(object, "retired", record->retired, record->retired_count);
    add_hashes(object, "retired_keys", record->retired_keys, record->retired_key_count);
    add_hashes(object, "refused", record->refused, record->refused_count);
    pp_autojsontext char *text = cJSON_PrintUnformatted(object);
    return text ? pp_buf_add(json, text, strlen(text), error) : pp_fail(error, PP_E_NOMEM, "out of memory");
}
