#include "agent/opened.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/secret.h"
#include "jose/jwe.h"

static void copy_kid(char out[64], const char *kid) {
    snprintf(out, 64, "%s", kid ? kid : "");
}

void opened_keys_take(struct opened_keys *keys, const struct agreement *agreement,
                      const struct identity *identity) {
    struct crypto_key *before = agreement_key_before(agreement);
    *keys = (struct opened_keys){.key = crypto_key_ref(agreement_key(agreement)),
                                 .before = before ? crypto_key_ref(before) : NULL};
    copy_kid(keys->kid, agreement_kid(agreement));
    copy_kid(keys->kid_before, agreement_kid_before(agreement));
    snprintf(keys->device_id, sizeof keys->device_id, "%s", identity_device_id(identity));
}

void opened_keys_release(struct opened_keys *keys) {
    crypto_key_destroy(keys->key);
    crypto_key_destroy(keys->before);
    *keys = (struct opened_keys){0};
}

static void mark_of(const char *typ, const char *token, uint8_t mark[BULK_SHA256_SIZE]) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(1 << 20);
    memset(mark, 0, BULK_SHA256_SIZE);
    if (pp_buf_addf(&text, NULL, "%s %s", typ, token))
        (void)!crypto_sha256(text.data, text.size, mark, NULL);
}

bool opened_add(struct opened *opened, const char *typ, const char *token, struct pp_error *error) {
    if (!*token || opened_find(opened, typ, token))
        return true;
    if (opened->count == OPENED_TOKENS_MAX)
        return pp_fail(error, PP_E_LIMIT, "more than %d encrypted fields", OPENED_TOKENS_MAX);
    struct opened_token *one = &opened->tokens[opened->count];
    *one = (struct opened_token){.typ = typ};
    if (!pp_text_copy(&one->token, token, error))
        return false;
    mark_of(typ, token, one->mark);
    opened->count++;
    return true;
}

static bool decrypt(struct opened_token *one, const struct opened_keys *keys, struct pp_buf *clear) {
    size_t size = strlen(keys->device_id);
    struct jwe_context context = {
        .kid = keys->kid, .typ = one->typ, .apv = keys->device_id, .apv_size = size};
    bool present = jwe_decrypt(keys->key, &context, one->token, strlen(one->token), clear, &one->error);
    context.kid = keys->kid_before;
    bool opens = present || (keys->before && jwe_decrypt(keys->before, &context, one->token,
                                                         strlen(one->token), clear, NULL));
    copy_kid(one->kid, present ? keys->kid : keys->kid_before);
    return opens;
}

static void open_one(struct opened_token *one, const struct opened_keys *keys) {
    pp_autobuf struct pp_buf clear = PP_BUF_INIT(OPENED_CLEAR_MAX);
    if (decrypt(one, keys, &clear) && (one->clear = pp_secret_create(OPENED_CLEAR_MAX, NULL, &one->error))) {
        memcpy(one->clear, clear.data, clear.size);
        one->size = clear.size;
    }
    free(one->token);
    one->token = NULL;
}

void opened_open(struct opened *opened, const struct opened_keys *keys) {
    for (size_t i = 0; i < opened->count; i++)
        open_one(&opened->tokens[i], keys);
}

const struct opened_token *opened_find(const struct opened *opened, const char *typ, const char *token) {
    uint8_t mark[BULK_SHA256_SIZE];
    mark_of(typ, token, mark);
    for (size_t i = 0; i < opened->count; i++) {
        if (memcmp(opened->tokens[i].mark, mark, sizeof mark) == 0)
            return &opened->tokens[i];
    }
    return NULL;
}

const struct pp_error *opened_wants_key(const struct opened *opened) {
    for (size_t i = 0; i < opened->count; i++) {
        const struct opened_token *one = &opened->tokens[i];
        if (!one->clear && (one->error.code == PP_E_TPM || one->error.code == PP_E_TPM_ABSENT))
            return &one->error;
    }
    return NULL;
}

static void finish_one(struct opened_token *one) {
    free(one->token);
    pp_secret_destroy(one->clear, OPENED_CLEAR_MAX);
}

void opened_drop(struct opened *opened, const char *typ) {
    size_t kept = 0;
    for (size_t i = 0; i < opened->count; i++) {
        if (strcmp(opened->tokens[i].typ, typ) == 0)
            finish_one(&opened->tokens[i]);
        else
            opened->tokens[kept++] = opened->tokens[i];
    }
    opened->count = kept;
}

void opened_finish(struct opened *opened) {
    for (size_t i = 0; i < opened->count; i++)
        finish_one(&opened->tokens[i]);
    *opened = (struct opened){0};
}
