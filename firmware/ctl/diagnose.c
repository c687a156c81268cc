/* pingplayctl diagnose: the agent's look at what is wrong; where it does not answer, our own, as the user that it
 * has. */
#include "diagnose/diagnose.h"

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/config.h"
#include "agent/proxy_record.h"
#include "base/file.h"
#include "base/secret.h"
#include "ctl/ctl.h"
#include "diagnose/findings.h"
#include "vault/vault.h"

#define TPM_GROUP  "tss"
#define PATIENCE_S 120 /* names and addresses that do not answer take their time */

/* Nothing that comes from the network is read as root: whose the state folder is, is the agent's user. Its unit gives
 * it the TPM's group as well. */
static bool become_agent_user(const char *state_dir, struct pp_error *error) {
    struct stat folder;
    const struct group *tpm = getgrnam(TPM_GROUP);
    gid_t groups[1] = {tpm ? tpm->gr_gid : 0};
    if (geteuid() != 0 || stat(state_dir, &folder) != 0 || folder.st_uid == 0)
        return true;
    if (setgroups(tpm ? 1 : 0, groups) == 0 && setgid(folder.st_gid) == 0 && setuid(folder.st_uid) == 0)
        return true;
    return pp_fail_errno(error, "become the agent's user");
}

/* ---- The proxy, with what it takes ---- */

/* Opening a vault that has no key would begin a new one. */
static bool vault_is_there(const char *state_dir, struct pp_error *error) {
    static const char *const files[] = {"vault/" PROXY_RECORD ".0", "vault/" PROXY_RECORD ".1"};
    char path[PP_CONFIG_VALUE_MAX + 32];
    bool keyed = false;
    snprintf(path, sizeof path, "%s/kek", state_dir);
    if (access(path, R_OK | X_OK) != 0)
        return pp_fail_errno(error, "%s", path);
    for (size_t i = 0; i < PP_COUNT(files); i++) {
        snprintf(path, sizeof path, "%s/%s", state_dir, files[i]);
        keyed = keyed || access(path, R_OK) == 0;
    }
    return keyed || pp_fail_errno(error, "%s", path);
}

static bool read_record(const struct agent_config *agent, struct proxy_record *record,
                        struct pp_error *error) {
    const struct vault_kek_config keys = agent_config_vault(agent);
    pp_autobuf struct pp_buf json = PP_BUF_INIT(PROXY_RECORD_MAX);
    if (!vault_is_there(agent->state, error))
        return false;
    PP_AUTO(vault) struct vault *vault = vault_open(agent->state, &keys, error);
    return vault && vault_get(vault, PROXY_RECORD, &json, error) &&
           proxy_record_parse(json.data, json.size, record, error);
}

/* What a look of our own needs. */
struct look {
    struct diagnose_config config;
    struct net_tickets *tickets; /* NULL: none are needed */
};

/* The KDC is waited for. */
static void fetch_ticket(struct look *look, const struct proxy_choice *choice) {
    struct pp_error error = {0};
    uint8_t keytab[NET_TICKET_KEYTAB_MAX];
    char host[NET_PROXY_TEXT_MAX];
    int64_t expires_s = 0;
    struct net_ticket_request request = {.host = host,
                                         .principal = choice->principal,
                                         .kdc = choice->kdc,
                                         .password = choice->net.password,
                                         .keytab = keytab};
    look->tickets = net_tickets_create(&error);
    if (look->tickets)
        request.number = net_ticket_begin(look->tickets);
    bool ok = look->tickets && net_proxy_host(&choice->net, host) &&
              (!*choice->keytab || pp_base64_decode(choice->keytab, strlen(choice->keytab), keytab,
                                                    sizeof keytab, &request.keytab_size, &error)) &&
              net_ticket_fetch(look->tickets, &request, &expires_s, &error);
    if (!ok)
        net_proxy_set_ticket_trouble(look->config.through, &error);
    pp_wipe(keytab, sizeof keytab);
}

/* The one that the agent would go through, and that it was told of. What cannot be read is said. */
static void use_record(struct look *look, const struct proxy_choice *choice, struct pp_error *error) {
    struct diagnose_config *config = &look->config;
    memcpy(config->proxy, choice->net.address, sizeof choice->net.address);
    config->through = net_proxy_create(&choice->net, error);
    if (config->through && *choice->principal)
        fetch_ticket(look, choice);
}

/* As the configuration has it, where that has all of it. */
static void use_configured(const struct agent_config *agent, struct diagnose_config *config) {
    struct net_proxy_settings settings = {0};
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(NET_PROXY_CA_MAX - 1);
    struct pp_error error = {0};
    memcpy(settings.address, agent->proxy, sizeof settings.address);
    memcpy(settings.user, agent->proxy_user, sizeof settings.user);
    memcpy(settings.password, agent->proxy_password, sizeof settings.password);
    memcpy(settings.except, agent->no_proxy, sizeof settings.except);
    if (*agent->proxy_ca && pp_file_read(AT_FDCWD, agent->proxy_ca, &pem, &error))
        memcpy(settings.ca, pem.data, pem.size);
    memcpy(config->proxy, agent->proxy, sizeof config->proxy);
    if (*agent->proxy)
        config->through = net_proxy_create(&settings, &error);
    pp_wipe(&settings, sizeof settings);
}

static void configure_proxy(const struct agent_config *agent, struct look *look) {
    struct diagnose_config *config = &look->config;
    struct pp_error error = {0};
    struct proxy_record *record = pp_secret_create(sizeof *record, NULL, &error);
    if (record && read_record(agent, record, &error))
        use_record(look, proxy_record_in_use(record), &error);
    else
        use_configured(agent, config);
    if (error.code && *agent->proxy && !*agent->proxy_user)
        snprintf(config->through_trouble, sizeof config->through_trouble, "%.*s", DIAGNOSE_DETAIL_MAX - 1,
                 error.message);
    pp_secret_destroy(record, sizeof *record);
}

/* ---- The diagnosis ---- */

/* What the configuration says; without one only the machine itself is looked at. */
static bool configure(const struct ctl *ctl, struct look *look, struct pp_error *error) {
    struct diagnose_config *config = &look->config;
    struct agent_config agent;
    struct pp_error why = {0};
    *config = (struct diagnose_config){.by = "pingplayctl"};
    if (!agent_config_load(ctl->config, &agent, &why)) {
        snprintf(config->trouble, sizeof config->trouble, "%.*s", DIAGNOSE_DETAIL_MAX - 1, why.message);
        return true;
    }
    memcpy(config->url, agent.url, sizeof config->url);
    memcpy(config->ca, agent.ca, sizeof config->ca);
    memcpy(config->state_dir, agent.state, sizeof config->state_dir);
    bool ok = become_agent_user(config->state_dir, error);
    if (ok)
        configure_proxy(&agent, look);
    pp_wipe(&agent, sizeof agent);
    return ok;
}

static cJSON *diagnose_alone(const struct ctl *ctl) {
    struct look look = {0};
    struct pp_error error = {0};
    bool configured = configure(ctl, &look, &error);
    if (!configured)
        fprintf(stderr, "pingplayctl: %s\n", error.message);
    cJSON *document = configured ? diagnose(&look.config) : NULL;
    net_proxy_destroy(look.config.through);
    net_tickets_destroy(look.tickets);
    if (!document)
        return NULL;
    pp_autojsontext char *text = ctl->json ? cJSON_PrintUnformatted(document) : NULL;
    if (text)
        printf("%s\n", text);
    else if (!ctl->json)
        printf("%s.\n", words(ctl->language, "diagnose.alone"));
    return document;
}

static void show_check(const struct ctl *ctl, const cJSON *check) {
    enum language language = ctl->language;
    const char *verdict = show_text(check, "verdict");
    const char *name = show_text(check, "name");
    const char *detail = show_text(check, "detail");
    const struct finding *finding = finding_find(show_text(check, "finding"));
    show_line(ctl, check_title(name, language == LANGUAGE_FR), "%-8s %s",
              words_of(language, "verdict", verdict, verdict),
              finding ? finding->text[language == LANGUAGE_FR] : show_text(check, "finding"));
    if (*detail)
        show_line(ctl, "", "         %s", detail);
}

void diagnose_show(const struct ctl *ctl, const cJSON *document) {
    const cJSON *check;
    cJSON_ArrayForEach(check, cJSON_GetObjectItemCaseSensitive(document, "checks")) {
        show_check(ctl, check);
    }
}

enum ctl_exit diagnose_command_run(const struct ctl *ctl) {
    enum ctl_exit status;
    struct ctl quiet = *ctl;
    const struct local_message request = {.type = LOCAL_DIAGNOSE};
    quiet.quiet = true;
    pp_autojson cJSON *document = client_document(&quiet, &request, PATIENCE_S, &status);
    if (!document && status != CTL_NO_AGENT)
        return status;
    if (!document)
        document = diagnose_alone(ctl);
    if (!document)
        return CTL_FAILED;
    if (!ctl->json)
        diagnose_show(ctl, document);
    return strcmp(show_text(document, "verdict"), "fault") == 0 ? CTL_FAULTS : CTL_OK;
}
