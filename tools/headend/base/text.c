#include "headend/base/text.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/utf8.h"
#include "base/visible.h"

#define TEXT_PRINT_MAX (64 * 1024 * 1024) /* bytes */

bool text_check(const char *field, const char *text, size_t min, size_t max, struct pp_error *error) {
    size_t size = strlen(text);
    if (size < min || size > max)
        return pp_fail(error, PP_E_LIMIT, "%s: %zu bytes, must be %zu to %zu", field, size, min, max);
    const unsigned char *at = (const unsigned char *)text;
    while (*at) {
        size_t length = pp_utf8_read((const char *)at, SIZE_MAX, NULL);
        if (!length || *at < ' ' || *at == 127 || (at[0] == 0xc2 && at[1] < 0xa0))
            return pp_fail(error, PP_E_INVALID, "%s: not plain UTF-8 text at byte %zu", field,
                           (size_t)(at - (const unsigned char *)text));
        at += length;
    }
    return true;
}

bool channel_id_check(const char *id, struct pp_error *error) {
    size_t size = strlen(id);
    if (!size || size > CHANNEL_ID_MAX || id[0] == '-' ||
        strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != size)
        return pp_fail(error, PP_E_INVALID, "channel: must be 1 to %d lower-case letters, digits and dashes",
                       CHANNEL_ID_MAX);
    return true;
}

/* What can stand in an id for the character at `at`: up to two letters; "" for what only separates. */
static void letters_of(const unsigned char *at, char letters[3]) {
    /* U+00C0 to U+00FF without the accents, two letters each */
    static const char latin[] = "a a a a a a aec e e e e i i i i d n o o o o o   o u u u u y thss"
                                "a a a a a a aec e e e e i i i i d n o o o o o   o u u u u y thy ";
    letters[0] = letters[1] = letters[2] = 0;
    if (at[0] >= 'A' && at[0] <= 'Z')
        letters[0] = (char)(at[0] - 'A' + 'a');
    else if (at[0] < 0x80 && strchr("abcdefghijklmnopqrstuvwxyz0123456789", at[0]))
        letters[0] = (char)at[0];
    else if (at[0] == 0xc3)
        memcpy(letters, latin + (size_t)(at[1] & 0x3f) * 2, 2);
    else if (at[0] == 0xc5 && (at[1] | 1) == 0x93) /* the ligature of o and e */
        memcpy(letters, "oe", 2);
    letters[strcspn(letters, " ")] = 0;
}

bool channel_id_of_title(const char *title, char id[CHANNEL_ID_MAX + 1]) {
    size_t size = 0;
    bool apart = false; /* whether something separates what comes next */
    const unsigned char *at = (const unsigned char *)title;
    for (size_t length; *at && (length = pp_utf8_read((const char *)at, SIZE_MAX, NULL)); at += length) {
        char letters[3];
        letters_of(at, letters);
        size_t dash = apart && size;
        apart = !*letters;
        if (apart || size + dash + strlen(letters) > CHANNEL_ID_MAX) {
            apart = apart || dash;
            continue;
        }
        size += (size_t)snprintf(id + size, CHANNEL_ID_MAX + 1 - size, "%s%s", dash ? "-" : "", letters);
    }
    id[size] = 0;
    return size > 0;
}

/* Whether the file is one of the tz database's (RFC 9636 §3.1), not one of the lists and links beside them. */
static bool is_zone_file(const char *path) {
    char magic[4];
    pp_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return fd >= 0 && read(fd, magic, sizeof magic) == (ssize_t)sizeof magic &&
           memcmp(magic, "TZif", sizeof magic) == 0;
}

bool time_zone_check(const char *zone, struct pp_error *error) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
    size_t size = strlen(zone);
    char path[PP_PATH_MAX];
    /* "posix/…", "right/…", "localtime" are this machine's own: all others begin with a capital. */
    if (!size || size > TIME_ZONE_MAX || zone[0] < 'A' || zone[0] > 'Z' || strspn(zone, letters) != size)
        return pp_fail(error, PP_E_INVALID, "time zone: not a name like Europe/Paris");
    struct stat status;
    /* Where this machine has the tz database, it decides. */
    if (stat("/usr/share/zoneinfo", &status) == 0 &&
        (!pp_path_format(path, error, "/usr/share/zoneinfo/%s", zone) || !is_zone_file(path)))
        return pp_fail(error, PP_E_INVALID, "time zone: %s is not known", zone);
    return true;
}

bool locale_check(const char *locale, struct pp_error *error) {
    if (strcmp(locale, "en") != 0 && strcmp(locale, "fr") != 0)
        return pp_fail(error, PP_E_INVALID, "language: must be en or fr");
    return true;
}

/* The character of `length` bytes. */
static uint32_t utf8_character(const unsigned char *at, size_t length) {
    uint32_t character = length == 1 ? at[0] : at[0] & (0x7fU >> length);
    for (size_t i = 1; i < length; i++)
        character = character << 6 | (at[i] & 0x3f);
    return character;
}

/* The lower case of capitals: Unicode's simple mappings of Latin, Greek, Cyrillic and Armenian. None changes the number
 * of bytes. */
static uint32_t lower_case(uint32_t character) {
    static const struct {
        uint32_t first, last;
        int distance;  /* to the small letter */
        uint32_t step; /* from one capital to the next */
    } ranges[] = {
        {0x41, 0x5a, 32, 1},   {0xc0, 0xd6, 32, 1},    {0xd8, 0xde, 32, 1},   {0x100, 0x12e, 1, 2},
        {0x132, 0x136, 1, 2},  {0x139, 0x147, 1, 2},   {0x14a, 0x176, 1, 2},  {0x178, 0x178, -121, 1},
        {0x179, 0x17d, 1, 2},  {0x18f, 0x18f, 202, 1}, {0x1a0, 0x1a4, 1, 2},  {0x1af, 0x1af, 1, 1},
        {0x1cd, 0x1db, 1, 2},  {0x1de, 0x1ee, 1, 2},   {0x200, 0x21e, 1, 2},  {0x222, 0x232, 1, 2},
        {0x386, 0x386, 38, 1}, {0x388, 0x38a, 37, 1},  {0x38c, 0x38c, 64, 1}, {0x38e, 0x38f, 63, 1},
        {0x391, 0x3a1, 32, 1}, {0x3a3, 0x3ab, 32, 1},  {0x400, 0x40f, 80, 1}, {0x410, 0x42f, 32, 1},
        {0x460, 0x480, 1, 2},  {0x48a, 0x4be, 1, 2},   {0x4c1, 0x4cd, 1, 2},  {0x4d0, 0x52e, 1, 2},
        {0x531, 0x556, 48, 1}, {0x1e00, 0x1e94, 1, 2}, {0x1ea0, 0x1efe, 1, 2}};
    for (size_t i = 0; i < PP_COUNT(ranges); i++) {
        if (character >= ranges[i].first && character <= ranges[i].last &&
            (character - ranges[i].first) % ranges[i].step == 0)
            return (uint32_t)((int)character + ranges[i].distance);
    }
    return character;
}

static void utf8_write(uint32_t character, size_t length, char *out) {
    static const uint8_t marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = length - 1; i > 0; i--, character >>= 6)
        out[i] = (char)(0x80 | (character & 0x3f));
    out[0] = (char)(marks[length] | character);
}

void text_fold(const char *text, char *out, size_t size) {
    const unsigned char *at = (const unsigned char *)text;
    size_t used = 0;
    while (*at) {
        size_t length = pp_utf8_read((const char *)at, SIZE_MAX, NULL);
        size_t bytes = length ? length : 1;
        if (used + bytes >= size)
            break;
        if (length)
            utf8_write(lower_case(utf8_character(at, length)), length, out + used);
        else
            out[used] = '?';
        used += bytes;
        at += bytes;
    }
    out[used] = 0;
}

void text_print(const char *text) {
    pp_autobuf struct pp_buf buf = PP_BUF_INIT(TEXT_PRINT_MAX);
    struct pp_error error;
    if (pp_visible_add(&buf, text, "\n\t", &error))
        fputs(pp_buf_text(&buf), stdout);
    else
        pp_log_error("%s", error.message);
}

const char *text_folded(const char *text, char out[TEXT_FOLDED_SIZE]) {
    if (!text)
        return NULL;
    text_fold(text, out, TEXT_FOLDED_SIZE);
    return out;
}

void text_mend(char *text) {
    for (char *at = text; *at;) {
        size_t length = pp_utf8_read(at, SIZE_MAX, NULL);
        if (!length)
            *at = '?';
        at += length ? length : 1;
    }
}

size_t text_fit(const char *text, size_t size, size_t max) {
    if (size <= max)
        return size;
    while (max && ((unsigned char)text[max] & 0xc0) == 0x80)
        max--;
    return max;
}
