/* pingplay-agent(8): the agent of a display point. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "agent/agent.h"
#include "agent/check.h"
#include "agent/erase.h"
#include "agent/wifi_erasure.h"
#include "base/log.h"
#include "base/options.h"
#include "base/privileges.h"
#include "base/secret.h"
#include "vault/vault.h"

static const char usage[] =
    "usage: pingplay-agent [--config FILE] [--renderer-user NAME] [--check | --erase | --migrate-vault] "
    "[--version]\n"
    "  --config FILE         configuration, agent.conf(5); default /etc/pingplay/agent.conf\n"
    "  --renderer-user NAME  run the renderers as that user, who can read nothing of ours, or do not run;\n"
    "                        takes CAP_SETUID, CAP_SETGID and CAP_SETPCAP, and gives them up\n"
    "  --check               only read the configuration, and the files that it names\n"
    "  --erase               destroy the keys and everything that is kept, while no agent runs: the next "
    "one\n"
    "                        shows a code, to be enrolled anew\n"
    "  --migrate-vault       move the vault, while no agent runs, under a new key of the configured "
    "provider, and\n"
    "                        destroy the old one\n";

enum task { TASK_RUN, TASK_CHECK, TASK_ERASE, TASK_MIGRATE };

/* Keys live in this process: no core file, and no other process of this user may look inside. */
static bool forbid_dumps(struct pp_error *error) {
    struct rlimit none = {0, 0};
    if (prctl(PR_SET_DUMPABLE, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
        return pp_fail_errno(error, "forbid core files");
    return true;
}

/* Before there is a key, a thread or a connection: what starts renderers as `user`. After it nothing here
 * can become anybody. */
static bool separate_renderers(const char *user, struct ipc_launcher **launcher, struct pp_error *error) {
    if (!user) {
        pp_log_info("renderers share our user: only their sandbox keeps them from our files");
        return true;
    }
    *launcher = ipc_launcher_create(user, error);
    if (!*launcher || !pp_capabilities_drop(error))
        return false;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return pp_fail_errno(error, "PR_SET_NO_NEW_PRIVS");
    pp_log_info("renderers run as user %s", user);
    return true;
}

static bool migrate_vault(const struct agent_config *config, struct pp_error *error) {
    const struct vault_kek_config vault = agent_config_vault(config);
    umask(077);
    if (!vault_migrate(config->state, &vault, error))
        return false;
    pp_log_info("the vault has a new key (provider %s)", config->vault_provider);
    return true;
}

/* How far keys and cookies are kept out of swap, cores and other processes' sight. */
static void tell_secret_level(void) {
    enum pp_secret_level level = PP_SECRET_UNLOCKED;
    void *probe = pp_secret_create(1, &level, NULL);
    pp_secret_destroy(probe, 1);
    if (level == PP_SECRET_UNLOCKED)
        pp_log_warning("memory for keys is %s", pp_secret_level_words(level));
    else
        pp_log_info("memory for keys is %s", pp_secret_level_words(level));
}

/* Asked for on the spot, while it ran (pingplayctl vault migrate). The configuration may have been changed for it. */
static bool move_vault(const char *path, const char *provider, struct pp_error *error) {
    struct agent_config config;
    if (!agent_config_load(path, &config, error))
        return false;
    if (strcmp(config.vault_provider, "auto") != 0 && strcmp(config.vault_provider, provider) != 0)
        return pp_fail(error, PP_E_STATE, "the vault is not moved to %s: the configuration wants provider %s",
                       provider, config.vault_provider);
    snprintf(config.vault_provider, sizeof config.vault_provider, "%s", provider);
    return migrate_vault(&config, error);
}

static bool run_agent(const char *path, const struct agent_config *config, const char *renderer_user,
                      struct pp_error *error) {
    char provider[PP_CONFIG_VALUE_MAX];
    PP_AUTO(ipc_launcher) struct ipc_launcher *launcher = NULL;
    if (!separate_renderers(renderer_user, &launcher, error))
        return false;
    tell_secret_level();
    PP_AUTO(agent) struct agent *agent = agent_create(config, launcher, error);
    if (!agent || !agent_run(agent, error))
        return false;
    snprintf(provider, sizeof provider, "%s", agent_vault_move(agent));
    agent_destroy(pp_steal(&agent));
    return !*provider || move_vault(path, provider, error);
}

static bool erase(const struct agent_config *config, struct pp_error *error) {
    return agent_erase(config->state, false, error) &&
           wifi_erasure_now(config->state, config->network_socket, error);
}

static bool run(const char *path, const char *renderer_user, enum task task, struct pp_error *error) {
    struct agent_config config;
    if (!agent_config_load(path, &config, error))
        return false;
    if (task == TASK_CHECK)
        return agent_check_files(&config, error);
    if (!forbid_dumps(error))
        return false;
    if (task == TASK_ERASE)
        return erase(&config, error);
    if (task == TASK_MIGRATE)
        return migrate_vault(&config, error);
    return run_agent(path, &config, renderer_user, error);
}

int main(int argc, char **argv) {
    const char *path = "/etc/pingplay/agent.conf";
    const char *renderer_user = NULL;
    bool check = false;
    bool erase_all = false;
    bool migrate = false;
    bool help = false;
    bool version = false;
    const struct pp_option options[] = {
        {"config", PP_OPTION_STRING, &path},         {"renderer-user", PP_OPTION_STRING, &renderer_user},
        {"check", PP_OPTION_FLAG, &check},           {"erase", PP_OPTION_FLAG, &erase_all},
        {"migrate-vault", PP_OPTION_FLAG, &migrate}, {"help", PP_OPTION_FLAG, &help},
        {"version", PP_OPTION_FLAG, &version},       {NULL, PP_OPTION_FLAG, NULL},
    };
    struct pp_error error = {0};
    /* The TPM's library would write each failure to the journal by itself, in terms of its own. */
    setenv("TSS2_LOG", "all+NONE", 0);
    int first = argc;
    if (!pp_options_parse(options, argc, argv, &first, &error) || first < argc) {
        fprintf(stderr, "pingplay-agent: %s\n%s", first < argc ? "no arguments are taken" : error.message,
                usage);
        return 2;
    }
    if (help || version) {
        printf("%s", help ? usage : "pingplay-agent " PP_VERSION "\n");
        return 0;
    }
    enum task task = check ? TASK_CHECK : erase_all ? TASK_ERASE : migrate ? TASK_MIGRATE : TASK_RUN;
    if (run(path, renderer_user, task, &error))
        return 0;
    pp_log_error("%s", error.message);
    return 1;
}
