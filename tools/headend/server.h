/* The HTTPS server. */
#ifndef HEADEND_SERVER_H
#define HEADEND_SERVER_H

#include "headend/app.h"

#define SERVE_OPTIONS_DEFAULT                                                                                \
    ((struct serve_options){.port = 8443,                                                                    \
                            .code_lifetime_s = 600,                                                          \
                            .poll_interval_s = 5,                                                            \
                            .certificate_s = 365 * 86400,                                                    \
                            .cookie_s = 30 * 86400,                                                          \
                            .connections = 4096,                                                             \
                            .per_address =                                                                   \
                                1024, /* 200 screens behind one router: a poll and up to 4 downloads each */ \
                            .provider_ca = "/etc/ssl/certs/ca-certificates.crt",                             \
                            .request_s = 10})

/* Serves until SIGTERM or SIGINT. */
PP_MUST_USE bool serve(struct home *home, const struct serve_options *options, struct pp_error *error);

#endif
