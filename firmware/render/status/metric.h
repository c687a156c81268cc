/*
 * A live value as the agent describes it: the JSON of START_STATUS, and of each DATA (ipc/wire.h).
 *
 *   {"screen": "metric", "width": 960, "height": 540, "label": "Sales today", "value": "1,240 €", "trend": "up",
 *    "note": "Updated 14:32", "stale": false}
 *
 * All words are the agent's. `trend` is "up", "down" or "" (none); where it is `stale` the note is in the colour of
 * what needs attention, and the value is paler. A size that changes is that of another layer: it is refused.
 */
#ifndef PP_RENDER_STATUS_METRIC_H
#define PP_RENDER_STATUS_METRIC_H

#include <cairo.h>

#include "base/error.h"
#include "render/status/font.h"

#define METRIC_SIDE_MIN  16 /* pixels */
#define METRIC_SIDE_MAX  4096
#define METRIC_LABEL_MAX 200 /* bytes */
#define METRIC_VALUE_MAX 300 /* bytes */
#define METRIC_NOTE_MAX  100 /* bytes */

enum metric_trend { METRIC_NO_TREND, METRIC_UP, METRIC_DOWN };

struct metric {
    unsigned width, height; /* pixels */
    char label[METRIC_LABEL_MAX + 1], value[METRIC_VALUE_MAX + 1], note[METRIC_NOTE_MAX + 1];
    enum metric_trend trend;
    bool stale;
};

/* Whether the JSON is of one, rather than a status screen. */
bool metric_is(const char *json);
PP_MUST_USE bool metric_parse(const char *json, struct metric *metric, struct pp_error *error);
/* Fills all of `cr`, opaque. */
void metric_paint(const struct metric *metric, const struct font *font, cairo_t *cr);

#endif
