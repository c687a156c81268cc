/*
 * Error answers: application/problem+json (RFC 9457), and the error line made of one.
 *
 *   {"type": "about:blank", "title": "Not found", "status": 404, "detail": "no such object", "code":
 * "no_object"}
 */
#ifndef PP_NET_PROBLEM_H
#define PP_NET_PROBLEM_H

#include <stddef.h>

#include "base/error.h"
#include "net/client.h"

#define NET_PROBLEM_MAX      (16 * 1024) /* bytes of the document */
#define NET_PROBLEM_TEXT_MAX 256         /* bytes of a text with the NUL; longer ones are refused */
#define NET_PROBLEM_CODE_MAX 64

struct net_problem {
    int status;                        /* 0: absent */
    char type[NET_PROBLEM_TEXT_MAX];   /* "" absent, which stands for about:blank */
    char title[NET_PROBLEM_TEXT_MAX];  /* "" absent */
    char detail[NET_PROBLEM_TEXT_MAX]; /* "" absent */
    char code[NET_PROBLEM_CODE_MAX];   /* "" absent; our own extension member */
};

PP_MUST_USE bool net_problem_parse(const void *text, size_t size, struct net_problem *problem,
                                   struct pp_error *error);

/* Whether a whole answer is a problem document, by its media type and its content. */
bool net_response_problem(const struct net_response *response, struct net_problem *problem);

/* True for a whole answer with a 2xx status. Else fills `error`: the call's own failure, or PP_E_DENIED (401,
 * 403), PP_E_NOTFOUND (404, 410), PP_E_HTTP with "HTTP 409: title: detail (code)" as far as the answer tells.
 */
PP_MUST_USE bool net_response_check(const struct net_response *response, struct pp_error *error);

#endif
