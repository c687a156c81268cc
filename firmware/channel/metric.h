/*
 * What an item of kind "metric" shows of a feed:
 *
 *   {"kind": "metric", "feed": "sales", "pointer": "/today/total", "label": "Sales today", "format": "%.0f €"}
 *
 * `pointer` names a place in the feed's value (RFC 6901; without one the whole value), `format` has one "%.Nf" (N
 * digits behind the point, 0 to 6), "%d" (none) or "%s" (as it is), and text around it; "%%" is a percent sign. Nothing
 * of it goes to printf.
 */
#ifndef PP_CHANNEL_METRIC_H
#define PP_CHANNEL_METRIC_H

#include "channel/parse.h"

struct metric_format {
    char before[CHANNEL_METRIC_FORMAT_MAX + 1], after[CHANNEL_METRIC_FORMAT_MAX + 1];
    int decimals; /* -1: the value as it is */
};

PP_MUST_USE bool metric_format_read(const char *text, struct metric_format *format);
/* Whether it is a pointer as RFC 6901 §3 has them. */
bool metric_pointer_valid(const char *pointer);

/* Internal to the module: the item's own part; `*out` is the item's, also on failure. */
PP_MUST_USE bool channel_parse_metric(const struct place *item, const struct channel_manifest *manifest,
                                      struct channel_item *out, struct pp_error *error);

#endif
