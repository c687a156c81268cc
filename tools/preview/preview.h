/* Shows what a job says (job.h) on a display of its own, and sends its pictures (pictures.h). */
#ifndef PREVIEW_PREVIEW_H
#define PREVIEW_PREVIEW_H

#include "preview/job.h"

#define PREVIEW_LIFE_MS    600000 /* then it ends: nobody looks for so long */
#define PREVIEW_SETTLE_MS  5000   /* it is shown as it is by then */
#define PREVIEW_PICTURE_MS 125    /* between two pictures */
#define PREVIEW_REST_MS    500    /* the same, where nothing moves */
#define PREVIEW_REST_AFTER 8      /* pictures that were the same */
#define PREVIEW_STILL_MS   2000   /* until one that goes on moving counts as still */
#define PREVIEW_SHOT_MS    5000   /* a picture that has not come by then does not come */

/* Until nobody looks, the picture is sent that was wanted, or its time is over. */
PP_MUST_USE bool preview_run(struct preview_job *job, struct pp_error *error);

#endif
