/*
 * Whether what a client sends is framed as HTTP/1.1 says, to the letter (RFC 9112; RFC 9110 §5). A server and a
 * proxy that read the same bytes as different requests let one client speak in the name of another ("request
 * smuggling"), so whatever can be read in two ways is broken here:
 *
 *   POST /v1/status HTTP/1.1 CRLF          one space each, HTTP/1.0 or 1.1, no bytes but those of a URI
 *   Host: screens.example.org CRLF         exactly one (in HTTP/1.1); no space before a colon, no folded line
 *   Content-Length: 5 CRLF                 digits, at most one, and not with Transfer-Encoding
 *   CRLF                                   lines end with CR LF, never with one of the two
 *   hello
 *
 * or Transfer-Encoding: chunked, and nothing else of it, with chunks "5 CRLF hello CRLF 0 CRLF CRLF".
 *
 * It reads beside libmicrohttpd, whose versions differ in what they forgive, and says of the bytes so far how many
 * requests were in order.
 */
#ifndef HEADEND_HTTP_FRAMING_H
#define HEADEND_HTTP_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAMING_NAME_MAX       20 /* bytes with the NUL; longer field names are none of ours */
#define FRAMING_VALUE_MAX      24 /* bytes with the NUL, of Content-Length and Transfer-Encoding */
#define FRAMING_LENGTH_MAX     ((uint64_t)1 << 40) /* bytes of a body, announced */
#define FRAMING_CHUNK_SIZE_MAX 8                   /* digits */
#define FRAMING_EXTENSION_MAX  256                 /* bytes of a chunk's extensions */

struct framing {
    int state;
    uint64_t heads;     /* requests whose head was in order */
    uint64_t whole;     /* and whose body was, to its end */
    const char *broken; /* why nothing is read any more, NULL while all is well */
    size_t count;       /* in the present token */
    uint64_t left;      /* bytes of the body or of the chunk */
    char name[FRAMING_NAME_MAX], value[FRAMING_VALUE_MAX];
    bool value_long; /* longer than `value` */
    bool old;        /* HTTP/1.0 */
    bool chunked, length, trailers;
    unsigned hosts;
};

/* A connection at its beginning is all zeros. */
void framing_read(struct framing *framing, const void *data, size_t size);

#endif
