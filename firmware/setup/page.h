/* The pages of pingplay-setup(8): its templates and words (assets/setup), filled in. */
#ifndef PP_SETUP_PAGE_H
#define PP_SETUP_PAGE_H

#include "network/setup_link.h"
#include "page/strings.h"
#include "setup/typed.h"

#define PAGE_MAX (128 * 1024) /* bytes */

/* What all pages of one opening are made of. */
struct setup_pages {
    const struct setup_opening *opening;
    const struct strings *strings;
    char token[TYPED_TOKEN_SIZE];
    bool taken; /* a phone has named a network, which is tried next */
};

/* Each appends a whole page in `language` ("en", "fr"). */
PP_MUST_USE bool page_list(const struct setup_pages *pages, const char *language, struct pp_buf *out,
                           struct pp_error *error);
/* The form of one network; of one that does not say its name where `network` is NULL. `wrong`: as typed_read has it, or
 * NULL. */
PP_MUST_USE bool page_network(const struct setup_pages *pages, const char *language,
                              const struct scan_network *network, const char *wrong, struct pp_buf *out,
                              struct pp_error *error);
PP_MUST_USE bool page_trying(const struct setup_pages *pages, const char *language, struct pp_buf *out,
                             struct pp_error *error);

/* A file that a page names: "style.css". NULL: there is none for a browser. */
const struct embedded_file *page_file(const char *name, const char **type);

#endif
