/* A value in a JSON document that knows where it stands, so that every refusal names the place. Internal. */
#ifndef PP_CHANNEL_PLACE_H
#define PP_CHANNEL_PLACE_H

#include "base/json.h"
#include "channel/manifest.h"

/* Lives on the stack of the function that looks at the value; `up` on that of its caller. */
struct place {
    const struct place *up;
    const char *name; /* of a member; NULL for an array's item and the document */
    size_t index;     /* of an array's item */
    const cJSON *value;
};

/* e.g. "playlists.welcome.items[3].duration"; "document" for the whole. */
void place_text(const struct place *place, char text[CHANNEL_PATH_MAX]);
/* pp_fail with the place before the message. */
PP_MUST_USE bool place_fail(const struct place *place, enum pp_code code, struct pp_error *error,
                            const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Puts the place before the error that is there; returns false. */
PP_MUST_USE bool place_wrap(const struct place *place, struct pp_error *error);

/* A member, NULL as its value where it is missing or null. */
struct place place_member(const struct place *object, const char *name);
struct place place_item(const struct place *array, size_t index, const cJSON *value);
/* A member that must be there. */
PP_MUST_USE bool place_need(const struct place *object, const char *name, struct place *out,
                            struct pp_error *error);

/* Each checks the kind of what stands there. */
PP_MUST_USE bool place_object(const struct place *place, size_t max_members, struct pp_error *error);
PP_MUST_USE bool place_array(const struct place *place, size_t max_items, struct pp_error *error);
PP_MUST_USE bool place_string(const struct place *place, size_t max, const char **out,
                              struct pp_error *error);
PP_MUST_USE bool place_integer(const struct place *place, int64_t min, int64_t max, int64_t *out,
                               struct pp_error *error);
PP_MUST_USE bool place_number(const struct place *place, double min, double max, double *out,
                              struct pp_error *error);
/* channel_name_valid, copied. */
PP_MUST_USE bool place_name(const struct place *place, char out[CHANNEL_NAME_MAX + 1],
                            struct pp_error *error);
/* The index of the string in a table of `count` words. */
PP_MUST_USE bool place_word(const struct place *place, const char *const *words, size_t count, size_t *out,
                            struct pp_error *error);
PP_MUST_USE bool place_duration(const struct place *place, int64_t min_ms, int64_t max_ms,
                                struct channel_duration *out, struct pp_error *error);

/* Integers that have a default where the member is missing. */
PP_MUST_USE bool place_integer_or(const struct place *object, const char *name, int64_t min, int64_t max,
                                  int64_t otherwise, int64_t *out, struct pp_error *error);

#endif
