/* A screen as the list and its own page show it. Callers hold db_lock. */
#ifndef HEADEND_PAGES_DEVICE_H
#define HEADEND_PAGES_DEVICE_H

#include "headend/ops/device.h"
#include "headend/pages/page.h"

#define PAGE_TIME_SIZE sizeof "2026-01-31 23:59 UTC"

/* "2026-01-31 23:59 UTC" of seconds since 1970. */
void page_time(int64_t seconds, char text[PAGE_TIME_SIZE]);

/* What states are called in the page's language. */
void page_state_names(const struct page *page, const char *names[DEVICE_STATES]);

/* Sets id, name, site, channel (its title), empty_channel, state, state_text, ago, fingerprint, and where it needs
 * help, code, trouble_text (what that code means, in the page's language) and trouble (what the screen says
 * itself). */
PP_MUST_USE bool page_set_device(struct page *page, struct db *db, const struct device *device, int64_t now,
                                 struct pp_error *error);

#endif
