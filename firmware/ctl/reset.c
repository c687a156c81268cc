/* pingplayctl reset: asks, has the agent erase everything, and shows the code of the screen that it is then. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ctl/ctl.h"

#define PATIENCE_S 15
#define ANSWER_MAX 16 /* bytes of what is typed */
#define TRIES_MAX  60 /* for a code, a second apart: the keys are made, and the headend is asked */

static bool is_yes(const struct ctl *ctl, const char *answer) {
    return strcmp(answer, words(ctl->language, "reset.word")) == 0;
}

/* On the terminal, or whatever standard input is: a script says --yes, or the word. */
static bool ask_person(const struct ctl *ctl, const cJSON *status) {
    char answer[ANSWER_MAX] = "";
    printf("%s ", words(ctl->language, "reset.warning"));
    show_plain(show_text(status, "name"));
    printf(" (");
    show_plain(show_text(status, "fingerprint"));
    printf(").\n%s ", words(ctl->language, "reset.question"));
    fflush(stdout);
    if (!fgets(answer, sizeof answer, stdin))
        return false;
    answer[strcspn(answer, "\r\n")] = 0;
    return is_yes(ctl, answer);
}

/* Who it is that goes. An agent that cannot open its state folder can be asked all the same. */
static bool confirm(const struct ctl *ctl) {
    enum ctl_exit status;
    struct ctl silent = *ctl;
    const struct local_message request = {.type = LOCAL_STATUS};
    silent.json = false;
    silent.quiet = true;
    if (ctl->yes)
        return true;
    pp_autojson cJSON *document = client_document(&silent, &request, PATIENCE_S, &status);
    if (ask_person(ctl, document))
        return true;
    fprintf(stderr, "pingplayctl: %s\n", words(ctl->language, "reset.cancelled"));
    return false;
}

bool enrol_wait_code(const struct ctl *ctl, const char *former, enum ctl_exit *status) {
    static const struct timespec pause = {.tv_sec = 1};
    const struct local_message request = {.type = LOCAL_ENROL};
    struct ctl silent = *ctl;
    silent.json = false;
    silent.quiet = silent.waits = true;
    for (int i = 0; i < TRIES_MAX; i++) {
        pp_autojson cJSON *document = client_document(&silent, &request, PATIENCE_S, status);
        const char *code = show_text(cJSON_GetObjectItemCaseSensitive(document, "enrolment"), "user_code");
        if (*code && strcmp(code, former) != 0)
            return true;
        nanosleep(&pause, NULL);
    }
    return false;
}

enum ctl_exit reset_run(const struct ctl *ctl) {
    enum ctl_exit status = CTL_OK;
    const struct local_message request = {.type = LOCAL_RESET};
    if (!confirm(ctl))
        return CTL_FAILED;
    pp_autojson cJSON *document = client_document(ctl, &request, PATIENCE_S, &status);
    if (!document || ctl->json)
        return status;
    printf("%s\n", words(ctl->language, "reset.erasing"));
    fflush(stdout);
    if (enrol_wait_code(ctl, "", &status))
        return enrol_run(ctl);
    printf("%s\n", words(ctl->language, "reset.no_code"));
    return CTL_OK;
}
