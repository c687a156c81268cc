#include "agent/est_credentials.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

static void wipe_configured(struct agent_config *config) {
    pp_wipe(config->est_user, sizeof config->est_user);
    pp_wipe(config->est_password, sizeof config->est_password);
}

/* They go into the vault where it has none, or others. */
static void keep(const char *credentials, struct vault *vault) {
    pp_autobuf struct pp_buf kept = PP_BUF_INIT(EST_CREDENTIALS_MAX);
    struct pp_error error = {0};
    if (vault_get(vault, EST_CREDENTIALS_RECORD, &kept, NULL) && strcmp(pp_buf_text(&kept), credentials) == 0)
        return;
    if (!vault_put_later(vault, EST_CREDENTIALS_RECORD, credentials, strlen(credentials), NULL, NULL, &error))
        pp_log_warning("name and password for the EST server are not kept: %s", error.message);
}

bool est_credentials_take(struct agent_config *config, struct vault *vault,
                          struct pp_secret_text **credentials, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(EST_CREDENTIALS_MAX);
    char configured[EST_CREDENTIALS_MAX];
    struct pp_error reason = {0};
    *credentials = NULL;
    if (*config->est_user) {
        snprintf(configured, sizeof configured, "%s:%s", config->est_user, config->est_password);
        keep(configured, vault);
        *credentials = pp_secret_text_create(configured, error);
        pp_wipe(configured, sizeof configured);
        wipe_configured(config);
        return *credentials != NULL;
    }
    if (!vault_get(vault, EST_CREDENTIALS_RECORD, &text, &reason))
        return reason.code == PP_E_NOTFOUND || pp_fail(error, reason.code, "%s", reason.message);
    *credentials = pp_secret_text_create(pp_buf_text(&text), error);
    return *credentials != NULL;
}

void est_credentials_forget(struct agent_config *config, struct vault *vault,
                            struct pp_secret_text **credentials) {
    pp_autobuf struct pp_buf kept = PP_BUF_INIT(EST_CREDENTIALS_MAX);
    struct pp_error error = {0};
    if (*config->est_user)
        pp_log_info("there is a certificate: est-user and est-password are not needed any more");
    wipe_configured(config);
    pp_secret_text_destroy(pp_steal(credentials));
    if (vault_get(vault, EST_CREDENTIALS_RECORD, &kept, &error) || error.code != PP_E_NOTFOUND) {
        if (!vault_remove_later(vault, EST_CREDENTIALS_RECORD, NULL, NULL, &error))
            pp_log_warning("name and password for the EST server are still kept: %s", error.message);
    }
}
