/* What was done here, and by whom: `audit export`, `audit verify`. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/encode.h"
#include "headend/cli/commands.h"
#include "headend/db/home_open.h"
#include "headend/ops/audit.h"

/* ---- export ---- */

static void add_state(cJSON *object, const char *name, const char *text) {
    cJSON *value = *text ? cJSON_Parse(text) : NULL;
    cJSON_AddItemToObject(object, name, value ? value : cJSON_CreateNull());
}

static bool row_print(void *arg, const struct audit_row *row, struct pp_error *error) {
    (void)arg;
    char time[PP_RFC3339_SIZE];
    char hash[PP_HEX_SIZE(AUDIT_HASH_SIZE)];
    const char *const texts[][2] = {{"kind", row->kind},           {"actor", row->actor},
                                    {"address", row->address},     {"session", row->session},
                                    {"operation", row->operation}, {"outcome", row->outcome},
                                    {"target", row->target}};
    pp_autojson cJSON *object = cJSON_CreateObject();
    pp_time_format(row->time, time);
    pp_hex_encode(row->hash, sizeof row->hash, hash);
    cJSON_AddNumberToObject(object, "number", (double)row->number);
    cJSON_AddStringToObject(object, "time", time);
    for (size_t i = 0; i < PP_COUNT(texts); i++)
        cJSON_AddStringToObject(object, texts[i][0], texts[i][1]);
    add_state(object, "before", row->before);
    add_state(object, "after", row->after);
    cJSON_AddStringToObject(object, "hash", hash);
    pp_autojsontext char *line = cJSON_PrintUnformatted(object);
    if (!line)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    return printf("%s\n", line) > 0 || pp_fail_errno(error, "write");
}

bool command_audit_export(int argc, char **argv, struct pp_error *error) {
    uint64_t behind = 0;
    const struct pp_option options[] = {{"behind", PP_OPTION_UNSIGNED, &behind}, {0}};
    int first = 0;
    if (!command_words(options, argc, argv, 1, &first, "audit export: one DIR is needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    return home &&
           audit_each(home->db, behind < INT64_MAX ? (int64_t)behind : INT64_MAX, row_print, NULL, error) &&
           (fflush(stdout) == 0 || pp_fail_errno(error, "write"));
}

/* ---- verify ---- */

static void print_line(void *arg, const char *words) {
    (void)arg;
    printf("%s\n", words);
}

/* "7:9f86d0…", as verify has told before. */
static bool noted_read(const char *text, struct audit_verification *found, struct pp_error *error) {
    char *end = NULL;
    if (!text)
        return true;
    found->noted = strtoll(text, &end, 10);
    return (found->noted > 0 && *end == ':' && strlen(end + 1) == 2 * sizeof found->noted_hash &&
            pp_hex_decode(end + 1, found->noted_hash, sizeof found->noted_hash, NULL)) ||
           pp_fail(error, PP_E_INVALID,
                   "--noted: must be a number and a hash, as \"audit verify\" tells them");
}

bool command_audit_verify(int argc, char **argv, struct pp_error *error) {
    const char *noted = NULL;
    const struct pp_option options[] = {{"noted", PP_OPTION_STRING, &noted}, {0}};
    int first = 0;
    char hash[PP_HEX_SIZE(AUDIT_HASH_SIZE)];
    struct audit_verification found = {.tell = print_line};
    if (!command_words(options, argc, argv, 1, &first, "audit verify: one DIR is needed", error) ||
        !noted_read(noted, &found, error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    if (!home || !audit_verify(home->db, &found, error))
        return false;
    if (found.faults)
        return pp_fail(error, PP_E_AUTH, "the audit is not as it was written");
    pp_hex_encode(found.hash, sizeof found.hash, hash);
    if (found.rows)
        printf("%" PRId64 " rows: whole\n%" PRId64 ":%s\n", found.rows, found.newest, hash);
    else
        printf("nothing was done yet\n");
    return fflush(stdout) == 0 || pp_fail_errno(error, "write");
}
