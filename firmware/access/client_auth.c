#include "access/client_auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/mem.h"

#define BASIC "Authorization: Basic "

bool access_client_auth_read(const char *name, enum access_client_auth *auth) {
    static const char *const names[] = {[ACCESS_CLIENT_PUBLIC] = "none",
                                        [ACCESS_CLIENT_BASIC] = "client_secret_basic",
                                        [ACCESS_CLIENT_POST] = "client_secret_post"};
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        if (strcmp(names[i], name) == 0) {
            *auth = (enum access_client_auth)i;
            return true;
        }
    }
    return false;
}

static bool add_encoded(struct pp_buf *out, const char *text, struct pp_error *error) {
    char *encoded = pp_percent_encode(text);
    if (!encoded)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    bool ok = pp_buf_add_text(out, encoded, error);
    pp_wipe(encoded, strlen(encoded));
    free(encoded);
    return ok;
}

bool access_form_add(struct pp_buf *form, const char *name, const char *value, struct pp_error *error) {
    return pp_buf_addf(form, error, "%s%s=", form->size ? "&" : "", name) && add_encoded(form, value, error);
}

/* Both are encoded before they are joined, so that a colon in either is none (RFC 6749 §2.3.1). */
static bool make_basic(const char *client_id, const char *secret, char line[ACCESS_AUTHORIZATION_MAX],
                       struct pp_error *error) {
    pp_autobuf struct pp_buf clear = PP_BUF_INIT(3 * (ACCESS_CLIENT_MAX + ACCESS_SECRET_MAX) + 1);
    if (!add_encoded(&clear, client_id, error) || !pp_buf_add_text(&clear, ":", error) ||
        !add_encoded(&clear, secret, error))
        return false;
    memcpy(line, BASIC, sizeof BASIC);
    pp_base64_encode(clear.data, clear.size, line + strlen(BASIC));
    return true;
}

bool access_client_show(enum access_client_auth auth, const char *client_id, const char *secret,
                        struct pp_buf *form, char line[ACCESS_AUTHORIZATION_MAX], struct pp_error *error) {
    *line = 0;
    if (auth == ACCESS_CLIENT_BASIC)
        return make_basic(client_id, secret, line, error);
    return access_form_add(form, "client_id", client_id, error) &&
           (auth == ACCESS_CLIENT_PUBLIC || access_form_add(form, "client_secret", secret, error));
}
