/* pingplayctl status, stats: where this display point stands. */
#include <stdio.h>

#include "base/mem.h"
#include "ctl/ctl.h"

#define PATIENCE_S 15
#define MIB        (1024.0 * 1024)

static const char *member_text(const cJSON *document, const char *object, const char *name) {
    return show_text(cJSON_GetObjectItemCaseSensitive(document, object), name);
}

static void show_where(const struct ctl *ctl, const char *label, const char *text) {
    if (*text)
        show_line(ctl, label, "%s", text);
}

static void show_state(const struct ctl *ctl, const cJSON *status) {
    enum language language = ctl->language;
    const char *state = show_text(status, "state");
    const char *code = show_text(status, "code");
    show_line(ctl, "status.state", "%s", words_of(language, "state", state, state));
    if (!*code)
        return;
    show_line(ctl, "status.code", "%s  %s", code, words_of(language, "code", code, ""));
    show_where(ctl, "status.trouble", show_text(status, "trouble"));
}

/* Whose certificates it trusts, the newest first. */
static void show_authorities(const struct ctl *ctl, const cJSON *status) {
    const cJSON *one;
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(status, "authorities")) {
        show_line(ctl, "status.authority", "%s  %s, %s %s", show_text(one, "fingerprint"),
                  show_text(one, "name"), words(ctl->language, "status.until"), show_text(one, "end"));
    }
}

static void show_identity(const struct ctl *ctl, const cJSON *status) {
    const char *mode = member_text(status, "access", "mode");
    const char *end = show_text(status, "certificate_end");
    const char *contact = show_text(status, "last_contact");
    show_line(ctl, "status.access_mode", "%s",
              *mode ? words_of(ctl->language, "access", mode, mode) : words(ctl->language, "access.unknown"));
    show_where(ctl, "status.name", show_text(status, "name"));
    show_where(ctl, "status.site", show_text(status, "site"));
    show_where(ctl, "status.device", show_text(status, "device"));
    show_line(ctl, "status.fingerprint", "%s", show_text(status, "fingerprint"));
    show_line(ctl, "status.certificate_end", "%s", *end ? end : words(ctl->language, "none"));
    show_authorities(ctl, status);
    show_line(ctl, "status.headend", "%s", show_text(status, "headend"));
    show_line(ctl, "status.last_contact", "%s", *contact ? contact : words(ctl->language, "never"));
    show_where(ctl, "status.enrol_code", member_text(status, "enrolment", "user_code"));
}

static void show_content(const struct ctl *ctl, const cJSON *status) {
    const char *channel = show_text(status, "channel");
    bool shown = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(status, "content_shown"));
    show_line(ctl, "status.channel", "%s", *channel ? channel : words(ctl->language, "none"));
    show_line(ctl, "status.manifest", "%.0f", show_number(status, "manifest_version"));
    show_line(ctl, "status.content_shown", "%s", words(ctl->language, shown ? "yes" : "no"));
}

static void show_machine(const struct ctl *ctl, const cJSON *status) {
    enum language language = ctl->language;
    const cJSON *store = cJSON_GetObjectItemCaseSensitive(status, "store");
    const cJSON *display = cJSON_GetObjectItemCaseSensitive(status, "display");
    show_line(ctl, "status.time", "%s, %s", member_text(status, "clock", "effective"),
              words_of(language, "clock", member_text(status, "clock", "source"), ""));
    show_line(ctl, "status.key_provider", "%s", show_text(status, "key_provider"));
    show_where(ctl, "status.sandbox", show_text(status, "sandbox"));
    show_line(ctl, "status.storage", "%.1f %s, %.0f %s, %.1f %s %s", show_number(store, "bytes") / MIB,
              words(language, "unit.mib"), show_number(store, "objects"), words(language, "unit.objects"),
              show_number(store, "free_bytes") / MIB, words(language, "unit.mib"),
              words(language, "unit.free"));
    show_line(ctl, "status.display", "%.0fx%.0f %s", show_number(display, "width"),
              show_number(display, "height"), show_text(display, "driver"));
    show_line(ctl, "status.software", "%s", show_text(status, "software"));
    show_line(ctl, "status.versions", "%s %.0f, %s %.0f", words(language, "status.version_state"),
              show_number(status, "state_version"), words(language, "status.version_root"),
              show_number(status, "root_version"));
}

void status_show(const struct ctl *ctl, const cJSON *status) {
    show_state(ctl, status);
    show_identity(ctl, status);
    show_content(ctl, status);
    show_machine(ctl, status);
}

enum ctl_exit status_run(const struct ctl *ctl) {
    enum ctl_exit exit_status;
    const struct local_message request = {.type = LOCAL_STATUS};
    pp_autojson cJSON *status = client_document(ctl, &request, PATIENCE_S, &exit_status);
    if (status && !ctl->json)
        status_show(ctl, status);
    return exit_status;
}

/* ---- stats ---- */

static void show_counters(const struct ctl *ctl, const cJSON *counters, const char *const *names,
                          size_t count) {
    for (size_t i = 0; i < count; i++) {
        char label[48];
        snprintf(label, sizeof label, "stats.%s", names[i]);
        show_line(ctl, label, "%.0f", show_number(counters, names[i]));
    }
}

void stats_show(const struct ctl *ctl, const cJSON *stats) {
    static const char *const counters[] = {"plays",           "frames_late",     "item_faults",
                                           "items_set_aside", "players_lost",    "sync_passes",
                                           "sync_switches",   "sync_failures",   "objects_fetched",
                                           "bytes_fetched",   "objects_damaged", "reports_lost"};
    static const char *const memory[] = {"resident_bytes", "resident_peak_bytes", "renderer_peak_bytes"};
    long long minutes = (long long)show_number(stats, "uptime_s") / 60;
    show_line(ctl, "stats.uptime", "%lld %s %02lld:%02lld", minutes / 1440, words(ctl->language, "unit.days"),
              minutes / 60 % 24, minutes % 60);
    show_counters(ctl, cJSON_GetObjectItemCaseSensitive(stats, "counters"), counters, PP_COUNT(counters));
    const cJSON *bytes = cJSON_GetObjectItemCaseSensitive(stats, "memory");
    for (size_t i = 0; i < PP_COUNT(memory); i++) {
        char label[48];
        snprintf(label, sizeof label, "stats.%s", memory[i]);
        show_line(ctl, label, "%.1f %s", show_number(bytes, memory[i]) / MIB,
                  words(ctl->language, "unit.mib"));
    }
}

enum ctl_exit stats_run(const struct ctl *ctl) {
    enum ctl_exit exit_status;
    const struct local_message request = {.type = LOCAL_STATS};
    pp_autojson cJSON *stats = client_document(ctl, &request, PATIENCE_S, &exit_status);
    if (stats && !ctl->json)
        stats_show(ctl, stats);
    return exit_status;
}
