#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pp_autofree char *text = strndup((const char *)data, size);
    struct net_cookie cookie;
    if (net_cookie_parse(text, "__Host-pingplay", &cookie, NULL) &&
        (strncmp(cookie.pair, "__Host-pingplay=", 16) != 0 || strchr(cookie.pair, ';')))
        abort();
    return 0;
}
