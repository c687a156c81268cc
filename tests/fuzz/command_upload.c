/* An upload of a stranger's, to a key that is known: it is opened or refused, and what is refused yields nothing.
 * The first byte 0: as it comes; 1: the rest is sealed first, and has to come back. */
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "command/upload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* RFC 6979 §A.2.5. */
static struct crypto_key *load_key(struct command_upload_key *public) {
    static const char document[] = "30310201010420c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120"
                                   "f6721a00a06082a8648ce3d030107";
    uint8_t der[sizeof document / 2];
    if (!pp_hex_decode(document, der, sizeof der, NULL))
        abort();
    struct crypto_key *key = crypto_key_load_der(der, sizeof der, NULL);
    if (!key || !crypto_key_public_point(key, public->point, NULL) ||
        !jwk_thumbprint_text(public->point, public->kid, NULL))
        abort();
    public->known = true;
    return key;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct crypto_key *key;
    static struct command_upload_key public;
    const struct command_upload upload = {.device = "d", .command = "4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e3f"};
    pp_autobuf struct pp_buf sealed = PP_BUF_INIT(COMMAND_UPLOAD_SEALED_MAX);
    pp_autobuf struct pp_buf clear = PP_BUF_INIT(COMMAND_UPLOAD_MAX);
    if (!key)
        key = load_key(&public);
    if (!size)
        return 0;
    if (data[0] == 0) {
        if (!command_upload_open(key, &upload, data + 1, size - 1, &clear, NULL) && clear.size)
            abort();
        return 0;
    }
    if (!command_upload_seal(&public, &upload, data + 1, size - 1, &sealed, NULL) ||
        !command_upload_open(key, &upload, sealed.data, sealed.size, &clear, NULL) ||
        clear.size != size - 1 || (clear.size && memcmp(clear.data, data + 1, clear.size) != 0))
        abort();
    return 0;
}
