/*
 * A profile for NetworkManager, nm-settings-keyfile(5), from a request that was checked. Nothing in a request can
 * become another line or another key of it:
 *   - a network's name that is anything but letters, digits, "-" and "_" is written as the list of its bytes
 *     ("80;105;");
 *   - in a passphrase, "\" is "\\" and a blank is "\s", as GKeyFile has it; it has no other character that means
 *     anything;
 *   - addresses are printed from their bytes, and interfaces, identities and servers have names of a fixed alphabet.
 * NetworkManager itself is not relied on: it drops a key that it does not know, and takes /33 for /24.
 */
#ifndef PP_NETWORK_KEYFILE_H
#define PP_NETWORK_KEYFILE_H

#include "base/boot_time.h"
#include "network/request.h"

#define KEYFILE_MAX         2048         /* bytes of a profile */
#define KEYFILE_UUID_SIZE   37           /* RFC 9562 §4 as text, with the NUL */
#define KEYFILE_CERTIFICATE "client.pem" /* of 802.1X: names in the folder of the keys */
#define KEYFILE_KEY         "client.key"
#define KEYFILE_DAD_MS      2000 /* for another machine to say that the address is its own, RFC 5227 */

struct keyfile_names {
    const char *id; /* of letters, digits, "-", "_", "." */
    char uuid[KEYFILE_UUID_SIZE];
    bool autoconnect;        /* false: on trial, a start of the machine does not take it up */
    struct pp_boot_time set; /* a comment of the file's: NetworkManager does not read it */
    const char *ca;          /* of 802.1X: the file of the authorities, */
    const char *keys;        /* the folder of the device's certificate and key, */
    const char *identity;    /* and what the request says, or has from the certificate */
};

/* RFC 9562 §5.4, of the kernel's randomness. */
PP_MUST_USE bool keyfile_make_uuid(char uuid[KEYFILE_UUID_SIZE], struct pp_error *error);
bool keyfile_is_uuid(const char *text);

/* Appends the profile of a wifi, static, dhcp or 8021x request to `out`, whose owner finishes it: there is a secret in
 * it. */
bool keyfile_write(const struct network_request *request, const struct keyfile_names *names,
                   struct pp_buf *out, struct pp_error *error);

/* Of a profile that keyfile_write made, all names but the id. False where it is not one. One that does not say when it
 * was set has zeroes there. */
bool keyfile_read_names(const char *text, struct keyfile_names *names);

/* Whether it is one of 802.1X. */
bool keyfile_is_8021x(const char *text);
/* Appends the profile with another identity. False where it is the one that it has, or was given by somebody. */
bool keyfile_follow_identity(const char *text, const char *identity, struct pp_buf *out);

#endif
