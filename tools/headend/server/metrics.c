#include "headend/server/metrics.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

/* us, the upper bounds; the last one has none. A long poll lasts up to 60 s. */
static const int64_t bounds[] = {1000,   2500,   5000,    10000,   25000,    50000,   100000,
                                 250000, 500000, 1000000, 2500000, 10000000, 60000000};
#define BUCKETS (PP_COUNT(bounds) + 1)

struct status_count {
    unsigned status; /* 0: no answer */
    uint64_t count;
};

struct route_count {
    struct status_count statuses[METRICS_STATUSES_MAX];
    uint64_t other;
    uint64_t buckets[BUCKETS];
    uint64_t count;
    int64_t sum_us;
};

struct metrics {
    pthread_mutex_t mutex; /* over the counts */
    const struct site *site;
    size_t first[SITE_TABLES_MAX]; /* of each table, in `counts` */
    struct route_count *counts;    /* of all routes; the last one is of requests of none */
    size_t size;
    uint64_t upload_bytes;
};

struct metrics *metrics_create(const struct site *site, struct pp_error *error) {
    struct metrics *metrics = calloc(1, sizeof *metrics);
    size_t size = 1;
    for (size_t i = 0; metrics && i < SITE_TABLES_MAX; i++) {
        metrics->first[i] = size - 1;
        size += site->tables[i].count;
    }
    if (metrics)
        metrics->counts = calloc(size, sizeof *metrics->counts);
    if (!metrics || !metrics->counts) {
        free(metrics);
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    metrics->site = site;
    metrics->size = size;
    pthread_mutex_init(&metrics->mutex, NULL);
    return metrics;
}

void metrics_destroy(struct metrics *metrics) {
    if (!metrics)
        return;
    pthread_mutex_destroy(&metrics->mutex);
    free(metrics->counts);
    free(metrics);
}

static struct route_count *count_of(struct metrics *metrics, const struct route *route) {
    for (size_t i = 0; i < SITE_TABLES_MAX; i++) {
        const struct route_table *table = &metrics->site->tables[i];
        if (route && table->count && route >= table->routes && route < table->routes + table->count)
            return &metrics->counts[metrics->first[i] + (size_t)(route - table->routes)];
    }
    return &metrics->counts[metrics->size - 1];
}

static void count_status(struct route_count *count, unsigned status) {
    for (size_t i = 0; i < METRICS_STATUSES_MAX; i++) {
        struct status_count *one = &count->statuses[i];
        if (one->count && one->status != status)
            continue;
        one->status = status;
        one->count++;
        return;
    }
    count->other++;
}

void metrics_note_request(struct metrics *metrics, const struct route *route, unsigned status,
                          int64_t took_us) {
    size_t bucket = 0;
    while (bucket < PP_COUNT(bounds) && took_us > bounds[bucket])
        bucket++;
    pthread_mutex_lock(&metrics->mutex);
    struct route_count *count = count_of(metrics, route);
    count_status(count, status);
    count->buckets[bucket]++;
    count->count++;
    count->sum_us += took_us;
    pthread_mutex_unlock(&metrics->mutex);
}

void metrics_note_upload(struct metrics *metrics, size_t bytes) {
    pthread_mutex_lock(&metrics->mutex);
    metrics->upload_bytes += bytes;
    pthread_mutex_unlock(&metrics->mutex);
}

/* ---- As text ---- */

/* Of the counts at that place. A pattern has no character that a label would have to escape. */
static void name_route(const struct metrics *metrics, size_t at, const char **method, const char **route) {
    *method = *route = "";
    for (size_t i = 0; i < SITE_TABLES_MAX; i++) {
        const struct route_table *table = &metrics->site->tables[i];
        if (at < metrics->first[i] || at >= metrics->first[i] + table->count)
            continue;
        *method = table->routes[at - metrics->first[i]].method;
        *route = table->routes[at - metrics->first[i]].pattern;
    }
}

static bool write_statuses(const struct metrics *metrics, size_t at, struct pp_buf *out,
                           struct pp_error *error) {
    const struct route_count *count = &metrics->counts[at];
    const char *method, *route;
    name_route(metrics, at, &method, &route);
    for (size_t i = 0; i < METRICS_STATUSES_MAX && count->statuses[i].count; i++) {
        if (!pp_buf_addf(out, error,
                         "pingplay_http_requests_total{method=\"%s\",route=\"%s\",status=\"%u\"} %" PRIu64
                         "\n",
                         method, route, count->statuses[i].status, count->statuses[i].count))
            return false;
    }
    return !count->other ||
           pp_buf_addf(out, error,
                       "pingplay_http_requests_total{method=\"%s\",route=\"%s\",status=\"other\"} %" PRIu64
                       "\n",
                       method, route, count->other);
}

static bool write_buckets(const struct metrics *metrics, size_t at, struct pp_buf *out,
                          struct pp_error *error) {
    const struct route_count *count = &metrics->counts[at];
    const char *method, *route;
    uint64_t sum = 0;
    name_route(metrics, at, &method, &route);
    for (size_t i = 0; i < PP_COUNT(bounds); i++) {
        sum += count->buckets[i];
        if (!pp_buf_addf(
                out, error,
                "pingplay_http_request_duration_seconds_bucket{method=\"%s\",route=\"%s\",le=\"%g\"} %" PRIu64
                "\n",
                method, route, (double)bounds[i] / 1e6, sum))
            return false;
    }
    return pp_buf_addf(
        out, error,
        "pingplay_http_request_duration_seconds_bucket{method=\"%s\",route=\"%s\",le=\"+Inf\"} %" PRIu64 "\n"
        "pingplay_http_request_duration_seconds_sum{method=\"%s\",route=\"%s\"} %.6f\n"
        "pingplay_http_request_duration_seconds_count{method=\"%s\",route=\"%s\"} %" PRIu64 "\n",
        method, route, count->count, method, route, (double)count->sum_us / 1e6, method, route, count->count);
}

/* All series of a name stand together. */
static bool write_each(const struct metrics *metrics, const char *head,
                       bool (*write)(const struct metrics *, size_t, struct pp_buf *, struct pp_error *),
                       struct pp_buf *out, struct pp_error *error) {
    bool ok = pp_buf_add_text(out, head, error);
    for (size_t i = 0; ok && i < metrics->size; i++)
        ok = !metrics->counts[i].count || write(metrics, i, out, error);
    return ok;
}

bool metrics_write(struct metrics *metrics, struct pp_buf *out, struct pp_error *error) {
    static const char requests[] = "# HELP pingplay_http_requests_total Requests, by route and status; 0: "
                                   "the connection went before an answer.\n"
                                   "# TYPE pingplay_http_requests_total counter\n";
    static const char durations[] = "# HELP pingplay_http_request_duration_seconds From a request's head to "
                                    "the end of its answer; long polls wait in it.\n"
                                    "# TYPE pingplay_http_request_duration_seconds histogram\n";
    pthread_mutex_lock(&metrics->mutex);
    bool ok =
        write_each(metrics, requests, write_statuses, out, error) &&
        write_each(metrics, durations, write_buckets, out, error) &&
        pp_buf_addf(out, error,
                    "# HELP pingplay_upload_bytes_total Bytes of files that were taken.\n"
                    "# TYPE pingplay_upload_bytes_total counter\npingplay_upload_bytes_total %" PRIu64 "\n",
                    metrics->upload_bytes);
    pthread_mutex_unlock(&metrics->mutex);
    return ok;
}
