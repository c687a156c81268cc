/* The certificate authorities. */
#include "base/clock.h"
#include "base/encode.h"
#include "headend/cli/commands.h"
#include "headend/cli/table.h"
#include "headend/ops/certificate_holders.h"
#include "headend/ops/publish.h"

#define SHOWN_DIGITS 16 /* of a fingerprint, in the list for people */

static const char *state_of(const struct ca *ca, const struct authority *authority) {
    return authority == &ca->authorities[0] ? "issuing" : authority->retired ? "retired" : "trusted";
}

/* The newest first, as rows of the table or, where that is wanted, as JSON. */
static bool authority_add(struct db *db, const struct ca *ca, const struct authority *authority,
                          struct table *table, cJSON *json, struct pp_error *error) {
    char hex[PP_HEX_SIZE(CA_HASH_SIZE)];
    char from[PP_RFC3339_SIZE];
    char until[PP_RFC3339_SIZE];
    char screens[24];
    int64_t count;
    if (!ca_screens(db, ca, authority, &count, error))
        return false;
    pp_hex_encode(authority->sha256, CA_HASH_SIZE, hex);
    pp_time_format(authority->not_before, from);
    pp_time_format(authority->not_after, until);
    snprintf(screens, sizeof screens, "%lld", (long long)count);
    if (!json) {
        char shown[SHOWN_DIGITS + 1];
        snprintf(shown, sizeof shown, "%.*s", SHOWN_DIGITS, hex);
        const char *const cells[] = {shown, state_of(ca, authority), screens, from, until, ca->name};
        return table_add(table, cells, error);
    }
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddStringToObject(entry, "fingerprint", hex);
    cJSON_AddStringToObject(entry, "subject", ca->name);
    cJSON_AddStringToObject(entry, "state", state_of(ca, authority));
    cJSON_AddStringToObject(entry, "from", from);
    cJSON_AddStringToObject(entry, "until", until);
    cJSON_AddNumberToObject(entry, "screens", (double)count);
    return cJSON_AddItemToArray(json, entry);
}

static bool authorities_add(struct home *home, struct table *table, cJSON *json, struct pp_error *error) {
    PP_AUTO(ca) struct ca *ca = ca_open(home, error);
    bool ok = ca != NULL;
    for (size_t i = 0; ok && i < ca->count; i++)
        ok = authority_add(home->db, ca, &ca->authorities[i], table, json, error);
    return ok;
}

bool command_ca_list(int argc, char **argv, struct pp_error *error) {
    static const char *const headers[] = {"FINGERPRINT", "STATE", "SCREENS", "FROM", "UNTIL", "SUBJECT"};
    bool json = false;
    const struct pp_option options[] = {{"json", PP_OPTION_FLAG, &json}, {0}};
    int first = 0;
    if (!command_words(options, argc, argv, 1, &first, "ca list: one DIR is needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    pp_autojson cJSON *list = json ? cJSON_CreateArray() : NULL;
    table_auto struct table table;
    table_init(&table, headers, PP_COUNT(headers));
    if (!home || !authorities_add(home, &table, list, error))
        return false;
    if (list)
        command_print_json(list);
    else
        table_print(&table, "no authority");
    return true;
}

static void print_fingerprint(const uint8_t sha256[CA_HASH_SIZE], const char *what) {
    char hex[PP_HEX_SIZE(CA_HASH_SIZE)];
    pp_hex_encode(sha256, CA_HASH_SIZE, hex);
    printf("%s %s\n", hex, what);
}

bool command_ca_rotate(int argc, char **argv, struct pp_error *error) {
    const struct pp_option options[] = {{0}};
    uint8_t sha256[CA_HASH_SIZE];
    int first = 0;
    if (!command_words(options, argc, argv, 1, &first, "ca rotate: one DIR is needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    if (!home || !command_operate(home, "authority.rotate", request, &result, error) ||
        !publish_ca_rotate(home, sha256, error))
        return false;
    print_fingerprint(sha256, "issues from now on");
    printf("New screens are installed with %s/" HOME_CA_CERTIFICATE " as it is now. Make a backup: one from "
           "before has not this authority's key.\n",
           argv[first]);
    return true;
}

bool command_ca_retire(int argc, char **argv, struct pp_error *error) {
    bool force = false;
    const struct pp_option options[] = {{"force", PP_OPTION_FLAG, &force}, {0}};
    uint8_t sha256[CA_HASH_SIZE];
    int first = 0;
    if (!command_words(options, argc, argv, 2, &first, "ca retire: DIR and FINGERPRINT are needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    cJSON_AddStringToObject(request, "fingerprint", argv[first + 1]);
    cJSON_AddBoolToObject(request, "force", force);
    if (!home || !command_operate(home, "authority.retire", request, &result, error) ||
        !publish_ca_retire(home, argv[first + 1], force, sha256, error))
        return false;
    print_fingerprint(sha256, "is retired");
    printf("Destroy its key in backups, too: whoever has it speaks for screens that were not told yet.\n");
    return true;
}
