#include "agent/notices.h"

#include <string.h>

#include "agent/agent_internal.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

static const struct {
    const char *screen;
    int64_t ms; /* that it is shown for */
} rows[LOCAL_NOTICE_END] = {
    [LOCAL_STICK_TRYING] = {"stick-trying", NOTICE_TRYING_MS},
    [LOCAL_STICK_DONE] = {"stick-done", NOTICE_RESULT_MS},
    [LOCAL_STICK_FAILED] = {"stick-failed", NOTICE_RESULT_MS},
    [LOCAL_STICK_REFUSED] = {"stick-refused", NOTICE_RESULT_MS},
    [LOCAL_PHONE_OPEN] = {"phone", NOTICE_OPEN_MS},
    [LOCAL_PHONE_TRYING] = {"phone-trying", NOTICE_TRYING_MS},
    [LOCAL_PHONE_DONE] = {"phone-done", NOTICE_RESULT_MS},
    [LOCAL_PHONE_CLOSED] = {"phone-closed", 0},
};

static void copy(char *out, size_t size, const struct local_text *text) {
    snprintf(out, size, "%.*s", (int)text->size, text->size ? text->data : "");
    pp_json_tidy(out);
}

static bool is_open_still(const struct notice *own, const struct local_notice *notice) {
    return own->kind == LOCAL_PHONE_OPEN && notice->kind == LOCAL_PHONE_OPEN &&
           strlen(own->network) == notice->network.size &&
           memcmp(own->network, notice->network.data, notice->network.size) == 0;
}

/* Of a stick, while the access point is open: it is read to its end. */
static bool is_result(enum local_notice_kind kind) {
    return kind == LOCAL_STICK_FAILED || kind == LOCAL_STICK_REFUSED;
}

static void take(struct notice *own, const struct local_notice *notice) {
    pp_wipe(own, sizeof *own);
    own->kind = notice->kind;
    copy(own->detail, sizeof own->detail, &notice->detail);
    copy(own->network, sizeof own->network, &notice->network);
    copy(own->passphrase, sizeof own->passphrase, &notice->passphrase);
    copy(own->address, sizeof own->address, &notice->address);
    own->until_ms = pp_clock_monotonic_ms() + rows[own->kind].ms;
}

/* One that is shown by now stays: it is not drawn anew. */
static void show(struct agent *agent, bool said) {
    struct pp_error error = {0};
    const struct notice *own = &agent->notice;
    bool shown = agent->director && director_notice(agent->director, rows[own->kind].ms, &error);
    if (!shown && !said)
        pp_log_info("it is not shown: %s", agent->director ? error.message : "not yet");
}

/* There is no access point any more; what is said of a stick, for which it may have been closed, stays. */
static void end_of_phone(struct agent *agent) {
    struct notice *own = &agent->notice;
    pp_log_info("%s", rows[LOCAL_PHONE_CLOSED].screen);
    if (own->kind != LOCAL_PHONE_OPEN && own->kind != LOCAL_PHONE_TRYING && own->kind != LOCAL_PHONE_DONE)
        return;
    if (agent->director)
        director_notice_end(agent->director);
    pp_wipe(own, sizeof *own);
}

void notices_show(struct agent *agent, const struct local_notice *notice) {
    struct notice *own = &agent->notice;
    bool still = is_open_still(own, notice);
    if (notice->kind == LOCAL_PHONE_CLOSED) {
        end_of_phone(agent);
        return;
    }
    if (notice->kind == LOCAL_PHONE_OPEN && is_result(own->kind) && pp_clock_monotonic_ms() < own->until_ms)
        return;
    take(own, notice);
    if (!still)
        pp_log_info("%s%s%s%s%s", rows[own->kind].screen, *own->network ? " " : "", own->network,
                    *own->detail ? ": " : "", own->detail);
    show(agent, still);
}

bool notices_write(void *arg, uint16_t width, uint16_t height, char json[IPC_TEXT_MAX + 1],
                   struct pp_error *error) {
    const struct agent *agent = arg;
    return screens_write_notice(agent, width, height, rows[agent->notice.kind].screen, &agent->notice, json,
                                error);
}
