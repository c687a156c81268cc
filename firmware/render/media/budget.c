#include "render/media/budget.h"

#include <time.h>

#include "render/media/limits.h"

int64_t budget_cpu_now_ms(void) {
    struct timespec now = {0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void budget_set_cpu(struct budget *budget, uint32_t cpu_ms) {
    budget->cpu_ms = cpu_ms;
    budget->cpu_end_ms = budget_cpu_now_ms() + cpu_ms;
}

void budget_renew(struct budget *budget) {
    budget->packets = 0;
    budget->pixels = 0;
}

void budget_add_packet(struct budget *budget) {
    budget->packets += budget->packets <= MEDIA_PACKETS_MAX;
}

void budget_add_pixels(struct budget *budget, int width, int height) {
    if (width > 0 && height > 0 && budget->pixels <= MEDIA_DECODED_PIXELS_MAX)
        budget->pixels += (uint64_t)width * (uint64_t)height;
}

static uint32_t packets_max(const struct budget *budget) {
    return budget->searching ? MEDIA_PROBE_PACKETS_MAX : MEDIA_PACKETS_MAX;
}

bool budget_allows(const struct budget *budget, struct pp_error *error) {
    if (budget->packets > packets_max(budget))
        return pp_fail(error, PP_E_LIMIT, "nothing that can be shown came of %u packets of it",
                       packets_max(budget));
    if (budget->pixels > MEDIA_DECODED_PIXELS_MAX)
        return pp_fail(error, PP_E_LIMIT,
                       "nothing that can be shown came of decoding %llu million pixels of it",
                       MEDIA_DECODED_PIXELS_MAX / 1000000);
    if (budget->cpu_ms > 0 && budget_cpu_now_ms() >= budget->cpu_end_ms)
        return pp_fail(error, PP_E_LIMIT, "nothing that can be shown came of %u s of computing",
                       budget->cpu_ms / 1000);
    return true;
}

bool budget_is_spent(const struct budget *budget) {
    return !budget_allows(budget, NULL);
}
