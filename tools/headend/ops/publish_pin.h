/*
 * Content as it was when a publish was asked for: which version of its file, and when it may be shown.
 *
 *   {"4f0c2f9e-…": {"version": 3, "valid_from": 0, "valid_to": 1893456000}}
 *
 * What a version of a channel had is pinned by its version alone: {"4f0c2f9e-…": 3}.
 */
#ifndef HEADEND_OPS_PUBLISH_PIN_H
#define HEADEND_OPS_PUBLISH_PIN_H

#include "base/json.h"
#include "headend/ops/content.h"

struct publish_pin {
    int64_t version;
    bool has_validity;
    int64_t valid_from, valid_to; /* s since 1970; 0: always */
};
/* False where that content is not pinned. */
bool publish_pin_find(const cJSON *pins, const char *content, struct publish_pin *pin);
void publish_pin_add(cJSON *pins, const struct content *content);

#endif
