#include "headend/base/user_code.h"

#include <string.h>

#include "crypto/random.h"
#include "headend/base/secret.h"

bool user_code_make(char code[USER_CODE_SIZE], struct pp_error *error) {
    size_t at = 0;
    for (int letters = 0; letters < USER_CODE_LENGTH;) {
        uint8_t byte;
        if (!crypto_random(&byte, 1, error))
            return false;
        if (byte >= 240) /* 12 x 20: what is above would favour some letters */
            continue;
        if (letters == USER_CODE_LENGTH / 2 && code[at - 1] != '-')
            code[at++] = '-';
        code[at++] = USER_CODE_ALPHABET[byte % 20];
        letters++;
    }
    code[at] = 0;
    return true;
}

bool user_code_read(const char *typed, char code[USER_CODE_SIZE]) {
    size_t at = 0;
    size_t letters = 0;
    for (; *typed; typed++) {
        if (*typed == ' ' || *typed == '-')
            continue;
        char letter = *typed >= 'a' && *typed <= 'z' ? (char)(*typed - 'a' + 'A') : *typed;
        if (letters == USER_CODE_LENGTH || !strchr(USER_CODE_ALPHABET, letter))
            return false;
        if (letters++ == USER_CODE_LENGTH / 2)
            code[at++] = '-';
        code[at++] = letter;
    }
    code[at] = 0;
    return letters == USER_CODE_LENGTH;
}

bool user_code_hash(const char code[USER_CODE_SIZE], uint8_t hash[32], struct pp_error *error) {
    return secret_hash("user-code", code, hash, error);
}
