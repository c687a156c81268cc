/* A manifest that is right, and ways to break it. */
#ifndef TEST_CHANNEL_SAMPLE_H
#define TEST_CHANNEL_SAMPLE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/json.h"
#include "channel/manifest.h"
#include "channel/schedule.h"

/* Design's example, more or less; the caller deletes it. */
cJSON *sample_json(void);
/* The value at a path like "playlists.welcome.items[3].duration", which must be there. */
cJSON *sample_at(cJSON *json, const char *path);
/* Puts `value` (JSON text) at the path; NULL removes what is there. */
void sample_set(cJSON *json, const char *path, const char *value);
/* Parses; deletes the JSON. */
struct channel_manifest *sample_parse(cJSON *json, struct pp_error *error);
/* The same; fails the test when it is refused. */
struct channel_manifest *sample_manifest(cJSON *json);

#endif
