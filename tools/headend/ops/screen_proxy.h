/*
 * The proxy that a screen is to go through, in its state's settings (firmware/agent/state_proxy.h). Its password is
 * encrypted to the screen's agreement key (JWE) when it is set, and only so kept: nobody who has the database, this
 * headend included, can read it again. A screen with another agreement key has the one that it was given already, or
 * has to be given it anew.
 */
#ifndef HEADEND_OPS_SCREEN_PROXY_H
#define HEADEND_OPS_SCREEN_PROXY_H

#include <cjson/cJSON.h>

#include "headend/db/db.h"
#include "headend/ops/device.h"

#define SCREEN_PROXY_TYPE "pingplay-proxy-credentials"

/* NULL texts are "". */
struct screen_proxy {
    const char *address; /* "" the screen is to go without one */
    const char *ca;      /* PEM */
    const char *except;
    const char *user;
    const char *password; /* secret */
};

/* In words for whoever has written it: the screen's own rules. */
PP_MUST_USE bool screen_proxy_check(const struct screen_proxy *proxy, int64_t now_s, struct pp_error *error);
/* Checked. PP_E_STATE where there is a password, and the screen has announced no key to encrypt it to yet. */
PP_MUST_USE bool screen_proxy_set(struct db *db, const struct device *device,
                                  const struct screen_proxy *proxy, struct pp_error *error);
/* This headend does not say any more: the screen keeps what it has. */
PP_MUST_USE bool screen_proxy_unset(struct db *db, const struct device *device, struct pp_error *error);
/* As the state has it; NULL with PP_OK where nothing is said. The caller deletes it. */
cJSON *screen_proxy_json(struct db *db, const char *device, struct pp_error *error);

#endif
