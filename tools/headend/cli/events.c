/* What screens have reported, and what is wrong with it, for whoever collects events elsewhere. */
#include "base/clock.h"
#include "events/kinds.h"
#include "headend/cli/commands.h"
#include "headend/db/home_open.h"
#include "headend/ops/cef.h"
#include "headend/ops/device.h"
#include "headend/ops/event_chain.h"
#include "headend/ops/event_export.h"
#include "headend/ops/event_verify.h"

#define EXPORT_LINE_MAX (64 * 1024) /* bytes */

static const char *text_of(const cJSON *event, const char *name) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(event, name));
    return text ? text : "";
}

/* Of the kind that we know, or, from a later version, the screen's own word. */
static int severity_of(const cJSON *event, const struct event_kind *kind) {
    int64_t severity;
    if (kind)
        return kind->severity;
    return pp_json_integer(event, "severity", 0, 10, &severity, NULL) ? (int)severity
                                                                      : EVENT_SEVERITY_UNNAMED;
}

static bool add_number(struct pp_buf *line, const char *key, const cJSON *event, const char *name,
                       struct pp_error *error) {
    int64_t value;
    return !pp_json_integer(event, name, 0, PP_JSON_INTEGER_MAX, &value, NULL) ||
           cef_add_number(line, key, value, error);
}

static bool add_labelled(struct pp_buf *line, const char *key, const char *label, const char *value,
                         struct pp_error *error) {
    char name[24];
    snprintf(name, sizeof name, "%sLabel", key);
    return !*value || (cef_add(line, name, label, error) && cef_add(line, key, value, error));
}

static bool add_event(struct pp_buf *line, const struct event_export *row, struct pp_error *error) {
    const cJSON *event = row->event;
    const cJSON *detail = cJSON_GetObjectItemCaseSensitive(event, "detail");
    pp_autojsontext char *other = detail && !cJSON_IsString(detail) ? cJSON_PrintUnformatted(detail) : NULL;
    return cef_add(line, "msg", other ? other : text_of(event, "detail"), error) &&
           cef_add(line, "externalId", text_of(event, "id"), error) &&
           add_labelled(line, "cs1", "chain", text_of(event, "chain"), error) &&
           add_labelled(line, "cs2", "hash", text_of(event, "hash"), error) &&
           add_labelled(line, "cs3", "boot", text_of(event, "boot"), error) &&
           add_labelled(line, "cs4", "head", row->head, error) &&
           cef_add(line, "cn1Label", cJSON_HasObjectItem(event, "seq") ? "seq" : "", error) &&
           add_number(line, "cn1", event, "seq", error) &&
           cef_add(line, "cn2Label", cJSON_HasObjectItem(event, "monotonic_ms") ? "monotonicMs" : "",
                   error) &&
           add_number(line, "cn2", event, "monotonic_ms", error);
}

static bool add_finding(struct pp_buf *line, const struct event_export *row, struct pp_error *error) {
    return add_labelled(line, "cs1", "chain", row->chain, error) && cef_add(line, "cn1Label", "seq", error) &&
           cef_add_number(line, "cn1", row->first, error) && cef_add(line, "cn2Label", "lastSeq", error) &&
           cef_add_number(line, "cn2", row->last, error) && cef_add(line, "cn3Label", "missing", error) &&
           cef_add_number(line, "cn3", row->missing, error) &&
           cef_add(line, "externalId", text_of(row->event, "id"), error) &&
           cef_add(line, "msg", text_of(row->event, "detail"), error);
}

static bool begin_cef(struct pp_buf *line, const struct event_export *row, struct pp_error *error) {
    const struct event_finding_row *finding = event_finding_named(row->finding);
    const char *name = text_of(row->event, "kind");
    const struct event_kind *kind = event_kind_find(name);
    int64_t time = row->received;
    (void)!pp_json_time(row->event, "time", &time, NULL);
    bool security = finding || (kind && kind->security);
    return (finding
                ? cef_begin(line, finding->class, finding->words, finding->severity, error)
                : cef_begin(line, name, kind ? kind->words : name, severity_of(row->event, kind), error)) &&
           cef_add_number(line, "rt", (finding ? row->received : time) * 1000, error) &&
           cef_add_number(line, "art", row->received * 1000, error) &&
           cef_add(line, "cat", security ? "security" : "operation", error) &&
           cef_add(line, "deviceExternalId", row->device, error) &&
           cef_add(line, "dvchost", row->name, error);
}

static bool write_cef(struct pp_buf *line, const struct event_export *row, struct pp_error *error) {
    return begin_cef(line, row, error) &&
           (*row->finding ? add_finding(line, row, error) : add_event(line, row, error));
}

static bool write_json(struct pp_buf *line, const struct event_export *row, struct pp_error *error) {
    char received[PP_RFC3339_SIZE];
    pp_autojson cJSON *json = cJSON_CreateObject();
    pp_time_format(row->received, received);
    cJSON_AddStringToObject(json, "received", received);
    cJSON_AddStringToObject(json, "screen", row->device);
    cJSON_AddStringToObject(json, "name", row->name);
    if (*row->finding) {
        cJSON *finding = cJSON_AddObjectToObject(json, "finding");
        cJSON_AddStringToObject(finding, "kind", row->finding);
        cJSON_AddStringToObject(finding, "chain", row->chain);
        cJSON_AddNumberToObject(finding, "first", (double)row->first);
        cJSON_AddNumberToObject(finding, "last", (double)row->last);
        cJSON_AddNumberToObject(finding, "missing", (double)row->missing);
    }
    if (row->event)
        cJSON_AddItemToObject(json, "event", cJSON_Duplicate(row->event, true));
    if (*row->head)
        cJSON_AddStringToObject(json, "head", row->head);
    pp_autojsontext char *text = cJSON_PrintUnformatted(json);
    return text ? pp_buf_add_text(line, text, error) : pp_fail(error, PP_E_NOMEM, "out of memory");
}

typedef bool write_line(struct pp_buf *line, const struct event_export *row, struct pp_error *error);

struct exporting {
    write_line *write;
};

static bool row_print(void *arg, const struct event_export *row, struct pp_error *error) {
    const struct exporting *exporting = arg;
    pp_autobuf struct pp_buf line = PP_BUF_INIT(EXPORT_LINE_MAX);
    if (!exporting->write(&line, row, error) || !pp_buf_add_text(&line, "\n", error))
        return false;
    return fwrite(line.data, 1, line.size, stdout) == line.size || pp_fail_errno(error, "write");
}

static bool since_read(const char *text, int64_t *since, struct pp_error *error) {
    char whole[PP_RFC3339_SIZE];
    *since = 0;
    if (!text)
        return true;
    snprintf(whole, sizeof whole, strlen(text) == 10 ? "%.10sT00:00:00Z" : "%.20s", text);
    return (strlen(text) <= 20 && pp_time_parse(whole, since, NULL)) ||
           pp_fail(error, PP_E_INVALID, "--since: must be like 2026-01-31 or 2026-01-31T08:00:00Z");
}

static bool format_read(const char *name, write_line **write, struct pp_error *error) {
    *write = strcmp(name, "cef") == 0 ? write_cef : strcmp(name, "jsonl") == 0 ? write_json : NULL;
    return *write || pp_fail(error, PP_E_INVALID, "--format: must be cef or jsonl");
}

bool command_events_export(int argc, char **argv, struct pp_error *error) {
    const char *format = "jsonl", *since_text = NULL, *screen = NULL;
    const struct pp_option options[] = {{"format", PP_OPTION_STRING, &format},
                                        {"since", PP_OPTION_STRING, &since_text},
                                        {"screen", PP_OPTION_STRING, &screen},
                                        {0}};
    int first = 0;
    int64_t since = 0;
    struct exporting exporting = {0};
    struct device device;
    if (!command_words(options, argc, argv, 1, &first, "events export: one DIR is needed", error) ||
        !format_read(format, &exporting.write, error) || !since_read(since_text, &since, error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    if (!home || (screen && !device_resolve(home->db, screen, &device, error)))
        return false;
    if (!event_export_each(home->db, screen ? device.id : NULL, since, row_print, &exporting, error))
        return false;
    return fflush(stdout) == 0 || pp_fail_errno(error, "write");
}

/* ---- verify ---- */

struct verifying {
    struct db *db;
    int64_t screens, faulty;
    struct pp_error error;
};

static void print_line(void *arg, const char *words) {
    (void)arg;
    printf("  %s\n", words);
}

static bool verify_one(void *arg, const struct device *device) {
    struct verifying *verifying = arg;
    struct event_verification found = {.tell = print_line, .tell_key = print_line};
    printf("%s %.8s:\n", device->name, device->id);
    if (!event_verify(verifying->db, device, &found, &verifying->error))
        return false;
    verifying->screens++;
    verifying->faulty += found.faults > 0;
    printf("  %lld events in %lld chains, %lld signed heads%s\n", (long long)found.events,
           (long long)found.chains, (long long)found.heads, found.faults ? "" : ": whole");
    return true;
}

bool command_events_verify(int argc, char **argv, struct pp_error *error) {
    const struct pp_option options[] = {{0}};
    int first = 0;
    struct verifying verifying = {0};
    struct device device;
    if (!pp_options_parse(options, argc, argv, &first, error))
        return false;
    if (argc - first != 1 && argc - first != 2)
        return pp_fail(error, PP_E_INVALID,
                       "events verify: DIR is needed, and may be followed by SCREEN (try --help)");
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    if (!home)
        return false;
    verifying.db = home->db;
    bool ok = argc - first < 2 ? device_each(home->db, verify_one, &verifying, error)
                               : device_resolve(home->db, argv[first + 1], &device, error) &&
                                     verify_one(&verifying, &device);
    if (verifying.error.code)
        return pp_fail(error, verifying.error.code, "%s", verifying.error.message);
    if (ok && verifying.faulty)
        return pp_fail(error, PP_E_AUTH, "the events of %lld of %lld screens are not as they came",
                       (long long)verifying.faulty, (long long)verifying.screens);
    return ok && (fflush(stdout) == 0 || pp_fail_errno(error, "write"));
}
