/*
 * An HTTP/1.1 answer as the headend gives them (RFC 9112): a status line, header lines, and a body of Content-Length
 * bytes. Anything that is framed in another way is refused, so that no answer is taken for whole that is not.
 */
#ifndef FLEET_ANSWER_H
#define FLEET_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANSWER_HEAD_MAX    (16 * 1024)   /* bytes */
#define ANSWER_BODY_MAX    (1024 * 1024) /* bytes */
#define ANSWER_ETAG_SIZE   128
#define ANSWER_TYPE_SIZE   64
#define ANSWER_COOKIE_SIZE 256

struct answer {
    int status;                      /* 100 … 599 */
    char etag[ANSWER_ETAG_SIZE];     /* "" none */
    char type[ANSWER_TYPE_SIZE];     /* Content-Type; "" none */
    char cookie[ANSWER_COOKIE_SIZE]; /* NAME=VALUE of Set-Cookie; "" none */
    int64_t retry_after_s;           /* -1 none */
    bool closes;                     /* Connection: close */
    const char *body;                /* borrowed from what was parsed */
    size_t body_size;
    size_t size; /* bytes of all of it */
};

enum answer_found { ANSWER_PART, ANSWER_WHOLE, ANSWER_BROKEN };

/* Looks at the first `size` bytes that came. */
enum answer_found answer_parse(const char *data, size_t size, struct answer *answer);

#endif
