/* The first byte chooses the document. */
#include <stdlib.h>
#include <string.h>

#include "access/oauth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct oauth_device_answer answer;
    enum oauth_error kind;
    char token[ACCESS_TOKEN_MAX];
    char code[64];
    if (size == 0)
        return 0;
    switch (data[0] % 3) {
    case 0:
        if (oauth_parse_device(data + 1, size - 1, &answer, NULL) &&
            (strncmp(answer.verification_uri, "https://", 8) != 0 || answer.interval_s < 1))
            abort();
        break;
    case 1:
        (void)!oauth_parse_token(data + 1, size - 1, token, NULL);
        break;
    default:
        (void)!oauth_parse_error(data + 1, size - 1, &kind, code, NULL);
    }
    return 0;
}
