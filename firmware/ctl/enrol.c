/* pingplayctl enrol: what the screen shows before it is enrolled, for whoever cannot see it. */
#include <stdio.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "qr/qr.h"

#define PATIENCE_S 15

static void show_qr(const char *address) {
    pp_autobuf struct pp_buf lines = PP_BUF_INIT(QR_TEXT_MAX);
    struct pp_error error = {0};
    if (qr_write(address, isatty(STDOUT_FILENO), &lines, &error))
        printf("%s", pp_buf_text(&lines));
    else
        fprintf(stderr, "pingplayctl: %s\n", error.message);
}

enum ctl_exit enrol_show(const struct ctl *ctl, const cJSON *document) {
    const cJSON *enrolment = cJSON_GetObjectItemCaseSensitive(document, "enrolment");
    if (!cJSON_IsObject(enrolment)) {
        bool enrolled = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(document, "enrolled"));
        printf("%s\n", words(ctl->language, enrolled ? "enrol.enrolled" : "enrol.waits"));
        show_line(ctl, "status.fingerprint", "%s", show_text(document, "fingerprint"));
        return enrolled ? CTL_OK : CTL_NOT_NOW;
    }
    show_qr(show_text(enrolment, "qr"));
    show_line(ctl, "enrol.scan", "%s", show_text(enrolment, "address"));
    show_line(ctl, "enrol.enter", "%s", show_text(enrolment, "user_code"));
    show_line(ctl, "status.fingerprint", "%s", show_text(document, "fingerprint"));
    printf("%s.\n", words(ctl->language, "enrol.check"));
    return CTL_OK;
}

/* Until the new code is there: it is the headend's to give. */
static enum ctl_exit ask_again(const struct ctl *ctl) {
    enum ctl_exit status;
    char former[64];
    struct ctl silent = *ctl;
    struct local_message request = {.type = LOCAL_ENROL};
    silent.json = false;
    pp_autojson cJSON *before = client_document(&silent, &request, PATIENCE_S, &status);
    if (!before)
        return status;
    const cJSON *enrolment = cJSON_GetObjectItemCaseSensitive(before, "enrolment");
    snprintf(former, sizeof former, "%s", show_text(enrolment, "user_code"));
    request.enrol.again = 1;
    pp_autojson cJSON *begun = client_document(&silent, &request, PATIENCE_S, &status);
    if (begun && !ctl->json && cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(begun, "given_up")))
        printf("%s\n", words(ctl->language, "enrol.given_up"));
    if (begun && !enrol_wait_code(ctl, former, &status))
        return CTL_NOT_NOW;
    return status;
}

enum ctl_exit enrol_run(const struct ctl *ctl) {
    enum ctl_exit status = ctl->again ? ask_again(ctl) : CTL_OK;
    const struct local_message request = {.type = LOCAL_ENROL};
    if (status)
        return status;
    pp_autojson cJSON *document = client_document(ctl, &request, PATIENCE_S, &status);
    return document && !ctl->json ? enrol_show(ctl, document) : status;
}
