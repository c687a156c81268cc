/*
 * A small picture of what a renderer has shown. What is made here is made of pixels that lie in the frame ring, whose
 * layout was checked (ipc/ring.h); no byte of a file from outside is looked at.
 */
#ifndef HEADEND_INGEST_THUMBNAIL_H
#define HEADEND_INGEST_THUMBNAIL_H

#include "base/buf.h"
#include "ipc/ring.h"

#define THUMBNAIL_SIDE_MAX 320          /* pixels, of the longer side */
#define THUMBNAIL_MAX      (512 * 1024) /* bytes of the PNG: more than its pixels have */

/* Appends a PNG of the picture in that slot, in its proportions, with what is transparent of it. */
PP_MUST_USE bool thumbnail_make(const struct ipc_video_ring *ring, unsigned slot, struct pp_buf *png,
                                struct pp_error *error);

#endif
