/* pingplayctl proxy: which proxy the display point goes through, or none. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/secret.h"
#include "ctl/ctl.h"
#include "ctl/typed.h"
#include "net/proxy.h"
#include "net/ticket.h"

#define PATIENCE_S 15

/* The texts of a request that are not the command's own words, wiped. */
struct asked {
    char ca[NET_PROXY_CA_MAX];
    char password[NET_PROXY_TEXT_MAX];
    char keytab[NET_TICKET_KEYTAB_TEXT];
};

static bool read_ca(const char *path, struct asked *asked, struct pp_error *error) {
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(NET_PROXY_CA_MAX - 1);
    if (!pp_file_read(AT_FDCWD, path, &pem, error))
        return pp_wrap(error, "--ca");
    if (strlen(pp_buf_text(&pem)) != pem.size)
        return pp_fail(error, PP_E_INVALID, "--ca: %s: it is not PEM", path);
    memcpy(asked->ca, pem.data, pem.size);
    return true;
}

static bool read_keytab(const char *path, struct asked *asked, struct pp_error *error) {
    pp_autobuf struct pp_buf keytab = PP_BUF_INIT(NET_TICKET_KEYTAB_MAX);
    if (!pp_file_read(AT_FDCWD, path, &keytab, error))
        return pp_wrap(error, "--keytab");
    pp_base64_encode(keytab.data, keytab.size, asked->keytab);
    return true;
}

/* What it is known by comes from files, or is typed. */
static bool read_asked(const struct ctl *ctl, struct asked *asked, struct pp_error *error) {
    const struct ctl_proxy *proxy = &ctl->proxy;
    size_t size = 0;
    if ((proxy->ca && !read_ca(proxy->ca, asked, error)) ||
        (proxy->keytab && !read_keytab(proxy->keytab, asked, error)))
        return false;
    if (proxy->keytab || (!proxy->user && !proxy->principal))
        return true;
    if (!typed_read_secret(ctl, "proxy.password", asked->password, sizeof asked->password - 1, &size, error))
        return false;
    return size > 0 || pp_fail(error, PP_E_INVALID, "the password is empty");
}

static struct local_text text_of(const char *text) {
    return local_text_of(text ? text : "");
}

static struct local_message request_of(const struct ctl *ctl, const struct asked *asked) {
    const struct ctl_proxy *proxy = &ctl->proxy;
    return (struct local_message){.type = LOCAL_SET_PROXY,
                                  .proxy = {.address = text_of(ctl->arguments[1]),
                                            .ca = text_of(asked->ca),
                                            .except = text_of(proxy->except),
                                            .user = text_of(proxy->user),
                                            .password = text_of(asked->password),
                                            .principal = text_of(proxy->principal),
                                            .kdc = text_of(proxy->kdc),
                                            .keytab = text_of(asked->keytab)}};
}

static void show_member(const struct ctl *ctl, const cJSON *document, const char *name) {
    char label[64];
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(document, name);
    snprintf(label, sizeof label, "proxy.%s", name);
    if (cJSON_IsTrue(member))
        show_line(ctl, label, "%s", words(ctl->language, "proxy.kept"));
    else if (*show_text(document, name))
        show_line(ctl, label, "%s", show_text(document, name));
}

static void show_proxy(const struct ctl *ctl, const cJSON *document) {
    static const char *const names[] = {"ca", "user", "password", "principal", "kdc", "keytab", "except"};
    enum language language = ctl->language;
    const char *address = show_text(document, "address");
    const char *phase = show_text(document, "phase"), *source = show_text(document, "source");
    const char *former = show_text(document, "former");
    show_line(ctl, "proxy.address", "%s", *address ? address : words(language, "proxy.none"));
    for (size_t i = 0; i < PP_COUNT(names); i++)
        show_member(ctl, document, names[i]);
    show_line(ctl, "proxy.phase", "%s", words_of(language, "phase", phase, phase));
    if (cJSON_IsString(cJSON_GetObjectItemCaseSensitive(document, "former")))
        show_line(ctl, "proxy.former", "%s", *former ? former : words(language, "proxy.none"));
    show_line(ctl, "proxy.source", "%s", words_of(language, "source", source, source));
}

static enum ctl_exit ask(const struct ctl *ctl, const struct local_message *request) {
    enum ctl_exit status;
    pp_autojson cJSON *document = client_document(ctl, request, PATIENCE_S, &status);
    if (document && !ctl->json)
        show_proxy(ctl, document);
    return status;
}

static enum ctl_exit run_show(const struct ctl *ctl) {
    return ask(ctl, &(const struct local_message){.type = LOCAL_PROXY});
}

static enum ctl_exit run_clear(const struct ctl *ctl) {
    const struct asked none = {0};
    struct ctl clear = *ctl;
    const char *const words[] = {"clear", "", NULL};
    clear.arguments = words;
    const struct local_message request = request_of(&clear, &none);
    return ask(ctl, &request);
}

static enum ctl_exit run_set(const struct ctl *ctl) {
    struct pp_error error = {0};
    enum ctl_exit status = CTL_USAGE;
    struct asked *asked = pp_secret_create(sizeof *asked, NULL, &error);
    if (asked && read_asked(ctl, asked, &error)) {
        const struct local_message request = request_of(ctl, asked);
        status = ask(ctl, &request);
    } else {
        fprintf(stderr, "pingplayctl: %s\n", error.message);
    }
    pp_secret_destroy(asked, sizeof *asked);
    return status;
}

enum ctl_exit proxy_run(const struct ctl *ctl) {
    static const struct {
        const char *name;
        int arguments;
        bool options; /* that a proxy has */
        enum ctl_exit (*run)(const struct ctl *ctl);
    } verbs[] = {{"show", 1, false, run_show}, {"set", 2, true, run_set}, {"clear", 1, false, run_clear}};
    const struct ctl_proxy *proxy = &ctl->proxy;
    bool options =
        proxy->ca || proxy->except || proxy->user || proxy->principal || proxy->kdc || proxy->keytab;
    for (size_t i = 0; i < PP_COUNT(verbs); i++) {
        if (strcmp(verbs[i].name, ctl->arguments[0]) == 0 && ctl->argument_count == verbs[i].arguments &&
            (verbs[i].options || !options))
            return verbs[i].run(ctl);
    }
    fprintf(stderr, "pingplayctl: proxy show | proxy set ADDRESS [OPTION…] | proxy clear\n");
    return CTL_USAGE;
}
