#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "ctl/ctl.h"
#include "ipc/conn.h"

static void tell(const struct ctl *ctl, const char *name, const char *detail) {
    fprintf(stderr, "pingplayctl: %s%s%s\n", words(ctl->language, name), *detail ? ": " : "", detail);
}

/* Before and after the question: whoever is not there, and whoever may not. */
static enum ctl_exit fail_connect(const struct ctl *ctl, const struct pp_error *error) {
    bool absent = error->code == PP_E_NET || error->code == PP_E_NOTFOUND;
    if (!absent || !ctl->quiet)
        tell(ctl, absent ? "error.no-agent" : "error.denied", error->message);
    return absent ? CTL_NO_AGENT : CTL_DENIED;
}

int client_ask(const struct ctl *ctl, const struct local_message *request, int patience_s,
               enum ctl_exit *status) {
    struct pp_error error = {0};
    const struct timeval patience = {.tv_sec = patience_s};
    pp_autoclose int fd = ipc_connect(ctl->socket, &error);
    if (fd < 0) {
        *status = fail_connect(ctl, &error);
        return -1;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0)
        pp_fail_errno(&error, "socket");
    else if (local_send(fd, request, &error) || error.code == PP_E_NET)
        return pp_steal_fd(&fd); /* one that has hung up has said why */
    *status = CTL_FAILED;
    tell(ctl, "error.refused", error.message);
    return -1;
}

static enum ctl_exit refused(const struct ctl *ctl, const struct local_refused *refusal) {
    static const enum ctl_exit statuses[] = {[LOCAL_DENIED] = CTL_DENIED,
                                             [LOCAL_BUSY] = CTL_NOT_NOW,
                                             [LOCAL_NOT_NOW] = CTL_NOT_NOW,
                                             [LOCAL_FAILED] = CTL_FAILED};
    char reason[LOCAL_REASON_MAX + 1];
    snprintf(reason, sizeof reason, "%.*s", (int)refusal->reason.size, refusal->reason.data);
    if (refusal->refusal != LOCAL_NOT_NOW || !ctl->waits)
        tell(ctl, refusal->refusal == LOCAL_DENIED ? "error.denied" : "error.refused", reason);
    return statuses[refusal->refusal];
}

bool client_next(const struct ctl *ctl, int fd, struct pp_buf *packet, struct local_message *message,
                 enum ctl_exit *status) {
    struct pp_error error = {0};
    if (!local_receive(fd, LOCAL_PACKET_MAX, packet, message, &error)) {
        bool absent = error.code == PP_E_STATE || error.code == PP_E_NET;
        *status = absent ? CTL_NO_AGENT : CTL_FAILED;
        if (!absent || !ctl->quiet)
            tell(ctl,
                 error.code == PP_E_STATE ? "error.silent"
                 : absent                 ? "error.gone"
                                          : "error.answer",
                 absent ? "" : error.message);
        return false;
    }
    if (message->type == LOCAL_REFUSED) {
        *status = refused(ctl, &message->refused);
        return false;
    }
    if (local_is_request(message->type)) {
        *status = CTL_FAILED;
        tell(ctl, "error.answer", local_type_name(message->type));
        return false;
    }
    return true;
}

cJSON *client_document(const struct ctl *ctl, const struct local_message *request, int patience_s,
                       enum ctl_exit *status) {
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_PACKET_MAX);
    struct local_message message;
    struct pp_error error = {0};
    pp_autoclose int fd = client_ask(ctl, request, patience_s, status);
    if (fd < 0 || !client_next(ctl, fd, &packet, &message, status))
        return NULL;
    *status = CTL_FAILED;
    if (message.type != LOCAL_DOCUMENT) {
        tell(ctl, "error.answer", local_type_name(message.type));
        return NULL;
    }
    cJSON *document = pp_json_parse(message.document.data, message.document.size, LOCAL_TEXT_MAX, &error);
    if (!document) {
        tell(ctl, "error.answer", error.message);
        return NULL;
    }
    if (ctl->json)
        printf("%.*s\n", (int)message.document.size, message.document.data);
    *status = CTL_OK;
    return document;
}
