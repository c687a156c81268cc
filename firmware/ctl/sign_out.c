/* pingplayctl sign-out: whoever is signed in at a temporary display point is not any more. */
#include <stdio.h>

#include "ctl/ctl.h"

#define PATIENCE_S 15

enum ctl_exit sign_out_run(const struct ctl *ctl) {
    enum ctl_exit status;
    const struct local_message request = {.type = LOCAL_SIGN_OUT};
    pp_autojson cJSON *document = client_document(ctl, &request, PATIENCE_S, &status);
    if (document && !ctl->json)
        printf("%s\n", words(ctl->language, "sign_out.done"));
    return status;
}
