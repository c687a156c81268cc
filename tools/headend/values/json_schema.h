/*
 * Whether a value is as a JSON Schema says (https://json-schema.org/draft/2020-12): a strict subset of the draft, since
 * Debian has no validator of it in C. What stands here is what the draft says it is; a schema with any other keyword is
 * refused by its name, and none is passed over.
 *
 *   type enum const                                    minimum maximum exclusiveMinimum exclusiveMaximum
 *   properties required additionalProperties           minLength maxLength (characters)
 *   minProperties maxProperties                        items prefixItems minItems maxItems
 *   allOf anyOf oneOf not                              true and false as schemas
 *   $schema (that draft) $comment title description default examples deprecated: say something, and ask for nothing
 *
 * There is no $ref, so that checking ends, and no pattern, whose time nothing would bound. A check takes at most
 * SCHEMA_STEPS_MAX steps, whatever schema and value are.
 */
#ifndef HEADEND_VALUES_JSON_SCHEMA_H
#define HEADEND_VALUES_JSON_SCHEMA_H

#include "base/json.h"

#define SCHEMA_SIZE_MAX   (16 * 1024)   /* bytes of a schema's text */
#define SCHEMA_STEPS_MAX  (1024 * 1024) /* schemas applied to values, and values compared */
#define SCHEMA_PLACE_SIZE 256           /* bytes of a place, with the NUL */

/* A place in a value or a schema (RFC 6901): "/today/total", "" the whole; a long one ends in "...". */
struct schema_fault {
    char place[SCHEMA_PLACE_SIZE];
};

/* Whether it is a schema that can be checked by. PP_E_INVALID with the place in the schema. */
PP_MUST_USE bool schema_check(const cJSON *schema, struct schema_fault *fault, struct pp_error *error);

/* Whether the value is as the schema, which schema_check has found good, says. PP_E_INVALID with the place in the value
 * of the first fault; PP_E_LIMIT where it takes too many steps. */
PP_MUST_USE bool schema_validate(const cJSON *schema, const cJSON *value, struct schema_fault *fault,
                                 struct pp_error *error);

#endif
