#include "agent/event_log.h"

#include <fcntl.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "events/head.h"
#include "events/kinds.h"

#define BOOT_FILE     "/proc/sys/kernel/random/boot_id"
#define LOST_KIND     "events-lost"
#define ROLLBACK_KIND "vault-rollback"
#define DETAIL_MAX    80 /* bytes */
#define UNKEPT_KIND   "events-unkept"
#define FAILURES_MAX  2 /* until the flash is said to take nothing */

static void keep(struct event_log *log);
static void go_apart(struct event_log *log, const char *why);

/* ---- Onto flash ---- */

static void on_kept(void *arg, const struct pp_error *error) {
    struct event_log *log = arg;
    log->keeping = false;
    if (error) {
        pp_log_warning("record \"%s\": %s", EVENT_LOG_RECORD, error->message);
        log->failures++;
    } else {
        log->failures = 0;
        log->apart = false;
        log->kept_seq = log->keeping_seq;
    }
    /* What a batch under way has of the former chain would be missing in another one: then with the next failure. */
    if (error && log->failures >= FAILURES_MAX && !log->apart && !spool_is_writing(log->spool))
        go_apart(log, error->message);
    if (!error && log->kept_seq < log->head.seq)
        keep(log);
    else if (log->on_kept)
        log->on_kept(log->arg);
}

static bool record_print(const struct event_log *log, struct pp_buf *json, struct pp_error *error) {
    char hash[EVENT_HASH_SIZE];
    pp_base64url_encode(log->head.hash, sizeof log->head.hash, hash);
    pp_autojsontext char *waiting = cJSON_PrintUnformatted(spool_waiting(log->spool));
    return (waiting || pp_fail(error, PP_E_NOMEM, "out of memory")) &&
           pp_buf_addf(json, error,
                       "{\"chain\":\"%s\",\"seq\":%lld,\"hash\":\"%s\",\"lost\":%llu,\"rollback\":%lld,"
                       "\"waiting\":%s}",
                       log->head.chain, (long long)log->head.seq, hash, (unsigned long long)log->lost_told,
                       (long long)log->rollback_told, waiting);
}

/* One write at a time; the next has all that came meanwhile. */
static void keep(struct event_log *log) {
    pp_autobuf struct pp_buf json = PP_BUF_INIT(EVENT_LOG_MAX);
    struct pp_error error = {0};
    if (log->keeping)
        return;
    log->keeping = true;
    log->keeping_seq = log->head.seq;
    if (!record_print(log, &json, &error) ||
        !vault_put_later(log->vault, EVENT_LOG_RECORD, json.data, json.size, on_kept, log, &error))
        on_kept(log, &error);
}

bool event_log_may_send(const struct event_log *log) {
    return log->kept_seq >= log->head.seq || (log->apart && !log->keeping);
}

void event_log_keep_again(struct event_log *log) {
    if (log->failures && !log->keeping)
        keep(log);
}

const struct event_head *event_log_kept_head(const struct event_log *log) {
    return log->head.seq && log->kept_seq == log->head.seq ? &log->head : NULL;
}

/* ---- Events ---- */

static bool event_fill(const struct event_log *log, cJSON *event, const char *kind, const char *detail) {
    const struct event_kind *known = event_kind_find(kind);
    return cJSON_AddStringToObject(event, "kind", kind) && cJSON_AddStringToObject(event, "detail", detail) &&
           cJSON_AddNumberToObject(event, "severity", known ? known->severity : EVENT_SEVERITY_UNNAMED) &&
           cJSON_AddStringToObject(event, "boot", log->boot) &&
           cJSON_AddNumberToObject(event, "monotonic_ms", (double)pp_clock_boottime_ms());
}

static void add_one(struct event_log *log, const char *kind, const char *detail, int64_t now_s) {
    struct pp_error error = {0};
    cJSON *event = cJSON_CreateObject();
    if (!event || !event_fill(log, event, kind, detail) || !spool_complete(event, now_s) ||
        !event_link(event, &log->head, &error)) {
        cJSON_Delete(event);
        event = NULL;
    }
    spool_add(log->spool, event, now_s);
}

static bool link_again(cJSON *event, struct event_head *head) {
    static const char *const names[] = {"chain", "seq", "prev", "hash"};
    for (size_t i = 0; i < PP_COUNT(names); i++)
        cJSON_DeleteItemFromObjectCaseSensitive(event, names[i]);
    return event_link(event, head, NULL);
}

/* What waits and is not on flash gets places in another chain. It has been sent to nobody. */
static void go_apart(struct event_log *log, const char *why) {
    const struct event_head former = log->head;
    struct event_head head;
    cJSON *event;
    if (!event_head_begin(&head, NULL))
        return;
    cJSON_ArrayForEach(event, spool_waiting(log->spool)) {
        struct event_head place = {0};
        if (event_head_read(event, &place, NULL) && strcmp(place.chain, former.chain) == 0 &&
            place.seq > log->kept_seq && !link_again(event, &head))
            pp_log_warning("an event without a place: out of memory");
    }
    log->head = head;
    log->kept_seq = 0;
    log->apart = true;
    pp_log_warning("%s: %s", UNKEPT_KIND, why);
    add_one(log, UNKEPT_KIND, why, log->now_s);
}

/* Before the next event, so that it stands where they are missing. */
static void tell_lost(struct event_log *log, int64_t now_s) {
    char detail[DETAIL_MAX];
    uint64_t lost = spool_lost(log->spool);
    if (lost <= log->lost_told)
        return;
    snprintf(detail, sizeof detail, "%llu, %llu in all", (unsigned long long)(lost - log->lost_told),
             (unsigned long long)lost);
    log->lost_told = lost;
    add_one(log, LOST_KIND, detail, now_s);
}

void event_log_add(struct event_log *log, const char *kind, const char *detail, int64_t now_s) {
    log->now_s = now_s;
    tell_lost(log, now_s);
    add_one(log, kind, detail, now_s);
    keep(log);
}

/* ---- Life ---- */

bool event_log_batch_head(const struct pp_buf *json, struct event_head *head) {
    pp_autojson cJSON *batch = pp_json_parse(json->data, json->size, SPOOL_BATCH_MAX, NULL);
    const cJSON *items = cJSON_GetObjectItemCaseSensitive(batch, "items");
    const cJSON *last = cJSON_GetArrayItem(items, cJSON_GetArraySize(items) - 1);
    return last && event_head_read(last, head, NULL);
}

/* The last event of the newest batch; false where there is none, or none that can be read. */
static bool newest_read(const struct event_log *log, struct event_head *head) {
    pp_autobuf struct pp_buf json = PP_BUF_INIT(SPOOL_BATCH_MAX);
    return spool_read_newest(log->spool, &json) && event_log_batch_head(&json, head);
}

/* Those that stand in no batch. They keep their places. */
static void wait_again(struct event_log *log, cJSON *record, const struct event_head *newest) {
    cJSON *waiting = cJSON_GetObjectItemCaseSensitive(record, "waiting");
    cJSON *event;
    while ((event = cJSON_DetachItemFromArray(waiting, 0))) {
        struct event_head place = {0};
        bool there = !event_head_read(event, &place, NULL) ||
                     (strcmp(place.chain, newest->chain) == 0 && place.seq <= newest->seq);
        if (there)
            cJSON_Delete(event);
        else
            spool_add(log->spool, event, 0);
    }
}

/* Where the count has begun anew since, there is nothing to be told of it. */
static void lost_read(struct event_log *log, const cJSON *record) {
    int64_t lost = 0;
    if (pp_json_integer(record, "lost", 0, PP_JSON_INTEGER_MAX, &lost, NULL) &&
        (uint64_t)lost < log->lost_told)
        log->lost_told = (uint64_t)lost;
}

/* NULL with PP_OK where there is none, or it is lost. */
static cJSON *record_load(struct event_log *log, struct event_head *head, struct pp_error *error) {
    pp_autobuf struct pp_buf json = PP_BUF_INIT(EVENT_LOG_MAX);
    struct pp_error why = {0};
    pp_autojson cJSON *record = NULL;
    if (vault_get(log->vault, EVENT_LOG_RECORD, &json, &why))
        record = pp_json_parse(json.data, json.size, EVENT_LOG_MAX, &why);
    if (record && event_head_read(record, head, &why))
        return pp_steal(&record);
    if (why.code == PP_E_NOMEM)
        pp_fail(error, why.code, "record \"%s\": %s", EVENT_LOG_RECORD, why.message);
    else if (why.code != PP_E_NOTFOUND)
        pp_log_warning("record \"%s\": %s", EVENT_LOG_RECORD, why.message);
    return NULL;
}

static void boot_read(struct event_log *log) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(64);
    if (pp_file_read(AT_FDCWD, BOOT_FILE, &text, NULL))
        snprintf(log->boot, sizeof log->boot, "%.36s", pp_buf_text(&text));
    pp_json_tidy(log->boot);
}

bool event_log_open(struct event_log *log, struct vault *vault, struct spool *spool, struct pp_error *error) {
    struct event_head kept = {0}, newest = {0};
    struct pp_error why = {0};
    *log = (struct event_log){.vault = vault, .spool = spool, .lost_told = spool_lost(spool)};
    boot_read(log);
    pp_autojson cJSON *record = record_load(log, &kept, &why);
    if (why.code)
        return pp_fail(error, why.code, "%s", why.message);
    bool on_flash = newest_read(log, &newest);
    if (!record && !on_flash)
        return event_head_begin(&log->head, error);
    bool batch_is_newer =
        on_flash && (!record || (strcmp(newest.chain, kept.chain) == 0 && newest.seq > kept.seq));
    log->head = batch_is_newer ? newest : kept;
    log->kept_seq = record ? kept.seq : 0;
    lost_read(log, record);
    (void)!pp_json_integer(record, "rollback", 0, PP_JSON_INTEGER_MAX, &log->rollback_told, NULL);
    wait_again(log, record, &newest);
    return true;
}

bool event_log_tell_rollback(struct event_log *log, int64_t generation, bool witness_gone, int64_t now_s,
                             struct pp_error *error) {
    if (!generation || generation == log->rollback_told)
        return true;
    log->kept_seq = 0;
    if (!event_head_begin(&log->head, error))
        return false;
    const char *detail = witness_gone ? "the witness of the vault is missing or damaged"
                                      : "the vault is older than its witness says";
    pp_log_info("%s: %s", ROLLBACK_KIND, detail);
    log->rollback_told = generation;
    event_log_add(log, ROLLBACK_KIND, detail, now_s);
    return true;
}

void event_log_close(struct event_log *log) {
    if (!log->vault)
        return;
    log->on_kept = NULL;
    spool_settle(log->spool);
    if (log->head.seq)
        keep(log);
    spool_settle(log->spool);
    if (!log->failures && !log->keeping)
        spool_forget_waiting(log->spool);
    vault_forget_kept(log->vault, EVENT_LOG_RECORD);
}
