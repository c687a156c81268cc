/*
 * The markers of a JPEG file (ISO 10918-1, B.1): what its coding is, how large it is, which inks, how many scans.
 *
 *   FF D8 | FF marker, length 2, data | … | FF Cn frame | … | FF DA scan | … | FF DA scan | … | FF D9
 */
#ifndef PP_RENDER_MEDIA_JPEG_H
#define PP_RENDER_MEDIA_JPEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum jpeg_coding { JPEG_BASELINE, JPEG_PROGRESSIVE, JPEG_LOSSLESS, JPEG_ARITHMETIC };

struct jpeg_head {
    enum jpeg_coding coding;
    unsigned width, height; /* pixels */
    unsigned bits;          /* of a sample */
    unsigned components;
    double samples;      /* of all components */
    unsigned scans;      /* until the end of the image; what stands behind the first tells nothing else */
    int adobe_transform; /* 0 none, 1 YCbCr, 2 YCCK (Adobe TN 5116, 18); -1: no such marker */
    size_t adobe_at;     /* bytes from the begin, where Adobe's marker has its name */
};

/* False where there is no frame before the first scan or the end. */
bool jpeg_read_head(const uint8_t *data, size_t size, struct jpeg_head *head);

#endif
