/* The fields of the forms about a screen, which approval and the screen's own page share. Callers hold db_lock. */
#ifndef HEADEND_PAGES_FIELDS_H
#define HEADEND_PAGES_FIELDS_H

#include "headend/pages/page.h"

#define FIELD_TIME_ZONE_UNKNOWN "enrol.wrong.time_zone" /* the text about a time zone that there is not */

/* What a form says. `settings` points into it and into the form: it is not copied. */
struct screen_fields {
    struct device_settings settings;
    char channel[CHANNEL_ID_MAX + 1], channel_title[TEXT_NAME_MAX + 1]; /* one that was named in the form */
    char time_zone[TIME_ZONE_MAX + 1];                                  /* the one that was meant */
};

/* Reads a form. Returns the key of the text about the first field that is no good; NULL when all are good. */
const char *screen_fields_read(const struct request *request, struct screen_fields *fields);

/* What stands in the fields. */
struct screen_values {
    const char *name, *site, *channel, *new_channel, *time_zone, *locale, *rotation, *offline_mark;
    const char *lock_after, *erase_after; /* "never", "7d" */
    bool channel_chosen;                  /* else the first of the list is proposed */
};
/* Those that were typed, to stand there again after a mistake. */
struct screen_values screen_values_typed(const struct form *form);
/* Sets them in the page, with what there is to choose from: for fields-name.html, fields-channel.html and
 * fields-local.html, which become its {{{name_fields}}}, {{{channel_fields}}} and {{{local_fields}}}. */
PP_MUST_USE bool screen_fields_show(struct request *request, struct page *page,
                                    const struct screen_values *values, struct pp_error *error);

#endif
