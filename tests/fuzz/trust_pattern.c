/* "PATTERN\nPATH". Where there is no '[' and all is ASCII, fnmatch(3) has to agree. */
#include <ctype.h>
#include <fnmatch.h>
#include <stdint.h>

#include "base/mem.h"
#include "trust/pattern.h"

#define FNMATCH_MAX 24 /* bytes of a pattern; fnmatch's time grows badly with its stars */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_comparable(const char *pattern, const char *path) {
    if (strlen(pattern) > FNMATCH_MAX || strchr(pattern, '['))
        return false;
    for (; *pattern; pattern++) {
        if (!isascii((unsigned char)*pattern))
            return false;
    }
    for (; *path; path++) {
        if (!isascii((unsigned char)*path))
            return false;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pp_autofree char *pattern = calloc(1, size + 1);
    if (!pattern)
        return 0;
    if (size)
        memcpy(pattern, data, size);
    char *path = strchr(pattern, '\n');
    if (!path)
        return 0;
    *path++ = 0;
    bool matches = trust_pattern_matches(pattern, path);
    if (is_comparable(pattern, path) && matches != (fnmatch(pattern, path, FNM_PATHNAME | FNM_NOESCAPE) == 0))
        abort();
    return 0;
}
