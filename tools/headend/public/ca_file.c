#include "headend/public/ca_file.h"

#include <fcntl.h>

#include "base/encode.h"
#include "crypto/bulk.h"
#include "headend/public/certificate.h"

bool ca_file_exists(const struct home *home) {
    return faccessat(home->fd, HOME_AUTHORITIES, F_OK, 0) == 0;
}

bool ca_add(struct ca *ca, const void *der, size_t size, bool retired, struct pp_error *error) {
    struct certificate_facts facts;
    if (ca->count == CA_KNOWN_MAX)
        return pp_fail(error, PP_E_LIMIT, "more than %d authorities", CA_KNOWN_MAX);
    struct authority *authority = &ca->authorities[ca->count];
    *authority = (struct authority){.der = PP_BUF_INIT(CA_CERTIFICATE_MAX), .retired = retired};
    if (!certificate_read(der, size, &facts, error) || !crypto_sha256(der, size, authority->sha256, error) ||
        !pp_buf_add(&authority->der, der, size, error))
        return false;
    authority->not_before = facts.not_before;
    authority->not_after = facts.not_after;
    ca->count++;
    return true;
}

bool ca_add_link(struct ca *ca, const struct authority_link *link, struct pp_error *error) {
    if (ca->link_count == CA_LINKS_MAX)
        return pp_fail(error, PP_E_LIMIT, "more than %d links between authorities", CA_LINKS_MAX);
    struct authority_link *own = &ca->links[ca->link_count];
    *own = *link;
    own->der = PP_BUF_INIT(CA_CERTIFICATE_MAX);
    if (!pp_buf_add(&own->der, link->der.data, link->der.size, error))
        return false;
    ca->link_count++;
    return true;
}

bool ca_json_hash(cJSON *object, const char *name, const uint8_t sha256[CA_HASH_SIZE]) {
    char hex[PP_HEX_SIZE(CA_HASH_SIZE)];
    pp_hex_encode(sha256, CA_HASH_SIZE, hex);
    return cJSON_AddStringToObject(object, name, hex) != NULL;
}

bool ca_json_certificate(cJSON *object, const struct pp_buf *der, struct pp_error *error) {
    char text[PP_BASE64_SIZE(CA_CERTIFICATE_MAX)];
    if (der->size > CA_CERTIFICATE_MAX)
        return pp_fail(error, PP_E_LIMIT, "a certificate of %zu bytes", der->size);
    pp_base64_encode(der->data, der->size, text);
    return cJSON_AddStringToObject(object, "certificate", text) ||
           pp_fail(error, PP_E_NOMEM, "out of memory");
}

static bool hash_read(const cJSON *object, const char *name, uint8_t sha256[CA_HASH_SIZE],
                      struct pp_error *error) {
    const char *hex;
    return pp_json_string(object, name, PP_HEX_SIZE(CA_HASH_SIZE), &hex, error) &&
           pp_hex_decode(hex, sha256, CA_HASH_SIZE, error);
}

static bool certificate_member(const cJSON *object, uint8_t der[CA_CERTIFICATE_MAX], size_t *size,
                               struct pp_error *error) {
    const char *text;
    return pp_json_string(object, "certificate", PP_BASE64_SIZE(CA_CERTIFICATE_MAX), &text, error) &&
           pp_base64_decode(text, strlen(text), der, CA_CERTIFICATE_MAX, size, error);
}

static bool authorities_read(const cJSON *document, struct ca *ca, struct pp_error *error) {
    const cJSON *list;
    const cJSON *entry;
    if (!pp_json_array(document, "authorities", CA_KNOWN_MAX, &list, error))
        return false;
    cJSON_ArrayForEach(entry, list) {
        uint8_t der[CA_CERTIFICATE_MAX];
        size_t size;
        bool retired;
        if (!certificate_member(entry, der, &size, error) ||
            !pp_json_boolean(entry, "retired", &retired, error) || !ca_add(ca, der, size, retired, error))
            return false;
    }
    return (ca->count && !ca->authorities[0].retired) || pp_fail(error, PP_E_INVALID, "no authority issues");
}

static bool links_read(const cJSON *document, struct ca *ca, struct pp_error *error) {
    const cJSON *list;
    const cJSON *entry;
    if (!pp_json_array(document, "links", CA_LINKS_MAX, &list, error))
        return false;
    cJSON_ArrayForEach(entry, list) {
        uint8_t der[CA_CERTIFICATE_MAX];
        struct authority_link link = {.der = {.data = der}};
        if (!hash_read(entry, "of", link.of, error) || !hash_read(entry, "by", link.by, error) ||
            !certificate_member(entry, der, &link.der.size, error) || !ca_add_link(ca, &link, error))
            return false;
    }
    return true;
}

static bool retired_read(const cJSON *document, struct ca *ca, struct pp_error *error) {
    const cJSON *list;
    const cJSON *entry;
    if (!pp_json_array(document, "retired", CA_RETIRED_MAX, &list, error))
        return false;
    cJSON_ArrayForEach(entry, list) {
        if (!cJSON_IsString(entry) ||
            !pp_hex_decode(entry->valuestring, ca->retired[ca->retired_count++], CA_HASH_SIZE, error))
            return pp_fail(error, PP_E_INVALID, "retired: not all hashes");
    }
    return true;
}

static const char *const changes[CA_CHANGES] = {
    [CA_UNCHANGED] = "",
    [CA_ROTATING] = "rotation",
    [CA_RETIRING] = "retirement",
};

static bool change_read(const cJSON *document, enum ca_change *change, struct pp_error *error) {
    const char *name;
    if (!pp_json_string(document, "unfinished", 16, &name, error))
        return false;
    for (size_t i = 0; i < PP_COUNT(changes); i++) {
        if (strcmp(changes[i], name) == 0) {
            *change = (enum ca_change)i;
            return true;
        }
    }
    return pp_fail(error, PP_E_INVALID, "unfinished: no such change");
}

static bool document_read(const cJSON *document, struct ca *ca, struct pp_error *error) {
    int64_t format;
    return pp_json_integer(document, "format", 1, 1, &format, error) &&
           change_read(document, &ca->unfinished, error) && authorities_read(document, ca, error) &&
           links_read(document, ca, error) && retired_read(document, ca, error);
}

bool ca_file_read(const struct home *home, struct ca *ca, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(CA_FILE_MAX);
    if (!home_read(home, HOME_AUTHORITIES, &text, error))
        return false;
    pp_autojson cJSON *document = pp_json_parse(text.data, text.size, CA_FILE_MAX, error);
    return (document && document_read(document, ca, error)) || pp_wrap(error, HOME_AUTHORITIES);
}

static bool authorities_write(const struct ca *ca, cJSON *document, struct pp_error *error) {
    cJSON *list = cJSON_AddArrayToObject(document, "authorities");
    for (size_t i = 0; i < ca->count; i++) {
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddItemToArray(list, entry);
        if (!ca_json_certificate(entry, &ca->authorities[i].der, error) ||
            !cJSON_AddBoolToObject(entry, "retired", ca->authorities[i].retired))
            return pp_fail(error, PP_E_NOMEM, "out of memory");
    }
    return true;
}

static bool links_write(const struct ca *ca, cJSON *document, struct pp_error *error) {
    cJSON *list = cJSON_AddArrayToObject(document, "links");
    for (size_t i = 0; i < ca->link_count; i++) {
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddItemToArray(list, entry);
        if (!ca_json_hash(entry, "of", ca->links[i].of) || !ca_json_hash(entry, "by", ca->links[i].by) ||
            !ca_json_certificate(entry, &ca->links[i].der, error))
            return pp_fail(error, PP_E_NOMEM, "out of memory");
    }
    return true;
}

bool ca_json_retired(const struct ca *ca, cJSON *document, struct pp_error *error) {
    cJSON *list = cJSON_AddArrayToObject(document, "retired");
    for (size_t i = 0; i < ca->retired_count; i++) {
        char hex[PP_HEX_SIZE(CA_HASH_SIZE)];
        pp_hex_encode(ca->retired[i], CA_HASH_SIZE, hex);
        if (!cJSON_AddItemToArray(list, cJSON_CreateString(hex)))
            return pp_fail(error, PP_E_NOMEM, "out of memory");
    }
    return true;
}

bool ca_file_write(const struct home *home, const struct ca *ca, struct pp_error *error) {
    pp_autojson cJSON *document = cJSON_CreateObject();
    cJSON_AddNumberToObject(document, "format", 1);
    cJSON_AddStringToObject(document, "unfinished", changes[ca->unfinished]);
    if (!authorities_write(ca, document, error) || !links_write(ca, document, error) ||
        !ca_json_retired(ca, document, error))
        return false;
    pp_autobuf struct pp_buf text = PP_BUF_INIT(CA_FILE_MAX);
    return pp_json_canonical(document, &text, error) &&
           pp_file_replace(home->fd, HOME_AUTHORITIES, text.data, text.size, 0600, error);
}
