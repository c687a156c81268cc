/*
 * A channel's draft made ready to be looked at (tools/preview): the manifest that publishing it at some instant would
 * make, with its content as it stands sealed in the library. Nothing is signed, and nothing gets into the repository.
 */
#ifndef HEADEND_OPS_PREVIEW_H
#define HEADEND_OPS_PREVIEW_H

#include "headend/db/db.h"

#define PREVIEW_SIDE_MIN 16  /* pixels */
#define PREVIEW_SIDE_MAX 960 /* pixels */

struct preview_wanted {
    int64_t width, height; /* pixels of the display */
    bool still;            /* one picture */
    int64_t at;            /* s since 1970; 0: now */
    const char *time_zone; /* of the screen, an IANA name that there is */
};

/* The job, for the program: it has keys in it, so who frees it wipes it. NULL on failure: as publication_make, and
 * PP_E_NOTFOUND where there is no such channel. Callers hold db_lock. */
char *preview_compose(struct db *db, const char *channel, const struct preview_wanted *wanted,
                      const char *programs, struct pp_error *error);

#endif
