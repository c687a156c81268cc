#include "render/media/jpeg.h"

#include <string.h>

#define START_OF_SCAN 0xda
#define END_OF_IMAGE  0xd9
#define ADOBE         0xee
#define STUFFED       0x00 /* of the data of a scan */

static unsigned big_endian(const uint8_t *bytes) {
    return (unsigned)bytes[0] << 8 | bytes[1];
}

/* SOF0 to SOF15 without DHT, JPG and DAC, which stand between them. */
static bool is_frame(uint8_t marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

static bool stands_alone(uint8_t marker) {
    return marker == STUFFED || marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

static enum jpeg_coding coding_of(uint8_t marker) {
    static const enum jpeg_coding codings[] = {JPEG_BASELINE, JPEG_BASELINE, JPEG_PROGRESSIVE, JPEG_LOSSLESS};
    return marker >= 0xc9 ? JPEG_ARITHMETIC : codings[marker & 3];
}

/* Each component has three bytes: number, sampling factors (horizontal << 4 | vertical), table. */
static double count_samples(const uint8_t *data, size_t size, const struct jpeg_head *head) {
    unsigned most_x = 1, most_y = 1, sum = 0;
    for (size_t at = 6; at + 3 <= size && at < 6 + 3 * (size_t)head->components; at += 3) {
        unsigned x = data[at + 1] >> 4, y = data[at + 1] & 15;
        most_x = x > most_x ? x : most_x;
        most_y = y > most_y ? y : most_y;
        sum += x * y;
    }
    return (double)head->width * head->height * sum / (most_x * most_y);
}

static void read_segment(uint8_t marker, const uint8_t *data, size_t size, size_t at,
                         struct jpeg_head *head) {
    if (marker == ADOBE && size >= 12 && memcmp(data, "Adobe", 5) == 0) {
        head->adobe_transform = data[11];
        head->adobe_at = at;
    }
    if (!is_frame(marker) || size < 6)
        return;
    head->coding = coding_of(marker);
    head->bits = data[0];
    head->height = big_endian(data + 1);
    head->width = big_endian(data + 3);
    head->components = data[5];
    head->samples = count_samples(data, size, head);
}

bool jpeg_read_head(const uint8_t *data, size_t size, struct jpeg_head *head) {
    *head = (struct jpeg_head){.adobe_transform = -1};
    for (size_t at = 2; at + 4 <= size;) {
        uint8_t marker = data[at + 1];
        if (data[at] != 0xff || marker == 0xff) { /* bytes of filling */
            at++;
            continue;
        }
        if (marker == END_OF_IMAGE)
            break;
        at += 2;
        if (stands_alone(marker))
            continue;
        size_t length = big_endian(data + at);
        if (length < 2 || length > size - at)
            break;
        head->scans += marker == START_OF_SCAN;
        if (head->scans == 0)
            read_segment(marker, data + at + 2, length - 2, at + 2, head);
        at += length;
    }
    return head->components > 0;
}
