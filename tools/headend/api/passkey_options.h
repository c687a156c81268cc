/* What a browser is asked about passkeys, as its own calls want it (PublicKeyCredentialCreationOptionsJSON,
 * PublicKeyCredentialRequestOptionsJSON), and who asks. */
#ifndef HEADEND_API_PASSKEY_OPTIONS_H
#define HEADEND_API_PASSKEY_OPTIONS_H

#include "headend/ops/passkeys.h"
#include "headend/server/request.h"

/* The name by which this request reached the server: passkeys are for names, and for each its own. */
struct passkey_party {
    struct webauthn_party party; /* of the texts below */
    char id[CLIENT_ORIGIN_MAX + 1], origin[CLIENT_ORIGIN_MAX + 1];
};
/* False: it is answered, since an address has no passkeys. */
bool passkey_party(const struct request *request, struct reply *reply, struct passkey_party *out);

/* Answers with what is to be asked for a new passkey of an account: `excluded` (or NULL) are those it has. */
void passkey_reply_create(const struct request *request, struct reply *reply,
                          const struct passkey_party *party, const char *binding,
                          const uint8_t handle[USER_HANDLE_SIZE], const char *name, cJSON *excluded);
/* Answers with what is to be asked for signing in, by any passkey of this name. */
void passkey_reply_get(const struct request *request, struct reply *reply, const struct passkey_party *party,
                       const char *binding);
/* What became of one that was not taken. */
void passkey_reply_refused(const struct request *request, struct reply *reply, const struct pp_error *error);

#endif
