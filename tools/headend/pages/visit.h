/*
 * Pages on which somebody signs in: nobody has a session yet, so the form is tied to this browser by a cookie of its
 * own (csrf.h), and is shown again where it did not work.
 */
#ifndef HEADEND_PAGES_VISIT_H
#define HEADEND_PAGES_VISIT_H

#include "headend/pages/page.h"

/* Starts a page with such a form. False: it is answered. */
bool page_visit_start(struct page *page, const struct request *request, struct reply *reply);
/* Answers with it. */
void page_visit_reply(struct page *page, const struct request *request, struct reply *reply, unsigned status,
                      const char *file);

/* Reads the form. False: it is not of a page of ours, and answered. */
bool page_visit_form(struct request *request, struct reply *reply);

#endif
