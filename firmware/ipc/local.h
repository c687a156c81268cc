/*
 * What pingplayctl(8) and the agent say to each other: one packet of a SOCK_SEQPACKET unix socket a message, integers
 * little endian.
 *
 *      0      1      2
 *      +------+------+---------------------------------------------------------+
 *      | type | ver. | fields, in the order of the struct, without padding     |
 *      +------+------+---------------------------------------------------------+
 *      u8, bool: 1 byte   u32: 4   u64, i64: 8   text: u32 length, UTF-8 without control characters but \t and \n
 *
 * Example: LOGS of the last 100 lines, and no following: 04 01 64 00 00 00 00. The client asks once on a connection,
 * the agent answers with REFUSED, or with DOCUMENT, or with any number of LINEs; END is its last word. A packet
 * that does
 * not fit ends the connection, never the process.
 */
#ifndef PP_IPC_LOCAL_H
#define PP_IPC_LOCAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

#define LOCAL_VERSION     1
#define LOCAL_PACKET_MAX  (64 * 1024)             /* bytes: an answer */
#define LOCAL_REQUEST_MAX (20 * 1024)             /* bytes: a request */
#define LOCAL_TEXT_MAX    (LOCAL_PACKET_MAX - 64) /* bytes of a document or line */
#define LOCAL_REASON_MAX  400                     /* bytes */
#define LOCAL_WORD_MAX    16                      /* bytes of a provider's name */
#define LOCAL_DETAIL_MAX  300                     /* bytes of a notice's detail */
#define LOCAL_NETWORK_MAX 32                      /* bytes of an access point's name */
#define LOCAL_PHRASE_MAX  63                      /* bytes of its passphrase */
#define LOCAL_ADDRESS_MAX 63                      /* bytes of what a page is called */
#define LOCAL_PROXY_MAX   511                     /* bytes of each text of a proxy, but: */
#define LOCAL_CA_MAX      8191                    /* bytes of its authorities */
#define LOCAL_KEYTAB_MAX  5468                    /* characters of a keytab, in base64 */
#define LOCAL_DEVICE_MAX  64                      /* characters of a device id */
#define LOCAL_CHAIN_MAX   (32 * 1024)             /* bytes of a certificate and those above it */
#define LOCAL_KEY_MAX     4096                    /* bytes of a key */
#define LOCAL_LINES_MAX   10000                   /* of the log that may be asked for */
#define LOCAL_AT_MAX      INT64_C(253402300799)   /* s: 9999-12-31T23:59:59Z */

enum local_type {
    /* client -> agent */
    LOCAL_STATUS = 1,
    LOCAL_ENROL,
    LOCAL_DIAGNOSE,
    LOCAL_LOGS,
    LOCAL_SCHEDULE,
    LOCAL_STATS,
    LOCAL_MIGRATE,
    LOCAL_RESET,
    LOCAL_SIGN_OUT,
    LOCAL_NOTICE,    /* of pingplay-network(8); no answer but END */
    LOCAL_PROXY,     /* which it goes through */
    LOCAL_SET_PROXY, /* another one, or none */
    LOCAL_KEY,       /* of pingplay-network(8): the device's certificate and key, for 802.1X */
    LOCAL_REQUESTS_END,
    /* agent -> client */
    LOCAL_DOCUMENT = 0x41, /* JSON, as assets/schema/ctl.schema.json has it */
    LOCAL_LINE,
    LOCAL_REFUSED,
    LOCAL_END,
    LOCAL_CREDENTIALS, /* to LOCAL_KEY */
};

/* Why: what pingplayctl's exit status says. */
enum local_refusal {
    LOCAL_DENIED = 1, /* this user may not */
    LOCAL_BUSY,       /* too many clients, or one of these runs already */
    LOCAL_NOT_NOW,    /* not in the state that it is in */
    LOCAL_FAILED,     /* it was tried */
    LOCAL_REFUSAL_END,
};

/* What is said on the screen of a USB stick, or a phone, that hands over a network. */
enum local_notice_kind {
    LOCAL_STICK_TRYING = 1, /* what it says is being tried */
    LOCAL_STICK_DONE,
    LOCAL_STICK_FAILED,  /* it was tried, and did not come up */
    LOCAL_STICK_REFUSED, /* nothing was tried: the file is wrong, or it is not taken now */
    LOCAL_PHONE_OPEN, /* the screen's own access point: how a phone comes there; said again while it is open */
    LOCAL_PHONE_TRYING, /* what a phone has handed over is being tried */
    LOCAL_PHONE_DONE,
    LOCAL_PHONE_CLOSED, /* there is none any more; what was said of it goes */
    LOCAL_NOTICE_END,
};

/* Borrowed from the packet, or from whoever encodes; no NUL behind it. */
struct local_text {
    const char *data;
    uint32_t size; /* bytes */
};

struct local_enrol {
    uint8_t again; /* bool: with a new code */
};
struct local_logs {
    uint32_t lines; /* at most so many of the last */
    uint8_t follow; /* bool: and those to come */
};
struct local_schedule {
    int64_t at_s; /* s since 1970; 0: now */
};
struct local_migrate {
    struct local_text provider; /* "tpm2", "file" */
};
struct local_notice {
    uint8_t kind;             /* enum local_notice_kind */
    struct local_text detail; /* of a phone: why the last try failed, a key of the words */
    /* Of LOCAL_PHONE_OPEN: the access point's name and passphrase, which is a secret, and what the page is called. */
    struct local_text network, passphrase, address;
};
struct local_proxy {
    struct local_text address;  /* "" none; then nothing else counts */
    struct local_text ca;       /* PEM */
    struct local_text except;   /* what is reached without it */
    struct local_text user;     /* it knows us by */
    struct local_text password; /* secret; of the user, or of the principal */
    struct local_text principal, kdc;
    struct local_text keytab; /* secret; base64 */
};
struct local_credentials {
    struct local_text device; /* the certificate's common name; "": there is none, nor a key */
    int64_t end_s;            /* of the certificate, s since 1970 */
    struct local_text chain;  /* PEM */
    struct local_text key;    /* secret; PEM */
};
struct local_line {
    uint64_t lost;  /* lines before it that were not sent: they came faster than they were read */
    int64_t time_s; /* s since 1970 */
    uint8_t level;  /* enum pp_log_level */
    struct local_text text;
};
struct local_refused {
    uint8_t refusal; /* enum local_refusal */
    struct local_text reason;
};

struct local_message {
    enum local_type type;
    union {
        struct local_enrol enrol;
        struct local_logs logs;
        struct local_schedule schedule;
        struct local_migrate migrate;
        struct local_notice notice;
        struct local_proxy proxy;
        struct local_text document;
        struct local_credentials credentials;
        struct local_line line;
        struct local_refused refused;
    };
};

bool local_is_request(enum local_type type);
const char *local_type_name(enum local_type type);
struct local_text local_text_of(const char *text);

/* Appends the packet. PP_E_INVALID, PP_E_LIMIT: a field is out of its range. */
PP_MUST_USE bool local_encode(const struct local_message *message, struct pp_buf *packet,
                              struct pp_error *error);
/* The texts in `message` are borrowed from `packet`. PP_E_UNSUPPORTED: of another version; PP_E_INVALID, PP_E_LIMIT. */
PP_MUST_USE bool local_decode(const void *packet, size_t size, struct local_message *message,
                              struct pp_error *error);

/* On a socket that may be non-blocking. Errors: PP_E_STATE not ready; PP_E_NET the peer is gone. */
PP_MUST_USE bool local_send(int fd, const struct local_message *message, struct pp_error *error);
/* One packet of at most `max` bytes, into `packet`, from which `message` borrows. Descriptors that came with it are
 * dropped. Errors as above, and local_decode's. */
PP_MUST_USE bool local_receive(int fd, size_t max, struct pp_buf *packet, struct local_message *message,
                               struct pp_error *error);

#endif
