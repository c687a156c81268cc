/* pingplayctl enrol: what the screen shows before it is enrolled, for whoever cannot see it. */
#include <stdio.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/qr.h"

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

enum ctl_exit enrol_run(const struct ctl *ctl) {
    enum ctl_exit status;
    const struct local_message request = {.type = LOCAL_ENROL, .enrol = {.again = ctl->again}};
    pp_autojson cJSON *document = client_document(ctl, &request, PATIENCE_S, &status);
    return document && !ctl->json ? enrol_show(ctl, document) : status;
}
