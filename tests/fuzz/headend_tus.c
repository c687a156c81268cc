/* The headers of an upload: number, metadata and checksum, a line each. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "headend/base/text.h"
#include "headend/http/tus.h"
#include "headend/ops/content.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is taken has no key that cannot be asked for, and what it gives is text that ends. */
static void metadata(const char *header) {
    char text[64];
    char name[TEXT_NAME_MAX + 1];
    if (!tus_metadata_check(header, NULL))
        return;
    tus_metadata_text(header, "filename", text, sizeof text);
    if (strlen(text) >= sizeof text || (*text && !strstr(header, "filename ")))
        abort();
    content_name_make(text, name);
    if (strchr(name, '/') || !text_check("name", name, 1, TEXT_NAME_MAX, NULL))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pp_autofree char *text = malloc(size + 1);
    uint8_t sha256[TUS_SHA256_SIZE];
    uint64_t number;
    if (!text)
        return 0;
    if (size)
        memcpy(text, data, size);
    text[size] = 0;
    for (char *line = text; line;) {
        char *next = strchr(line, '\n');
        if (next)
            *next++ = 0;
        metadata(line);
        (void)!tus_checksum(line, sha256, NULL);
        if (tus_number(line, &number, NULL) && strtoull(line, NULL, 10) != number)
            abort();
        line = next;
    }
    return 0;
}
