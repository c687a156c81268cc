/* Requests about a screen (operations.h), made of what people type: on a command line, in a form. */
#ifndef HEADEND_OPS_SCREEN_REQUEST_H
#define HEADEND_OPS_SCREEN_REQUEST_H

#include "base/json.h"
#include "headend/ops/device.h"
#include "headend/ops/person_session.h"

/* {"screen": ID}; NULL for `id`: {}. The caller deletes it; NULL without memory. */
cJSON *screen_request(const char *id);
/* Adds the settings that are named. PP_E_INVALID where one is no good. */
PP_MUST_USE bool screen_request_settings(cJSON *request, const struct device_settings *settings,
                                         struct pp_error *error);

/* The request of "screen.access". */
cJSON *screen_request_access(const char *id, const struct person_settings *settings);

#endif
