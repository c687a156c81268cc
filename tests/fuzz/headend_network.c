/* Ranges of addresses, and what proxies say. The first byte says which. */
#include "headend/base/forwarded.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const struct ip_range *a, const struct ip_range *b) {
    return a->bits == b->bits && a->first.size == b->first.size &&
           memcmp(a->first.bytes, b->first.bytes, sizeof a->first.bytes) == 0;
}

/* What is read has its first address in it, and is read again from its own text. */
static void range(const char *text) {
    struct ip_range once, twice;
    char written[IP_TEXT_SIZE];
    if (!ip_range_read(text, &once, NULL))
        return;
    ip_range_text(&once, written);
    if (!ip_range_has(&once, &once.first) || !ip_range_read(written, &twice, NULL) || !same(&once, &twice))
        abort();
}

static bool is_first_byte_ten(const void *arg, const struct ip_address *address) {
    (void)arg;
    return address->size == 4 && address->bytes[0] == 10;
}

static void forwarded(enum forwarded_header header, const char *text) {
    struct forwarded said = {0};
    const struct ip_address peer = {.bytes = {10}, .size = 4};
    if (!forwarded_read(header, text, &said, NULL))
        return;
    if (said.count == 0 || said.count > FORWARDED_HOPS_MAX)
        abort();
    struct ip_address client = forwarded_client(&said, peer, is_first_byte_ten, NULL);
    if (client.size != 0 && client.size != 4 && client.size != 16)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!size)
        return 0;
    char *text = malloc(size);
    if (!text)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = 0;
    if (*data == 'r')
        range(text);
    else
        forwarded(*data == 'x' ? FORWARDED_X : FORWARDED_STANDARD, text);
    free(text);
    return 0;
}
