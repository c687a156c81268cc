/*
 * What is asked of who looks at files from outside (looker.h), and what it answers: one packet of a SOCK_SEQPACKET
 * socket each, exact. Integers little endian:
 *
 *      0      1      2
 *      +------+------+---------------------------------------------------------+
 *      | type | ver. | fields, in the order of the row, without padding        |
 *      +------+------+---------------------------------------------------------+
 *      u8: 1 byte   u32: 4   u64: 8   key: 32   text, bytes: u32 length, then so many; a text can be shown
 *
 * LOOK comes with two descriptors: the sealed file, and the socket that its answers go to, which are some PIECEs of the
 * sealed thumbnail, in their order, and then SEEN; or REFUSED. Whoever ends before one of those has not looked.
 * Example: REFUSED with PP_E_LIMIT and the reason "big": 43 01 02 03 00 00 00 62 69 67.
 */
#ifndef HEADEND_INGEST_MESSAGE_H
#define HEADEND_INGEST_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "ipc/packet.h"

#define INGEST_VERSION    1
#define INGEST_PACKET_MAX (40 * 1024) /* bytes */
#define INGEST_PIECE_MAX  (32 * 1024) /* bytes */
#define INGEST_KEY_SIZE   32
#define INGEST_OWNER_MAX  79            /* bytes of what a thumbnail is sealed as */
#define INGEST_FOLDER_MAX 511           /* bytes of the renderers' folder */
#define INGEST_NAME_MAX   31            /* bytes of a media type */
#define INGEST_WORDS_MAX  383           /* bytes of why not, or of what is lost */
#define INGEST_SEALED_MAX (1024 * 1024) /* bytes of a sealed thumbnail */
#define INGEST_FDS        2             /* beside LOOK: enum ingest_fd */

enum ingest_type {
    INGEST_LOOK = 1, /* task, length, key, owner, folder */
    INGEST_PIECE = 0x41,
    INGEST_SEEN,    /* name, flags, width, height, duration_ms, clear, sealed, words */
    INGEST_REFUSED, /* code, words */
};
enum ingest_fd { INGEST_FD_OBJECT, INGEST_FD_ANSWERS };

enum ingest_task {
    INGEST_TASK_LOOK,  /* what it is, whether screens can show it, and its thumbnail */
    INGEST_TASK_IMAGE, /* whether screens can show it, as that */
    INGEST_TASK_FILM,
};
enum ingest_flag { INGEST_FILM = 1, INGEST_MOVES = 2, INGEST_SOUND = 4 };

/* Borrowed from the packet, or from whoever sends; no NUL behind it. */
struct ingest_bytes {
    const void *data;
    uint32_t size;
};

struct ingest_message {
    uint8_t type; /* enum ingest_type */
    /* What the type has of these. */
    uint8_t task;    /* enum ingest_task */
    uint64_t length; /* bytes of the sealed file */
    uint8_t key[INGEST_KEY_SIZE];
    struct ingest_bytes owner;  /* what the thumbnail is sealed as */
    struct ingest_bytes folder; /* of the renderers */
    struct ingest_bytes data;   /* of the sealed thumbnail */
    struct ingest_bytes name;   /* RFC 6838; "" but for INGEST_TASK_LOOK */
    uint8_t flags;              /* enum ingest_flag */
    uint32_t width, height;     /* pixels */
    uint32_t duration_ms;       /* 0: none, or not known */
    uint32_t clear, sealed;     /* bytes of the thumbnail; 0: there is none */
    uint8_t code;               /* enum pp_code */
    struct ingest_bytes words;  /* in English, for a person; anybody's bytes: pp_json_tidy */
};

struct ingest_bytes ingest_text(const char *text);
/* A copy with a NUL, of a text that the row keeps below `size`; tidied. */
void ingest_copy(const struct ingest_bytes *text, char *out, size_t size);
const char *ingest_type_name(unsigned type);

/* Appends the packet. PP_E_INVALID, PP_E_LIMIT: a field is not as its row says. */
PP_MUST_USE bool ingest_encode(const struct ingest_message *message, struct pp_buf *packet,
                               struct pp_error *error);
/* What `message` has is borrowed from the packet. PP_E_UNSUPPORTED: another version. */
PP_MUST_USE bool ingest_decode(const void *packet, size_t size, struct ingest_message *message,
                               struct pp_error *error);

/* One packet with the descriptors of its row, borrowed (NULL: none). Errors as ipc_packet_send's. */
PP_MUST_USE bool ingest_send(int socket, const struct ingest_message *message, const int fds[INGEST_FDS],
                             struct pp_error *error);

/* One that came, and what it is borrowed from. */
struct ingest_packet {
    uint8_t bytes[INGEST_PACKET_MAX]; /* may hold a key */
    struct ipc_packet packet;
    struct ingest_message message;
};
/* Errors as ipc_packet_receive's, and as ingest_decode's; a message with more or fewer descriptors than its row has is
 * PP_E_INVALID. On failure nothing is left to close. */
PP_MUST_USE bool ingest_receive(int socket, struct ingest_packet *packet, struct pp_error *error);
/* Wipes it, and closes the descriptors that were not taken. */
void ingest_packet_finish(struct ingest_packet *packet);

#endif
