#include "crypto/spki.h"

#include <string.h>

#include "base/mem.h"

struct spki_form {
    enum spki_kind kind;
    size_t size;        /* bytes of the whole document */
    size_t prefix_size; /* bytes before the key itself */
    uint8_t prefix[27];
};

static const struct spki_form spki_forms[] = {
    {SPKI_P256, SPKI_P256_SIZE, 27, {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                     0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                     0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04}},
    {SPKI_P384, 120, 24, {0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
                          0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04}},
    {SPKI_ED25519, 44, 12, {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00}},
};

bool spki_of_p256(const uint8_t *point, uint8_t der[SPKI_P256_SIZE]) {
    const struct spki_form *form = &spki_forms[0];
    size_t before = form->prefix_size - 1; /* the prefix ends with the point's first byte */
    memcpy(der, form->prefix, form->prefix_size);
    memcpy(der + before, point, SPKI_P256_SIZE - before);
    return point[0] == form->prefix[before];
}

enum spki_kind spki_kind_of(const uint8_t *der, size_t size) {
    for (size_t i = 0; i < PP_COUNT(spki_forms); i++) {
        const struct spki_form *form = &spki_forms[i];
        if (size == form->size && memcmp(der, form->prefix, form->prefix_size) == 0)
            return form->kind;
    }
    return SPKI_OTHER;
}
