#include "headend/allowance.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024

/* What a screen has left, in thousandths, at a time. */
struct purse {
    char screen[UUID_TEXT_SIZE];
    int64_t at_ms;
    int64_t requests, bytes;
    struct purse *next;
};

struct allowance {
    struct purse *purses[BUCKETS];
    size_t count;
};

struct allowance *allowance_create(struct pp_error *error) {
    struct allowance *allowance = calloc(1, sizeof *allowance);
    if (!allowance)
        pp_fail(error, PP_E_NOMEM, "out of memory");
    return allowance;
}

void allowance_destroy(struct allowance *allowance) {
    if (!allowance)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct purse *purse = allowance->purses[i], *next; purse; purse = next) {
            next = purse->next;
            free(purse);
        }
    }
    free(allowance);
}

static struct purse **purse_bucket(struct allowance *allowance, const char *screen) {
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (; *screen; screen++)
        hash = (hash ^ (unsigned char)*screen) * 16777619U;
    return &allowance->purses[hash % BUCKETS];
}

static struct purse *purse_of(struct allowance *allowance, const char *screen, int64_t now_ms) {
    struct purse **bucket = purse_bucket(allowance, screen);
    struct purse *purse = *bucket;
    while (purse && strcmp(purse->screen, screen) != 0)
        purse = purse->next;
    if (purse || !(purse = calloc(1, sizeof *purse)))
        return purse;
    strncpy(purse->screen, screen, sizeof purse->screen - 1);
    purse->requests = ALLOWANCE_REQUESTS * 1000LL;
    purse->bytes = ALLOWANCE_BYTES * 1000LL;
    purse->at_ms = now_ms;
    purse->next = *bucket;
    *bucket = purse;
    allowance->count++;
    return purse;
}

static int64_t refilled(int64_t left, int64_t passed_ms, int64_t a_second, int64_t most) {
    int64_t missing = most * 1000 - left;
    return missing / a_second <= passed_ms ? most * 1000 : left + passed_ms * a_second;
}

static void purse_refill(struct purse *purse, int64_t now_ms) {
    int64_t passed_ms = now_ms > purse->at_ms ? now_ms - purse->at_ms : 0;
    purse->requests = refilled(purse->requests, passed_ms, ALLOWANCE_REQUESTS_A_SECOND, ALLOWANCE_REQUESTS);
    purse->bytes = refilled(purse->bytes, passed_ms, ALLOWANCE_BYTES_A_SECOND, ALLOWANCE_BYTES);
    purse->at_ms = now_ms;
}

/* Until so much is there, s, rounded up. */
static int64_t wait_for(int64_t needed, int64_t left, int64_t a_second) {
    int64_t second = a_second * 1000;
    return needed <= left ? 0 : (needed - left + second - 1) / second;
}

int64_t allowance_take(struct allowance *allowance, const char *screen, uint64_t bytes, int64_t now_ms) {
    struct purse *purse = purse_of(allowance, screen, now_ms);
    if (!purse)
        return 1; /* no memory left: later, perhaps */
    if (bytes > ALLOWANCE_BYTES)
        bytes = ALLOWANCE_BYTES;
    purse_refill(purse, now_ms);
    int64_t for_request = wait_for(1000, purse->requests, ALLOWANCE_REQUESTS_A_SECOND);
    int64_t for_bytes = wait_for((int64_t)bytes * 1000, purse->bytes, ALLOWANCE_BYTES_A_SECOND);
    if (for_request || for_bytes)
        return for_request > for_bytes ? for_request : for_bytes;
    purse->requests -= 1000;
    purse->bytes -= (int64_t)bytes * 1000;
    return 0;
}

void allowance_purge(struct allowance *allowance, int64_t now_ms) {
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct purse **link = &allowance->purses[i]; *link;) {
            struct purse *purse = *link;
            purse_refill(purse, now_ms);
            if (purse->requests < ALLOWANCE_REQUESTS * 1000LL || purse->bytes < ALLOWANCE_BYTES * 1000LL) {
                link = &purse->next;
                continue;
            }
            *link = purse->next;
            free(purse);
            allowance->count--;
        }
    }
}

size_t allowance_count(const struct allowance *allowance) {
    return allowance->count;
}
