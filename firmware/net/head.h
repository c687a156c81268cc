/* The header lines of an answer as they arrive, under caps, and what the client reads from them (RFC 9110).
 */
#ifndef PP_NET_HEAD_H
#define PP_NET_HEAD_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "net/client.h"

struct net_head {
    struct pp_buf text; /* "name\0value\0…" */
    size_t count;
    size_t lines; /* of all heads of this call, 1xx ones and trailers included: they count against the caps */
    size_t bytes; /* likewise */
    bool complete; /* the blank line of the last one came; what follows are trailers */
};

#define NET_NOT_HTTP  "the answer is not HTTP as it should be"

#define NET_HEAD_INIT ((struct net_head){.text = PP_BUF_INIT(NET_RESPONSE_HEADER_MAX + 2)})

/* One line as it came, with its end. A status line ("HTTP/…") begins anew; trailers are counted and dropped.
 */
PP_MUST_USE bool net_head_line(struct net_head *head, const char *line, size_t size, struct pp_error *error);

/* Moves the lines into `response` (whose status is set) and fills its fields. `range_from` is what was asked
 * for: a 206 must begin there. `now_s` serves a Retry-After date where the answer has no Date. */
PP_MUST_USE bool net_head_finish(struct net_head *head, uint64_t range_from, int64_t now_s,
                                 struct net_response *response, struct pp_error *error);

void net_response_init(struct net_response *response, size_t body_max);

#endif
