#include "headend/http/conditions.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/encode.h"
#include "crypto/bulk.h"

/* The size of the list's member at `text`, up to a comma that stands in no quotes. */
static size_t member_size(const char *text) {
    bool quoted = false;
    size_t size = 0;
    for (; text[size] && (quoted || text[size] != ','); size++)
        quoted ^= text[size] == '"';
    return size;
}

/* How particular the media range is (the type, all of its kind, all there are) that `type` is of; 0 where it is not. */
static int range_fits(const char *range, size_t size, const char *type) {
    size_t slash = strcspn(type, "/");
    if (size == strlen(type) && strncasecmp(range, type, size) == 0)
        return 3;
    if (size == slash + 2 && strncasecmp(range, type, slash + 1) == 0 && range[slash + 1] == '*')
        return 2;
    return size == 3 && strncmp(range, "*/*", 3) == 0;
}

/* Whether a member's parameters say that its quality is 0: "q=0", "q=0.000". */
static bool quality_is_zero(const char *parameters, size_t size) {
    for (size_t i = 0; i + 3 <= size; i++) {
        if (!strchr("; \t", parameters[i]) || (parameters[i + 1] | 0x20) != 'q' || parameters[i + 2] != '=')
            continue;
        size_t digits = strspn(parameters + i + 3, "0.");
        return digits && (i + 3 + digits == size || strchr("; \t,", parameters[i + 3 + digits]));
    }
    return false;
}

bool accept_takes(const char *accept, const char *type) {
    int best = 0;
    bool takes = false;
    if (!accept || !accept[strspn(accept, " \t")])
        return true;
    for (const char *at = accept; *at;) {
        at += strspn(at, " \t,");
        size_t size = member_size(at);
        size_t name = strcspn(at, "; \t,");
        int fits = range_fits(at, name < size ? name : size, type);
        if (fits > best) {
            best = fits;
            takes = !quality_is_zero(at + name, size > name ? size - name : 0);
        }
        at += size;
    }
    return takes;
}

bool encoding_takes(const char *accept_encoding, const char *coding) {
    for (const char *at = accept_encoding ? accept_encoding : ""; *at;) {
        at += strspn(at, " \t,");
        size_t size = member_size(at);
        size_t name = strcspn(at, "; \t,");
        if (name == strlen(coding) && strncasecmp(at, coding, name) == 0)
            return !quality_is_zero(at + name, size > name ? size - name : 0);
        at += size;
    }
    return false;
}

bool etag_make(const void *data, size_t size, char etag[ETAG_SIZE], struct pp_error *error) {
    uint8_t digest[BULK_SHA256_SIZE];
    if (!crypto_sha256(data, size, digest, error))
        return false;
    etag[0] = '"';
    pp_hex_encode(digest, 8, etag + 1);
    memcpy(etag + ETAG_SIZE - 3, "\"", 2);
    return true;
}

enum condition if_match(const char *header, const char *etag) {
    if (!header)
        return CONDITION_MISSING;
    if (!etag)
        return CONDITION_FAILED;
    for (const char *at = header; *at;) {
        at += strspn(at, " \t,");
        size_t size = member_size(at);
        size_t used = size;
        while (used && strchr(" \t", at[used - 1]))
            used--;
        if ((used == 1 && *at == '*') || (used == strlen(etag) && memcmp(at, etag, used) == 0))
            return CONDITION_MET;
        at += size;
    }
    return CONDITION_FAILED;
}
