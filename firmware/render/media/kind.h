/*
 * What kind of file an object is, by its first bytes: the one demuxer that reads it, or why it is not shown. So
 * no other demuxer of FFmpeg's ever looks at a stranger's file, and pictures are known that carry others behind
 * them (gain maps and motion photographs of phones, CIPA DC-007), which FFmpeg's own look takes for a film.
 *
 *   JPEG  FF D8 FF (ISO 10918-1)            GIF       "GIF8"
 *   PNG   89 "PNG" 0D 0A 1A 0A              WebP      "RIFF" size "WEBP"
 *   MP4   size "ftyp" brand (ISO 14496-12)  Matroska  1A 45 DF A3 (RFC 8794)
 */
#ifndef PP_RENDER_MEDIA_KIND_H
#define PP_RENDER_MEDIA_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define MEDIA_KIND_HEAD 65536 /* bytes of the file's beginning that are looked at */

enum media_kind { MEDIA_JPEG, MEDIA_PNG, MEDIA_APNG, MEDIA_GIF, MEDIA_WEBP, MEDIA_MP4, MEDIA_MATROSKA };

/* `size` is what there is of the first MEDIA_KIND_HEAD bytes. PP_E_UNSUPPORTED, in words for whoever published it,
 * for what is not shown. */
PP_MUST_USE bool media_kind_find(const uint8_t *head, size_t size, enum media_kind *kind,
                                 struct pp_error *error);

/* FFmpeg's name of the demuxer. */
const char *media_kind_format(enum media_kind kind);
/* One picture, without a time of its own. */
bool media_kind_is_still(enum media_kind kind);

#endif
