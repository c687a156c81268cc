/* pingplayctl vault migrate: the key of all keys moves to another place, a TPM or a file. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ctl/ctl.h"

#define PATIENCE_S 15
#define TRIES_MAX  60 /* for the next agent, a second apart */

/* Until an agent answers whose keys are kept by `provider`. */
static bool wait_moved(const struct ctl *ctl, const char *provider) {
    static const struct timespec pause = {.tv_sec = 1};
    const struct local_message request = {.type = LOCAL_STATUS};
    struct ctl silent = *ctl;
    silent.json = false;
    silent.quiet = true;
    for (int i = 0; i < TRIES_MAX; i++) {
        enum ctl_exit status;
        nanosleep(&pause, NULL);
        pp_autojson cJSON *document = client_document(&silent, &request, PATIENCE_S, &status);
        if (document)
            return strcmp(show_text(document, "key_provider"), provider) == 0;
    }
    return false;
}

enum ctl_exit vault_run(const struct ctl *ctl) {
    enum ctl_exit status;
    const char *provider = ctl->arguments[1];
    const struct local_message request = {.type = LOCAL_MIGRATE,
                                          .migrate = {.provider = local_text_of(provider)}};
    if (strcmp(ctl->arguments[0], "migrate") != 0) {
        fprintf(stderr, "pingplayctl: vault migrate file|tpm2\n");
        return CTL_USAGE;
    }
    pp_autojson cJSON *document = client_document(ctl, &request, PATIENCE_S, &status);
    if (!document || ctl->json)
        return status;
    printf("%s\n", words(ctl->language, "vault.moving"));
    fflush(stdout);
    bool moved = wait_moved(ctl, provider);
    printf("%s\n", words(ctl->language, moved ? "vault.moved" : "vault.not_moved"));
    return moved ? CTL_OK : CTL_FAILED;
}
