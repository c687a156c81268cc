#include "player/trace.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"

struct trace {
    FILE *file;
    uint64_t presents;
    uint64_t wakeups;
    unsigned layers; /* in the line being written */
};

struct trace *trace_create(const char *path, struct pp_error *error) {
    pp_autofree struct trace *trace = calloc(1, sizeof *trace);
    if (!trace) {
        pp_fail(error, PP_E_NOMEM, "trace: out of memory");
        return NULL;
    }
    trace->file = fopen(path, "we");
    if (!trace->file) {
        pp_fail_errno(error, "%s", path);
        return NULL;
    }
    return pp_steal(&trace);
}

void trace_destroy(struct trace *trace) {
    if (!trace)
        return;
    fprintf(trace->file, "{\"end\":true,\"presents\":%" PRIu64 ",\"wakeups\":%" PRIu64 "}\n", trace->presents,
            trace->wakeups);
    fclose(trace->file);
    free(trace);
}

void trace_wakeup(struct trace *trace) {
    if (trace)
        trace->wakeups++;
}

void trace_begin(struct trace *trace, int64_t at_us) {
    if (!trace)
        return;
    trace->layers = 0;
    fprintf(trace->file,
            "{\"present\":%" PRIu64 ",\"at_us\":%" PRId64 ",\"wakeups\":%" PRIu64 ",\"layers\":[",
            ++trace->presents, at_us, trace->wakeups);
}

void trace_layer(struct trace *trace, uint32_t layer, int64_t pts_us, int64_t due_us, unsigned alpha) {
    if (trace)
        fprintf(trace->file,
                "%s{\"layer\":%" PRIu32 ",\"pts_us\":%" PRId64 ",\"due_us\":%" PRId64 ",\"alpha\":%u}",
                trace->layers++ ? "," : "", layer, pts_us, due_us, alpha);
}

void trace_end(struct trace *trace) {
    if (!trace)
        return;
    fputs("]}\n", trace->file);
    fflush(trace->file);
}
