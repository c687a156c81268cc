#include "identity/csrattrs.h"

#include <mbedtls/oid.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "identity/der_read.h"

#define OID_TEXT_MAX 80 /* bytes of numbers with dots */

/* What an object identifier means here. */
enum meaning {
    MEANING_UNKNOWN,
    MEANING_DONE,           /* it is so anyway */
    MEANING_NAMED,          /* known, and not served */
    MEANING_EC_KEY,         /* its values are curves */
    MEANING_OTHER_KEY,      /* a kind of key that this screen has not */
    MEANING_OUR_CURVE,      /* P-256 */
    MEANING_EXTENSIONS,     /* its values are extensions */
    MEANING_KNOWN_EXTENSION /* one that this screen can fill in */
};

struct known_oid {
    const char *oid; /* content, without tag and length */
    size_t size;
    enum meaning meaning;
    enum csrattrs_kind kind; /* of an extension */
    const char *words;
};

#define OID(text) (text), sizeof(text) - 1

/* clang-format off */
static const struct known_oid known[] = {
    {OID("\x2a\x86\x48\xce\x3d\x02\x01"), MEANING_EC_KEY, 0, "an EC key"},
    {OID("\x2a\x86\x48\xce\x3d\x03\x01\x07"), MEANING_OUR_CURVE, 0, "the curve P-256"},
    {OID("\x2b\x81\x04\x00\x22"), MEANING_NAMED, 0, "the curve P-384"},
    {OID("\x2b\x81\x04\x00\x23"), MEANING_NAMED, 0, "the curve P-521"},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"), MEANING_OTHER_KEY, 0, "an RSA key"},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"), MEANING_OTHER_KEY, 0, "an RSA key"},
    {OID("\x2b\x65\x70"), MEANING_OTHER_KEY, 0, "an Ed25519 key"},
    {OID("\x2b\x65\x71"), MEANING_OTHER_KEY, 0, "an Ed448 key"},
    {OID("\x2a\x86\x48\xce\x3d\x04\x03\x02"), MEANING_DONE, 0, "ECDSA with SHA-256"},
    {OID("\x60\x86\x48\x01\x65\x03\x04\x02\x01"), MEANING_DONE, 0, "SHA-256"},
    {OID("\x2a\x86\x48\xce\x3d\x04\x03\x03"), MEANING_NAMED, 0, "ECDSA with SHA-384 (it is signed with SHA-256)"},
    {OID("\x2a\x86\x48\xce\x3d\x04\x03\x04"), MEANING_NAMED, 0, "ECDSA with SHA-512 (it is signed with SHA-256)"},
    {OID("\x60\x86\x48\x01\x65\x03\x04\x02\x02"), MEANING_NAMED, 0, "SHA-384 (it is signed with SHA-256)"},
    {OID("\x60\x86\x48\x01\x65\x03\x04\x02\x03"), MEANING_NAMED, 0, "SHA-512 (it is signed with SHA-256)"},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x07"), MEANING_NAMED, 0, "a challenge password (TLS 1.3 has no tls-unique)"},
    {OID("\x2b\x06\x01\x01\x01\x01\x16"), MEANING_NAMED, 0, "a MAC address"},
    {OID("\x55\x04\x05"), MEANING_NAMED, 0, "a serial number"},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x3d"), MEANING_NAMED, 0, "a template of the request (RFC 9908)"},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e"), MEANING_EXTENSIONS, 0, "extensions"},
    {OID("\x55\x1d\x0f"), MEANING_KNOWN_EXTENSION, CSRATTRS_KEY_USAGE, "key usage"},
    {OID("\x55\x1d\x25"), MEANING_KNOWN_EXTENSION, CSRATTRS_EXTENDED_KEY_USAGE, "extended key usage"},
    {OID("\x55\x1d\x13"), MEANING_KNOWN_EXTENSION, CSRATTRS_BASIC_CONSTRAINTS, "basic constraints"},
    {OID("\x55\x1d\x11"), MEANING_KNOWN_EXTENSION, CSRATTRS_ALT_NAME, "alternative names"},
};
/* clang-format on */

/* What was found on the way through the document. */
struct reading {
    struct csrattrs *attributes;
    struct pp_error *error;
    bool key_asked, key_ours;
    char key_words[CSRATTRS_WORDS_MAX]; /* of a key that this screen has not */
};

static const struct known_oid *find(const struct der_cursor *oid) {
    for (size_t i = 0; i < PP_COUNT(known); i++) {
        if (der_is(oid, (const uint8_t *)known[i].oid, known[i].size))
            return &known[i];
    }
    return NULL;
}

static void name_oid(const struct der_cursor *oid, char *text, size_t room) {
    const struct known_oid *entry = find(oid);
    const mbedtls_asn1_buf raw = {.tag = DER_OID, .len = der_left(oid), .p = oid->next};
    if (entry)
        snprintf(text, room, "%s", entry->words);
    else if (mbedtls_oid_get_numeric_string(text, room, &raw) < 0)
        snprintf(text, room, "something unknown");
}

static void add_words(char words[CSRATTRS_WORDS_MAX], const struct der_cursor *oid) {
    char text[OID_TEXT_MAX];
    size_t used = strlen(words);
    name_oid(oid, text, sizeof text);
    snprintf(words + used, CSRATTRS_WORDS_MAX - used, "%s%s", used ? ", " : "", text);
}

static bool add_extension(struct reading *reading, enum csrattrs_kind kind, const uint8_t *der, size_t size) {
    struct csrattrs *attributes = reading->attributes;
    if (attributes->count == CSRATTRS_EXTENSIONS_MAX)
        return pp_fail(reading->error, PP_E_LIMIT, "request attributes: more than %d extensions",
                       CSRATTRS_EXTENSIONS_MAX);
    if (size > CSRATTRS_EXTENSION_MAX)
        return pp_fail(reading->error, PP_E_LIMIT, "request attributes: an extension of more than %d bytes",
                       CSRATTRS_EXTENSION_MAX);
    struct csrattrs_extension *extension = &attributes->extensions[attributes->count++];
    extension->kind = kind;
    extension->size = size;
    if (size)
        memcpy(extension->der, der, size);
    return true;
}

/* Without a value: what this screen has for it. */
static bool fill_in(struct reading *reading, const struct der_cursor *oid) {
    const struct known_oid *entry = find(oid);
    if (entry && entry->meaning == MEANING_KNOWN_EXTENSION)
        return add_extension(reading, entry->kind, NULL, 0);
    add_words(reading->attributes->left_out, oid);
    return true;
}

/* Extension ::= SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING } */
static bool take_extension(struct reading *reading, struct der_cursor *list) {
    struct der_cursor extension;
    struct der_cursor oid;
    struct der_cursor value;
    const uint8_t *begin = list->next;
    if (!der_enter(list, DER_SEQUENCE, "not an extension", &extension))
        return false;
    size_t size = (size_t)(list->next - begin);
    if (!der_enter(&extension, DER_OID, "extension without a name", &oid) ||
        (der_next_is(&extension, MBEDTLS_ASN1_BOOLEAN) &&
         !der_enter(&extension, MBEDTLS_ASN1_BOOLEAN, "not a criticality", &value)) ||
        !der_enter(&extension, MBEDTLS_ASN1_OCTET_STRING, "extension without a value", &value) ||
        !der_at_end(&extension, "bytes behind an extension"))
        return false;
    return der_left(&value) ? add_extension(reading, CSRATTRS_GIVEN, begin, size) : fill_in(reading, &oid);
}

/* Extensions, or as in the example of RFC 7030 §4.5.2 their names alone. */
static bool take_extensions(struct reading *reading, struct der_cursor *values) {
    struct der_cursor inside;
    while (values->next < values->end) {
        if (der_next_is(values, DER_OID)) {
            if (!der_enter(values, DER_OID, "not a name", &inside) || !fill_in(reading, &inside))
                return false;
            continue;
        }
        if (!der_enter(values, DER_SEQUENCE, "no extensions", &inside))
            return false;
        for (int i = 0; inside.next < inside.end; i++) {
            if (i == CSRATTRS_ITEMS_MAX)
                return pp_fail(reading->error, PP_E_LIMIT, "request attributes: more than %d extensions",
                               CSRATTRS_ITEMS_MAX);
            if (!take_extension(reading, &inside))
                return false;
        }
    }
    return true;
}

static bool take_curves(struct reading *reading, struct der_cursor *values) {
    struct der_cursor oid;
    reading->key_asked = true;
    reading->key_ours |= values->next == values->end;
    while (values->next < values->end) {
        if (!der_enter(values, DER_OID, "not a curve", &oid))
            return false;
        const struct known_oid *entry = find(&oid);
        if (entry && entry->meaning == MEANING_OUR_CURVE)
            reading->key_ours = true;
        else
            add_words(reading->key_words, &oid);
    }
    return true;
}

static bool take_attribute(struct reading *reading, struct der_cursor *attribute) {
    struct der_cursor oid;
    struct der_cursor values;
    if (!der_enter(attribute, DER_OID, "attribute without a name", &oid) ||
        !der_enter(attribute, DER_SET, "attribute without values", &values) ||
        !der_at_end(attribute, "bytes behind an attribute"))
        return false;
    const struct known_oid *entry = find(&oid);
    switch (entry ? entry->meaning : MEANING_UNKNOWN) {
    case MEANING_EC_KEY:
        return take_curves(reading, &values);
    case MEANING_EXTENSIONS:
        return take_extensions(reading, &values);
    case MEANING_OTHER_KEY:
        reading->key_asked = true;
        add_words(reading->key_words, &oid);
        return true;
    case MEANING_DONE:
        return true;
    default:
        add_words(reading->attributes->left_out, &oid);
        return true;
    }
}

/* A name alone asks for no particular value: nothing that could not be met. */
static bool take_hint(struct reading *reading, const struct der_cursor *oid) {
    const struct known_oid *entry = find(oid);
    switch (entry ? entry->meaning : MEANING_UNKNOWN) {
    case MEANING_DONE:
    case MEANING_EC_KEY:
    case MEANING_OUR_CURVE:
    case MEANING_EXTENSIONS:
        return true;
    case MEANING_KNOWN_EXTENSION:
        return fill_in(reading, oid);
    default:
        add_words(reading->attributes->left_out, oid);
        return true;
    }
}

static bool take_items(struct reading *reading, struct der_cursor *list) {
    struct der_cursor inside;
    for (int i = 0; list->next < list->end; i++) {
        bool hint = der_next_is(list, DER_OID);
        if (i == CSRATTRS_ITEMS_MAX)
            return pp_fail(reading->error, PP_E_LIMIT, "request attributes: more than %d of them",
                           CSRATTRS_ITEMS_MAX);
        if (!der_enter(list, hint ? DER_OID : DER_SEQUENCE, "neither a name nor an attribute", &inside))
            return false;
        if (!(hint ? take_hint(reading, &inside) : take_attribute(reading, &inside)))
            return false;
    }
    return true;
}

bool csrattrs_parse(const uint8_t *der, size_t size, struct csrattrs *attributes, struct pp_error *error) {
    struct csrattrs found = {0};
    struct reading reading = {.attributes = &found, .error = error};
    struct der_cursor list;
    struct der_cursor document = der_cursor_of("request attributes", der, size, error);
    if (size > CSRATTRS_MAX)
        return pp_fail(error, PP_E_LIMIT, "request attributes: larger than %d bytes", CSRATTRS_MAX);
    if (!der_enter(&document, DER_SEQUENCE, "not a list", &list) ||
        !der_at_end(&document, "bytes behind the list") || !take_items(&reading, &list))
        return false;
    if (reading.key_asked && !reading.key_ours)
        return pp_fail(error, PP_E_UNSUPPORTED, "the server wants %s; this screen's key is EC P-256",
                       reading.key_words);
    *attributes = found;
    return true;
}
