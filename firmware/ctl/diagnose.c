/* pingplayctl diagnose: the agent's look at what is wrong; where it does not answer, our own, as the user that it
 * has. */
#include "diagnose/diagnose.h"

#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/config.h"
#include "ctl/ctl.h"
#include "diagnose/findings.h"

#define PATIENCE_S 120 /* names and addresses that do not answer take their time */

/* Nothing that comes from the network is read as root: whose the state folder is, is the agent's user. */
static bool become_agent_user(const char *state_dir, struct pp_error *error) {
    struct stat folder;
    if (geteuid() != 0 || stat(state_dir, &folder) != 0 || folder.st_uid == 0)
        return true;
    if (setgroups(0, NULL) == 0 && setgid(folder.st_gid) == 0 && setuid(folder.st_uid) == 0)
        return true;
    return pp_fail_errno(error, "become the agent's user");
}

/* What the configuration says; without one only the machine itself is looked at. */
static void configure(const struct ctl *ctl, struct diagnose_config *config) {
    struct agent_config agent;
    struct pp_error error = {0};
    *config = (struct diagnose_config){.by = "pingplayctl"};
    if (!agent_config_load(ctl->config, &agent, &error)) {
        snprintf(config->trouble, sizeof config->trouble, "%.*s", DIAGNOSE_DETAIL_MAX - 1, error.message);
        return;
    }
    memcpy(config->url, agent.url, sizeof config->url);
    memcpy(config->ca, agent.ca, sizeof config->ca);
    memcpy(config->proxy, agent.proxy, sizeof config->proxy);
    memcpy(config->state_dir, agent.state, sizeof config->state_dir);
}

static cJSON *diagnose_alone(const struct ctl *ctl) {
    struct diagnose_config config;
    struct pp_error error = {0};
    configure(ctl, &config);
    if (*config.state_dir && !become_agent_user(config.state_dir, &error)) {
        fprintf(stderr, "pingplayctl: %s\n", error.message);
        return NULL;
    }
    cJSON *document = diagnose(&config);
    pp_autojsontext char *text = ctl->json && document ? cJSON_PrintUnformatted(document) : NULL;
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
