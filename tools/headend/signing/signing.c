#include "headend/signing/signing.h"

#include <string.h>

void signing_close(struct signing *signing) {
    if (signing)
        signing->close(signing);
}

static void answer_finish(struct signing_answer *answer) {
    pp_buf_finish(&answer->data);
}
#define autoanswer PP_CLEANUP(answer_finish)
#define ANSWER_INIT                                                                                          \
    { .data = PP_BUF_INIT(SIGNING_TOKEN_MAX) }

static bool ask(struct signing *signing, const struct signing_message *request, struct signing_answer *answer,
                struct pp_error *error) {
    return signing->ask(signing, request, answer, error) &&
           signing_answer_fits(request->type, answer->data.size, error);
}

/* What is answered is appended. */
static bool ask_for_more(struct signing *signing, const struct signing_message *request, struct pp_buf *out,
                         struct pp_error *error) {
    autoanswer struct signing_answer answer = ANSWER_INIT;
    return ask(signing, request, &answer, error) &&
           pp_buf_add(out, answer.data.data, answer.data.size, error);
}

/* What is answered has just that size. */
static bool ask_for(struct signing *signing, const struct signing_message *request, void *out, size_t size,
                    struct pp_error *error) {
    autoanswer struct signing_answer answer = ANSWER_INIT;
    if (!ask(signing, request, &answer, error))
        return false;
    if (answer.data.size != size)
        return pp_fail(error, PP_E_INVALID, "signer: %s is answered with %zu bytes",
                       signing_type_name(request->type), answer.data.size);
    memcpy(out, answer.data.data, size);
    return true;
}

static bool ask_whether(struct signing *signing, const struct signing_message *request, bool *flag,
                        struct pp_error *error) {
    autoanswer struct signing_answer answer = ANSWER_INIT;
    if (!ask(signing, request, &answer, error))
        return false;
    if (flag)
        *flag = answer.flag;
    return true;
}

static bool ask_bare(struct signing *signing, enum signing_type type, struct pp_error *error) {
    const struct signing_message request = {.type = (uint8_t)type};
    return ask_whether(signing, &request, NULL, error);
}

/* ---- What screens are told ---- */

bool signing_state(struct signing *signing, const char *device, const char *json, struct pp_buf *token,
                   struct pp_error *error) {
    const struct signing_message request = {
        .type = SIGNING_STATE, .device = signing_text(device), .text = signing_text(json)};
    return ask_for_more(signing, &request, token, error);
}

bool signing_refuse(struct signing *signing, const struct signing_word *word, struct pp_buf *token,
                    struct pp_error *error) {
    pp_autojsontext char *commands = word->commands ? cJSON_PrintUnformatted(word->commands) : NULL;
    if (word->commands && !commands)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    const struct signing_message request = {.type = SIGNING_REFUSAL,
                                            .device = signing_text(word->device),
                                            .name = signing_text(word->reason),
                                            .nonce = signing_text(word->nonce),
                                            .text = signing_text(commands ? commands : "[]")};
    return ask_for_more(signing, &request, token, error);
}

bool signing_ready(struct signing *signing, struct pp_error *error) {
    return ask_bare(signing, SIGNING_READY, error);
}

/* ---- What was encrypted for us ---- */

bool signing_open_upload(struct signing *signing, const char *device, const char *command, const void *token,
                         size_t size, uint8_t key[SIGNING_KEY_SIZE], struct pp_error *error) {
    const struct signing_message request = {.type = SIGNING_UPLOAD_OPEN,
                                            .device = signing_text(device),
                                            .name = signing_text(command),
                                            .sealed = signing_data(token, size)};
    return ask_for(signing, &request, key, SIGNING_KEY_SIZE, error);
}

bool signing_open_sign_in(struct signing *signing, const char *device, const void *token, size_t size,
                          struct pp_buf *clear, struct pp_error *error) {
    const struct signing_message request = {
        .type = SIGNING_SIGN_IN_OPEN, .device = signing_text(device), .sealed = signing_data(token, size)};
    return ask_for_more(signing, &request, clear, error);
}

bool signing_keep_secret(struct signing *signing, const char *device, const char *secret, struct pp_buf *kept,
                         struct pp_error *error) {
    const struct signing_message request = {
        .type = SIGNING_SECRET_KEEP, .device = signing_text(device), .secret = signing_text(secret)};
    return ask_for_more(signing, &request, kept, error);
}

bool signing_send_secret(struct signing *signing, const char *device, const char *kept,
                         const uint8_t agreement[CRYPTO_POINT_SIZE], struct pp_buf *token,
                         struct pp_error *error) {
    const struct signing_message request = {.type = SIGNING_SECRET_SEND,
                                            .device = signing_text(device),
                                            .sealed = signing_text(kept),
                                            .point = signing_data(agreement, CRYPTO_POINT_SIZE)};
    return ask_for_more(signing, &request, token, error);
}

/* ---- Certificates ---- */

bool signing_certify_screen(struct signing *signing, const char *device,
                            const uint8_t point[CRYPTO_POINT_SIZE], int64_t not_after, struct pp_buf *der,
                            struct pp_error *error) {
    const struct signing_message request = {.type = SIGNING_CERTIFY_SCREEN,
                                            .device = signing_text(device),
                                            .point = signing_data(point, CRYPTO_POINT_SIZE),
                                            .moment = not_after};
    return ask_for_more(signing, &request, der, error);
}

bool signing_certify_server(struct signing *signing, const struct host_list *hosts, bool *renewed,
                            struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(SIGNING_HOSTS_MAX);
    for (size_t i = 0; i < hosts->count; i++) {
        if (!pp_buf_addf(&text, error, "%s%s", i ? " " : "", hosts->names[i]))
            return false;
    }
    const struct signing_message request = {.type = SIGNING_CERTIFY_SERVER,
                                            .text = signing_data(text.data, text.size)};
    return ask_whether(signing, &request, renewed, error);
}

bool signing_settle_authorities(struct signing *signing, struct pp_error *error) {
    return ask_bare(signing, SIGNING_AUTHORITIES_SETTLE, error);
}

bool signing_finish_authorities(struct signing *signing, struct pp_error *error) {
    return ask_bare(signing, SIGNING_AUTHORITIES_FINISH, error);
}

bool signing_read_file(struct signing *signing, const char *name, struct pp_buf *content,
                       struct pp_error *error) {
    const struct signing_message request = {.type = SIGNING_FILE, .name = signing_text(name)};
    return ask_for_more(signing, &request, content, error);
}

/* ---- Keys as the database has them ---- */

bool signing_seal_key(struct signing *signing, const uint8_t id[SIGNING_KEY_ID_SIZE], const char *owner,
                      const uint8_t key[SIGNING_KEY_SIZE], uint8_t sealed[SIGNING_SEALED_SIZE],
                      struct pp_error *error) {
    const struct signing_message request = {.type = SIGNING_KEY_SEAL,
                                            .id = signing_data(id, SIGNING_KEY_ID_SIZE),
                                            .name = signing_text(owner),
                                            .secret = signing_data(key, SIGNING_KEY_SIZE)};
    return ask_for(signing, &request, sealed, SIGNING_SEALED_SIZE, error);
}

bool signing_open_key(struct signing *signing, const char *owner, const uint8_t sealed[SIGNING_SEALED_SIZE],
                      uint8_t key[SIGNING_KEY_SIZE], struct pp_error *error) {
    const struct signing_message request = {.type = SIGNING_KEY_OPEN,
                                            .name = signing_text(owner),
                                            .sealed = signing_data(sealed, SIGNING_SEALED_SIZE)};
    return ask_for(signing, &request, key, SIGNING_KEY_SIZE, error);
}

bool signing_make_key(struct signing *signing, uint8_t id[SIGNING_KEY_ID_SIZE], struct pp_error *error) {
    const struct signing_message request = {.type = SIGNING_KEY_MAKE};
    return ask_for(signing, &request, id, SIGNING_KEY_ID_SIZE, error);
}

bool signing_next_key(struct signing *signing, uint8_t id[SIGNING_KEY_ID_SIZE], struct pp_error *error) {
    const struct signing_message request = {.type = SIGNING_KEY_NEXT};
    return ask_for(signing, &request, id, SIGNING_KEY_ID_SIZE, error);
}

bool signing_settle_key(struct signing *signing, const uint8_t id[SIGNING_KEY_ID_SIZE],
                        struct pp_error *error) {
    const struct signing_message request = {.type = SIGNING_KEY_SETTLE,
                                            .id = signing_data(id, SIGNING_KEY_ID_SIZE)};
    return ask_whether(signing, &request, NULL, error);
}

/* ---- The repository ---- */

bool signing_repo_open(struct signing *signing, struct tuf_repo *repo, const struct home *home,
                       struct pp_error *error) {
    *repo = (struct tuf_repo){.home = home};
    return ask_bare(signing, SIGNING_REPO_SETTLE, error) && tuf_repo_load(repo, home, error);
}

bool signing_repo_update(struct signing *signing, struct tuf_repo *repo, const struct tuf_target *target,
                         bool *changed, struct pp_error *error) {
    static const struct tuf_target none = {.channel = ""};
    const struct tuf_target *asked = target ? target : &none;
    const struct signing_message request = {.type = SIGNING_REPO_UPDATE,
                                            .name = signing_text(asked->channel),
                                            .flag = asked->removed,
                                            .length = (int64_t)asked->length,
                                            .hash = signing_data(asked->sha256, sizeof asked->sha256),
                                            .next_length = (int64_t)asked->next_length,
                                            .next =
                                                signing_data(asked->next_sha256, sizeof asked->next_sha256)};
    const struct home *home = repo->home;
    if (!ask_whether(signing, &request, changed, error))
        return false;
    if (!*changed)
        return true;
    tuf_repo_close(repo);
    return tuf_repo_load(repo, home, error);
}

bool signing_repo_renew_root(struct signing *signing, struct pp_error *error) {
    return ask_bare(signing, SIGNING_REPO_RENEW_ROOT, error);
}

bool signing_repo_forget(struct signing *signing, const char *channel, struct pp_error *error) {
    const struct signing_message request = {.type = SIGNING_REPO_FORGET, .name = signing_text(channel)};
    return ask_whether(signing, &request, NULL, error);
}
