#include "network/first_start.h"

#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "network/ask_agent.h"
#include "network/nmcli.h"
#include "network/phone_service.h"

/* ---- The agent ---- */

/* What it says of itself; NULL where it has nothing to say yet, or does not run. */
static cJSON *agent_status(const struct network_service *service) {
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_PACKET_MAX);
    struct local_message answer = {0};
    struct pp_error error = {0};
    if (!ask_agent(service, &(struct local_message){.type = LOCAL_STATUS}, ASK_AGENT_MS, &packet, &answer,
                   &error) ||
        answer.type != LOCAL_DOCUMENT)
        return NULL;
    return pp_json_parse(answer.document.data, answer.document.size, FIRST_START_STATUS_MAX, &error);
}

/* Its state in a word; "": not known. */
static const char *state_of(const cJSON *status) {
    const char *word = "";
    struct pp_error error = {0};
    return status && pp_json_string(status, "state", FIRST_START_STATE_MAX, &word, &error) ? word : "";
}

/* Nobody's, as far as it has been told: a screen whose certificate is refused begins to enrol anew, and keeps it. */
static bool is_nobodys(const cJSON *status) {
    const cJSON *device = cJSON_GetObjectItemCaseSensitive(status, "device");
    return strcmp(state_of(status), "unenrolled") == 0 && cJSON_IsString(device) && !*device->valuestring;
}

void first_start_say(const struct network_service *service, const struct local_notice *notice) {
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_PACKET_MAX);
    const struct local_message request = {.type = LOCAL_NOTICE, .notice = *notice};
    struct local_message answer = {0};
    struct pp_error error = {0};
    if (!ask_agent(service, &request, ASK_AGENT_MS, &packet, &answer, &error))
        pp_log_info("not said on the screen: %s", error.message);
}

void first_start_tell(const struct network_service *service, enum local_notice_kind kind,
                      const char *detail) {
    char text[LOCAL_DETAIL_MAX + 1];
    snprintf(text, sizeof text, "%s", detail);
    pp_json_tidy(text);
    const struct local_text none = local_text_of("");
    first_start_say(service, &(struct local_notice){.kind = kind,
                                                    .detail = local_text_of(text),
                                                    .network = none,
                                                    .passphrase = none,
                                                    .address = none});
}

/* ---- NetworkManager ---- */

struct seen {
    bool network; /* one is up that leads out of the machine, which our own access point does not */
    bool own;     /* that is up, or on its way */
};

static bool is_network(const char *type, const char *connection_state) {
    static const char *const types[] = {"802-3-ethernet", "802-11-wireless", "gsm",  "cdma",
                                        "vlan",           "bridge",          "bond", "team"};
    bool found = false;
    for (size_t i = 0; i < PP_COUNT(types); i++)
        found |= strcmp(type, types[i]) == 0;
    return found && strcmp(connection_state, "activated") == 0;
}

/* A line "TYPE:STATE:UUID". */
static void see(const struct network_service *service, const char *line, struct seen *seen) {
    const char *own = service->phone ? service->phone->point.uuid : "";
    char type[32] = "", connection_state[32] = "", uuid[KEYFILE_UUID_SIZE] = "";
    if (sscanf(line, "%31[^:\n]:%31[^:\n]:%36[^:\n]", type, connection_state, uuid) < 2)
        return;
    if (*own && strcmp(uuid, own) == 0)
        seen->own |= strncmp(connection_state, "activat", 7) == 0;
    else
        seen->network |= is_network(type, connection_state);
}

static bool look_at_networks(const struct network_service *service, struct seen *seen,
                             struct pp_error *error) {
    static const char *const words[] = {"-t",       "-f", "TYPE,STATE,UUID", "connection", "show",
                                        "--active", NULL};
    pp_autobuf struct pp_buf lines = PP_BUF_INIT(NMCLI_OUTPUT_MAX);
    *seen = (struct seen){0};
    if (!nmcli_run(service->profiles.nmcli, words, NMCLI_SHORT_MS, &lines, error))
        return false;
    for (const char *line = pp_buf_text(&lines); *line; line += strcspn(line, "\n"), line += *line == '\n')
        see(service, line, seen);
    return true;
}

/* Whether it has tried all that connects by itself. */
static bool has_started(const struct network_service *service) {
    static const char *const words[] = {"-t", "-f", "STARTUP", "general", NULL};
    pp_autobuf struct pp_buf line = PP_BUF_INIT(NMCLI_OUTPUT_MAX);
    return nmcli_run(service->profiles.nmcli, words, NMCLI_SHORT_MS, &line, NULL) &&
           strcmp(pp_buf_text(&line), "started\n") == 0;
}

bool first_start_allows(const struct network_service *service, struct pp_error *error) {
    pp_autojson cJSON *status = agent_status(service);
    const char *state = state_of(status);
    struct seen seen;
    if (is_nobodys(status))
        return true;
    /* Whatever sets its network: NetworkManager may know nothing of it. */
    if (strcmp(state, "online") == 0)
        return pp_fail(error, PP_E_STATE, "this screen is enrolled, and has a network");
    if (!look_at_networks(service, &seen, error))
        return false;
    if (!seen.network)
        return has_started(service) ||
               pp_fail(error, PP_E_CANCELLED, "the network is still being brought up");
    if (!*state)
        return pp_fail(error, PP_E_CANCELLED, "whether this screen is enrolled is not known yet");
    return pp_fail(error, PP_E_STATE, "this screen is enrolled, and has a network");
}

void first_start_look(const struct network_service *service, bool asked, struct first_start_need *need) {
    pp_autojson cJSON *status = agent_status(service);
    const char *state = state_of(status);
    struct pp_error error = {0};
    int64_t after_s = 0;
    struct seen seen;
    *need = (struct first_start_need){0};
    /* It is the screen that has the name and the passphrase. */
    if (!*state)
        return;
    if (!pp_json_integer(status, "phone_after_s", 0, FIRST_START_AFTER_MAX, &after_s, &error))
        after_s = 0;
    need->after_s = (unsigned)after_s;
    if (strcmp(state, "online") == 0 || (!asked && (!after_s || !is_nobodys(status)))) {
        need->known = true;
        return;
    }
    if (!look_at_networks(service, &seen, &error) || (!seen.network && !has_started(service)))
        return;
    need->known = true;
    need->needed = !seen.network;
    need->own_up = seen.own;
}
