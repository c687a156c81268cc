#include "network/reach.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "network/ask_agent.h"

static const char *word_of(const cJSON *check, const char *name) {
    const char *word = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(check, name));
    return word ? word : "";
}

/* Of assets/schema/ctl.schema.json, diagnose. */
static bool is_connection(const cJSON *check) {
    const char *name = word_of(check, "name");
    return (strcmp(name, "tcp") == 0 || strcmp(name, "proxy") == 0) &&
           strcmp(word_of(check, "verdict"), "ok") == 0;
}

enum reach reach_headend(const struct network_service *service) {
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_PACKET_MAX);
    const struct local_message question = {.type = LOCAL_DIAGNOSE};
    struct local_message answer = {0};
    struct pp_error error = {0};
    const cJSON *check;
    if (!ask_agent(service, &question, REACH_MS, &packet, &answer, &error) || answer.type != LOCAL_DOCUMENT)
        return REACH_UNKNOWN;
    pp_autojson cJSON *document =
        pp_json_parse(answer.document.data, answer.document.size, LOCAL_PACKET_MAX, &error);
    cJSON_ArrayForEach(check, cJSON_GetObjectItemCaseSensitive(document, "checks")) {
        if (is_connection(check))
            return REACH_HEADEND;
    }
    return REACH_NOTHING;
}
