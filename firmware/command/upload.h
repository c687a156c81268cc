/*
 * What a screen sends because it was asked to (a screenshot, its log), sealed to the headend: whoever ends TLS on
 * the way, and who has only the headend's database or disk, sees nothing of it. The headend names its key in the
 * signed state ("upload_key", a JWK for ECDH-ES); each upload has a content key of its own, encrypted to that one as
 * a JWE (jose/jwe.h, typ "pingplay-upload-key", apv the device's id):
 *
 *   byte 0     4              6               6 + token
 *   +----------+--------------+---------------+----------------------------------------------------------------------+
 *   | "PPU1"   | token's size | JWE of a JWK  | sealed stream (crypto/seal.h), associated data                       |
 *   |          | u16, BE      | "oct"         | "pingplay/upload/" DEVICE ID "/" COMMAND ID                          |
 *   +----------+--------------+---------------+----------------------------------------------------------------------+
 */
#ifndef PP_COMMAND_UPLOAD_H
#define PP_COMMAND_UPLOAD_H

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "command/command.h"
#include "crypto/jwk.h"
#include "crypto/seal.h"

#define COMMAND_UPLOAD_MAX        (7 * 1024 * 1024)                /* bytes of clear data */
#define COMMAND_UPLOAD_SEALED_MAX (COMMAND_UPLOAD_MAX + 64 * 1024) /* bytes */
#define COMMAND_UPLOAD_TYPE       "application/vnd.pingplay.upload"
#define COMMAND_DEVICE_ID_MAX     64 /* bytes */

/* The headend's key, of a state. */
struct command_upload_key {
    bool known;
    uint8_t point[CRYPTO_POINT_SIZE];
    char kid[JWK_THUMBPRINT_TEXT_SIZE];
};

/* The member "upload_key" of a state, which may be missing. PP_E_INVALID, PP_E_LIMIT. */
PP_MUST_USE bool command_upload_key_parse(const cJSON *state, struct command_upload_key *out,
                                          struct pp_error *error);

/* For whom an upload is, by whom and why. */
struct command_upload {
    const char *device; /* id, at most COMMAND_DEVICE_ID_MAX bytes */
    const char *command;
};

/* Appends the upload. */
PP_MUST_USE bool command_upload_seal(const struct command_upload_key *key,
                                     const struct command_upload *upload, const void *clear, size_t size,
                                     struct pp_buf *out, struct pp_error *error);
/* Appends what was sealed. PP_E_INVALID: not that form; PP_E_AUTH: for another key, device or command, or changed. */
PP_MUST_USE bool command_upload_open(const struct crypto_key *key, const struct command_upload *upload,
                                     const void *sealed, size_t size, struct pp_buf *clear,
                                     struct pp_error *error);

/* The same where the headend's key is with somebody else: what that one has to open, with it, and the rest of it, by
 * the content key that was in there. The parts are borrowed from `sealed`. */
struct command_upload_parts {
    const char *token;
    const uint8_t *stream;
    size_t token_size, stream_size;
};
PP_MUST_USE bool command_upload_token(const void *sealed, size_t size, struct command_upload_parts *parts,
                                      struct pp_error *error);
PP_MUST_USE bool command_upload_token_open(const struct crypto_key *key, const struct command_upload *upload,
                                           const char *token, size_t size, uint8_t out[SEAL_KEY_SIZE],
                                           struct pp_error *error);
PP_MUST_USE bool command_upload_stream_open(const uint8_t key[SEAL_KEY_SIZE],
                                            const struct command_upload *upload,
                                            const struct command_upload_parts *parts, struct pp_buf *clear,
                                            struct pp_error *error);

#endif
