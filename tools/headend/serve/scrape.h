/* GET /metrics: what there is to be counted (server/metrics.h, ops/figures.h), for whoever watches over the server. */
#ifndef HEADEND_SERVE_SCRAPE_H
#define HEADEND_SERVE_SCRAPE_H

#include "headend/server/route.h"

#define SCRAPE_TOKEN_LEAST 16 /* characters of a token … */
#define SCRAPE_TOKEN_MOST  256
#define SCRAPE_TEXT_MAX    (4 * 1024 * 1024) /* bytes of an answer */

/* Whether a token's file is one that can be used: one line of that many visible characters. It is read anew at each
 * request, so that one that was changed counts at once. */
PP_MUST_USE bool scrape_check_token(const char *file, struct pp_error *error);

/* Who may ask: with a token's file, whoever shows it (RFC 6750), and nobody else; without one, this machine, unless a
 * proxy on it passes somebody's request on. */
void scrape_handle(struct request *request, struct reply *reply);

#endif
