/*
 * What needs a private key of ours, asked of whoever has them: the signer's process while `serve` runs, or this process
 * itself, in a command (signer/service.h). The same rows (message.h) either way, and the same checks behind them.
 *
 * From any thread. Errors are those of what was asked, and PP_E_NET where the signer is gone.
 */
#ifndef HEADEND_SIGNING_SIGNING_H
#define HEADEND_SIGNING_SIGNING_H

#include "base/json.h"
#include "crypto/key.h"
#include "headend/base/home.h"
#include "headend/public/tuf_files.h"
#include "headend/signing/message.h"

struct signing_answer {
    struct pp_buf data; /* may be a secret: wiped when finished */
    bool flag;
};

/* Backends begin with it. */
struct signing {
    bool (*ask)(struct signing *signing, const struct signing_message *request, struct signing_answer *answer,
                struct pp_error *error);
    void (*close)(struct signing *signing);
};
void signing_close(struct signing *signing);
PP_DEFINE_AUTO(signing, struct signing, signing_close)

/* ---- What screens are told ---- */

/* Appends the JWS of a state, of which `json` is all but the keys that the signer puts in: "upload_key", and the "key"
 * of "access"."sign_in" where there is that. Its audience is the screen with that id. */
PP_MUST_USE bool signing_state(struct signing *signing, const char *device, const char *json,
                               struct pp_buf *token, struct pp_error *error);

struct signing_word {
    const char *device, *reason, *nonce;
    cJSON *commands; /* what it is to do all the same; borrowed; NULL nothing */
};
/* Appends the JWS that refuses a screen's request, which carried `nonce` (firmware/access/refusal.h). */
PP_MUST_USE bool signing_refuse(struct signing *signing, const struct signing_word *word,
                                struct pp_buf *token, struct pp_error *error);
/* Whether it could sign now. */
PP_MUST_USE bool signing_ready(struct signing *signing, struct pp_error *error);

/* ---- What was encrypted for us ---- */

/* The content key of what a screen has sent for a command (firmware/command/upload.h), out of its token. */
PP_MUST_USE bool signing_open_upload(struct signing *signing, const char *device, const char *command,
                                     const void *token, size_t size, uint8_t key[SIGNING_KEY_SIZE],
                                     struct pp_error *error);
/* Appends what was shown at a screen to sign in. */
PP_MUST_USE bool signing_open_sign_in(struct signing *signing, const char *device, const void *token,
                                      size_t size, struct pp_buf *clear, struct pp_error *error);
/* A client's secret (signer/client_secret.h): appends what is to be kept; and, of that, what the screen is to get. */
PP_MUST_USE bool signing_keep_secret(struct signing *signing, const char *device, const char *secret,
                                     struct pp_buf *kept, struct pp_error *error);
PP_MUST_USE bool signing_send_secret(struct signing *signing, const char *device, const char *kept,
                                     const uint8_t agreement[CRYPTO_POINT_SIZE], struct pp_buf *token,
                                     struct pp_error *error);

/* ---- Certificates ---- */

/* Appends a screen's, in DER, until `not_after` (s since 1970), by the authority that issues now. */
PP_MUST_USE bool signing_certify_screen(struct signing *signing, const char *device,
                                        const uint8_t point[CRYPTO_POINT_SIZE], int64_t not_after,
                                        struct pp_buf *der, struct pp_error *error);
/* The server's own, in the folder, where that is due (ca_renew_server). */
PP_MUST_USE bool signing_certify_server(struct signing *signing, const struct host_list *hosts, bool *renewed,
                                        struct pp_error *error);
/* Changes of the authorities: what the folder says is done, and screens were told (signer/ca_change.h). */
PP_MUST_USE bool signing_settle_authorities(struct signing *signing, struct pp_error *error);
PP_MUST_USE bool signing_finish_authorities(struct signing *signing, struct pp_error *error);

/* Appends what home_read is asked for. */
PP_MUST_USE bool signing_read_file(struct signing *signing, const char *name, struct pp_buf *content,
                                   struct pp_error *error);

/* ---- Keys as the database has them (db/stored_key.h) ---- */

PP_MUST_USE bool signing_seal_key(struct signing *signing, const uint8_t id[SIGNING_KEY_ID_SIZE],
                                  const char *owner, const uint8_t key[SIGNING_KEY_SIZE],
                                  uint8_t sealed[SIGNING_SEALED_SIZE], struct pp_error *error);
PP_MUST_USE bool signing_open_key(struct signing *signing, const char *owner,
                                  const uint8_t sealed[SIGNING_SEALED_SIZE], uint8_t key[SIGNING_KEY_SIZE],
                                  struct pp_error *error);
/* The id of what they are sealed under, which is made where there is none; and of the one that is to take its place. */
PP_MUST_USE bool signing_make_key(struct signing *signing, uint8_t id[SIGNING_KEY_ID_SIZE],
                                  struct pp_error *error);
PP_MUST_USE bool signing_next_key(struct signing *signing, uint8_t id[SIGNING_KEY_ID_SIZE],
                                  struct pp_error *error);
/* The one with the id that the database says takes its place, and the other is gone. */
PP_MUST_USE bool signing_settle_key(struct signing *signing, const uint8_t id[SIGNING_KEY_ID_SIZE],
                                    struct pp_error *error);

/* ---- The repository. Callers hold the publish lock. ---- */

/* As tuf_repo_open and tuf_repo_update, _renew_root (signer/tuf_repo.h). */
PP_MUST_USE bool signing_repo_open(struct signing *signing, struct tuf_repo *repo, const struct home *home,
                                   struct pp_error *error);
PP_MUST_USE bool signing_repo_update(struct signing *signing, struct tuf_repo *repo,
                                     const struct tuf_target *target, bool *changed, struct pp_error *error);
PP_MUST_USE bool signing_repo_renew_root(struct signing *signing, struct pp_error *error);
/* Destroys the key of a channel that is delegated to nobody any more. */
PP_MUST_USE bool signing_repo_forget(struct signing *signing, const char *channel, struct pp_error *error);

#endif
