/*
 * What `serve` may be told, by its command line or by a file (pingplay-headend.conf(5)): DIR/serve.conf where there
 * is one, or what --config names. What the command line says counts, then the file, then what is set here.
 */
#ifndef HEADEND_SERVE_CONFIG_H
#define HEADEND_SERVE_CONFIG_H

#include "base/config.h"
#include "headend/server/app.h"

#define SERVE_CONFIG_FILE "serve.conf" /* in the headend's folder */

struct serve_config {
    struct serve_options options;
    const char *dir;
    char texts[7][PP_CONFIG_VALUE_MAX]; /* of the file: what options point into */
};

/* PP_E_INVALID and PP_E_LIMIT say what is wrong, of the file with FILE:LINE. Borrows argv. */
PP_MUST_USE bool serve_config_read(struct serve_config *config, int argc, char **argv,
                                   struct pp_error *error);

#endif
