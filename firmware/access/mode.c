#include "access/mode.h"

#include <string.h>

#include "access/person_internal.h"

static bool show_certificate(const struct identity *identity, struct access_prover *prover,
                             struct access_credentials *out, struct pp_error *error) {
    out->certificate = identity_certificate_pem(identity);
    out->key = identity_key(identity);
    /* The session is asked for with a proof as well: where the certificate does not get there, the headend says so by
     * the mode that it has for us (session.h). */
    out->prover = access_prover_hook(prover, false);
    (void)error;
    return true;
}

/* The certificate is shown as well, to whoever asks for it in TLS: where there is no proxy (any more) it gets there,
 * and a mode that asks for it can be gone back to. */
static bool show_proof(const struct identity *identity, struct access_prover *prover,
                       struct access_credentials *out, struct pp_error *error) {
    bool ok = show_certificate(identity, prover, out, error);
    out->prover = access_prover_hook(prover, true);
    return ok;
}

static const struct access_mode modes[] = {
    {.name = "certificate", .credentials = show_certificate},
    {.name = "cookie", .credentials = show_proof},
    {.name = "sso",
     .temporary = true,
     .credentials = show_proof,
     .person_create = access_sso_create,
     .person_follow = access_sso_follow,
     .person_end = access_sso_end,
     .person_destroy = access_sso_destroy},
    {.name = "password",
     .temporary = true,
     .credentials = show_proof,
     .person_create = access_password_create,
     .person_follow = access_password_follow,
     .person_type = access_password_type,
     .person_end = access_password_end,
     .person_destroy = access_password_destroy},
};

const struct access_mode access_mode_unknown = {.name = "unknown", .credentials = show_proof};

const struct access_mode *access_mode_find(const char *name) {
    for (size_t i = 0; i < PP_COUNT(modes); i++) {
        if (strcmp(modes[i].name, name) == 0)
            return &modes[i];
    }
    return NULL;
}
