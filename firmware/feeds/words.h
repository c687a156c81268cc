/*
 * A value of a feed as the words that a renderer draws (render/status/metric.h), in the display point's language:
 *
 *   1240.5, "%.0f €", English  ->  1,241 €             French  ->  1 241 €
 *
 * Numbers have their thousands apart; what is no number, text or truth is shown as a dash, and so is what is not there.
 */
#ifndef PP_FEEDS_WORDS_H
#define PP_FEEDS_WORDS_H

#include "feeds/document.h"

#define FEEDS_TEXT_MAX 256 /* bytes of a value as text */

/* What the words depend on besides the value. */
struct feeds_look {
    bool french;
    int64_t now;                                  /* s since 1970 */
    int64_t (*local)(void *arg, int64_t seconds); /* of the display point's time zone */
    void *arg;
    unsigned width, height; /* pixels */
};

/* Cut where it is too long. */
void feeds_value_text(const cJSON *value, const char *format, bool french, char text[FEEDS_TEXT_MAX + 1]);
/* The JSON of START_STATUS and DATA into `json`, of `size` bytes; `feed` NULL: nothing is known yet. PP_E_LIMIT. */
PP_MUST_USE bool feeds_metric_json(const struct channel_metric *metric, const struct feed *feed,
                                   const struct feeds_look *look, char *json, size_t size,
                                   struct pp_error *error);
/* When the feed becomes old, s since 1970. */
int64_t feeds_stale_at(const struct feed *feed);

#endif
