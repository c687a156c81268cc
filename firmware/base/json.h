/*
 * JSON (RFC 8259) from people we do not trust, over cJSON: parsed under caps, in valid UTF-8, without
 * duplicate names and without U+0000, and read through accessors that name the field in their error.
 */
#ifndef PP_BASE_JSON_H
#define PP_BASE_JSON_H

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"

#define PP_JSON_DEPTH_MAX   32               /* nested arrays and objects */
#define PP_JSON_VALUES_MAX  262144           /* in one document: each takes 100 bytes of memory and more */
#define PP_JSON_INTEGER_MAX 9007199254740991 /* 2^53 - 1, exact in every implementation */

/* cJSON_Delete, and every text in it is wiped first: keys and tokens stand in documents. NULL is allowed. */
void pp_json_destroy(cJSON *value);
PP_DEFINE_AUTO(pp_json, cJSON, pp_json_destroy)
#define pp_autojson PP_CLEANUP(pp_json_auto)

static inline void pp_json_text_auto(char **text) {
    cJSON_free(*text);
}
/* For text from cJSON_Print… */
#define pp_autojsontext PP_CLEANUP(pp_json_text_auto)

/* The whole text is one value (white space around it is allowed). The caller destroys it. NULL with
 * PP_E_INVALID or PP_E_LIMIT (more than `max` bytes, nested too deep, or too many values). */
cJSON *pp_json_parse(const void *text, size_t size, size_t max, struct pp_error *error);

/* Canonical JSON (OLPC form, as TUF uses it): names sorted by bytes, no white space, strings escape only '"'
 * and '\', integers only. Appends to `out`; PP_E_INVALID for a number with a fraction. */
PP_MUST_USE bool pp_json_canonical(const cJSON *value, struct pp_buf *out, struct pp_error *error);

/* Makes a text of anybody's, perhaps cut anywhere, fit for a JSON document and a screen: control characters
 * become spaces, bytes that are not UTF-8 '?'. */
void pp_json_tidy(char *text);

/* Required members. `*out` is borrowed from `object`. Errors name the member. */
PP_MUST_USE bool pp_json_string(const cJSON *object, const char *name, size_t max, const char **out,
                                struct pp_error *error);
/* The same into `out`, of max + 1 bytes; and one that may be absent, which is "" then, into `size` bytes. */
PP_MUST_USE bool pp_json_copy(const cJSON *object, const char *name, size_t max, char *out,
                              struct pp_error *error);
PP_MUST_USE bool pp_json_copy_optional(const cJSON *object, const char *name, char *out, size_t size,
                                       struct pp_error *error);
PP_MUST_USE bool pp_json_integer(const cJSON *object, const char *name, int64_t min, int64_t max,
                                 int64_t *out, struct pp_error *error);
PP_MUST_USE bool pp_json_number(const cJSON *object, const char *name, double min, double max, double *out,
                                struct pp_error *error);
PP_MUST_USE bool pp_json_boolean(const cJSON *object, const char *name, bool *out, struct pp_error *error);
PP_MUST_USE bool pp_json_object(const cJSON *object, const char *name, const cJSON **out,
                                struct pp_error *error);
PP_MUST_USE bool pp_json_array(const cJSON *object, const char *name, size_t max_items, const cJSON **out,
                               struct pp_error *error);
PP_MUST_USE bool pp_json_time(const cJSON *object, const char *name, int64_t *seconds,
                              struct pp_error *error);

/* Whether there is such a member and it is not null: optional members are asked for first. */
bool pp_json_has(const cJSON *object, const char *name);

#endif
