/*
 * What is asked of whoever has the private keys (signer/service.h), and what it answers: one row a request, exact, so
 * that nothing else can be asked. Integers little endian:
 *
 *      0      1      2                 6
 *      +------+------+-----------------+---------------------------------------------------------+
 *      | type | ver. | number, u32     | fields, in the order of the row, without padding        |
 *      +------+------+-----------------+---------------------------------------------------------+
 *      u8: 1 byte   i64: 8   text, bytes: u32 length, then so many; a text is UTF-8 that can be shown
 *
 * Example: READY, the request with number 7: 03 02 07 00 00 00. It is answered by ANSWER with the same number, or by
 * FAILED. What a row's answer may be long is part of the row. A packet that does not fit is refused, and does nothing.
 */
#ifndef HEADEND_SIGNING_MESSAGE_H
#define HEADEND_SIGNING_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

#define SIGNING_VERSION      2
#define SIGNING_PACKET_MAX   (384 * 1024) /* bytes: a state's token is the longest */
#define SIGNING_STATE_MAX    (192 * 1024) /* bytes of a state's JSON */
#define SIGNING_TOKEN_MAX    (272 * 1024) /* characters of the token that is made of it */
#define SIGNING_DEVICE_MAX   64           /* bytes of a screen's id */
#define SIGNING_WORD_MAX     16
#define SIGNING_NONCE_MAX    64           /* characters of base64url */
#define SIGNING_COMMANDS_MAX 4096         /* bytes of JSON */
#define SIGNING_REFUSAL_MAX  8192         /* characters of a refusal's token */
#define SIGNING_SECRET_MAX   255          /* bytes of a client's secret */
#define SIGNING_KEPT_MAX     2048         /* characters of what is kept or sent of it */
#define SIGNING_SHOWN_MAX    (32 * 1024)  /* characters of what somebody has shown to sign in */
#define SIGNING_CLEAR_MAX    (20 * 1024)  /* bytes of that */
#define SIGNING_HOSTS_MAX    4096         /* bytes: names and addresses, a space between */
#define SIGNING_DER_MAX      4096         /* bytes of a certificate */
#define SIGNING_OWNER_MAX    79           /* bytes of whose a key is (db/stored_key.h) */
#define SIGNING_FILE_MAX     (128 * 1024) /* bytes */
#define SIGNING_REASON_MAX   383          /* bytes of why not */
#define SIGNING_POINT_SIZE   65
#define SIGNING_KEY_SIZE     32
#define SIGNING_SEALED_SIZE  68 /* bytes of a key as the database has it */
#define SIGNING_KEY_ID_SIZE  8
#define SIGNING_HASH_SIZE    32
#define SIGNING_LENGTH_MAX   (64LL * 1024 * 1024)  /* bytes of a sealed manifest */
#define SIGNING_AT_MAX       INT64_C(253402300799) /* s: 9999-12-31T23:59:59Z */

enum signing_type {
    SIGNING_STATE = 1,      /* device, text: its JSON -> the token */
    SIGNING_REFUSAL,        /* device, name: why, nonce, text: commands as JSON -> the token */
    SIGNING_READY,          /* whether the control key signs */
    SIGNING_UPLOAD_OPEN,    /* device, name: the command, sealed: the upload's token -> its key */
    SIGNING_SIGN_IN_OPEN,   /* device, sealed: the token -> what was shown */
    SIGNING_SECRET_KEEP,    /* device, secret -> what is to be kept */
    SIGNING_SECRET_SEND,    /* device, sealed: what was kept, point: the screen's -> the token for it */
    SIGNING_CERTIFY_SCREEN, /* device, point, moment: its end -> the certificate */
    SIGNING_CERTIFY_SERVER, /* text: hosts -> whether there is a new one */
    SIGNING_KEY_SEAL,       /* id, name: whose, secret: the key -> as the database has it */
    SIGNING_KEY_OPEN,       /* name, sealed -> the key */
    SIGNING_KEY_MAKE,       /* -> the id of the database's key, which is made where there is none */
    SIGNING_KEY_NEXT,       /* -> the id of the one that is to take its place; commands only */
    SIGNING_KEY_SETTLE,     /* id: what the database says is in effect */
    SIGNING_REPO_SETTLE,    /* what was interrupted is finished or undone */
    SIGNING_REPO_UPDATE, /* name: a channel or "", flag: it is removed, length, hash, next_length, next -> whether
                               changed */
    SIGNING_REPO_RENEW_ROOT,
    SIGNING_REPO_FORGET, /* name: a channel whose key is destroyed */
    SIGNING_AUTHORITIES_SETTLE,
    SIGNING_AUTHORITIES_FINISH,
    SIGNING_FILE, /* name: one that the server needs, and may not open itself -> its content */
    SIGNING_REQUESTS_END,

    SIGNING_ANSWER = 0x41, /* flag, secret: what the row says */
    SIGNING_FAILED,        /* flag: enum pp_code, text: why */
    SIGNING_HELLO,         /* the signer has started: what it was asked before is lost */
};

/* Borrowed from the packet, or from whoever asks; no NUL behind it. */
struct signing_bytes {
    const void *data;
    uint32_t size;
};

struct signing_message {
    uint8_t type;    /* enum signing_type */
    uint32_t number; /* of the request */
    /* What the type has of these. */
    struct signing_bytes device, name, nonce, text, secret, sealed, point, id, hash, next;
    int64_t moment;              /* s since 1970 */
    int64_t length, next_length; /* bytes */
    uint8_t flag;
};

struct signing_bytes signing_text(const char *text);
struct signing_bytes signing_data(const void *data, size_t size);
/* A copy with a NUL, of a text that the row keeps below `size`. */
void signing_copy(const struct signing_bytes *text, char *out, size_t size);

bool signing_is_request(unsigned type);
/* Only the process of a command may ask it: the keys' whole, not what a day's work needs. */
bool signing_is_for_commands(unsigned type);
const char *signing_type_name(unsigned type);
/* Whether what is answered to a request has a length that its row allows. */
PP_MUST_USE bool signing_answer_fits(unsigned request, size_t size, struct pp_error *error);

/* Whether every field is within what its row allows. PP_E_INVALID, PP_E_LIMIT. */
PP_MUST_USE bool signing_check(const struct signing_message *message, struct pp_error *error);
/* Appends the packet; the fields as signing_check. */
PP_MUST_USE bool signing_encode(const struct signing_message *message, struct pp_buf *packet,
                                struct pp_error *error);
/* The fields of `message` are borrowed from the packet, and as signing_check says. PP_E_UNSUPPORTED:
 * another version. */
PP_MUST_USE bool signing_decode(const void *packet, size_t size, struct signing_message *message,
                                struct pp_error *error);

#endif
