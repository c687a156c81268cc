/*
 * What the signed state says of this display point's access (design §6), its member "access":
 *
 *   {"mode": "cookie"}
 *
 * Without it the mode is "certificate".
 */
#ifndef PP_ACCESS_POLICY_H
#define PP_ACCESS_POLICY_H

#include <cjson/cJSON.h>

#include "access/mode.h"

#define ACCESS_MODE_NAME_MAX 31 /* bytes */

struct access_policy {
    const struct access_mode *mode; /* NULL: no state was read yet */
};

/* Of a whole state. PP_E_INVALID or PP_E_LIMIT name the field; PP_E_UNSUPPORTED: a mode that is not known here. */
bool access_policy_parse(const cJSON *state, struct access_policy *out, struct pp_error *error);

#endif
