#include "headend/device/allowance.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024

/* What a screen has left, in thousandths, at a time. */
struct credit {
    char screen[UUID_TEXT_SIZE];
    int64_t at_ms;
    int64_t requests, bytes;
    struct credit *next;
};

struct allowance {
    struct credit *credits[BUCKETS];
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
        for (struct credit *credit = allowance->credits[i], *next; credit; credit = next) {
            next = credit->next;
            free(credit);
        }
    }
    free(allowance);
}

static struct credit **credit_bucket(struct allowance *allowance, const char *screen) {
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (; *screen; screen++)
        hash = (hash ^ (unsigned char)*screen) * 16777619U;
    return &allowance->credits[hash % BUCKETS];
}

static struct credit *credit_of(struct allowance *allowance, const char *screen, int64_t now_ms) {
    struct credit **bucket = credit_bucket(allowance, screen);
    struct credit *credit = *bucket;
    while (credit && strcmp(credit->screen, screen) != 0)
        credit = credit->next;
    if (credit || !(credit = calloc(1, sizeof *credit)))
        return credit;
    strncpy(credit->screen, screen, sizeof credit->screen - 1);
    credit->requests = ALLOWANCE_REQUESTS * 1000LL;
    credit->bytes = ALLOWANCE_BYTES * 1000LL;
    credit->at_ms = now_ms;
    credit->next = *bucket;
    *bucket = credit;
    allowance->count++;
    return credit;
}

static int64_t refilled(int64_t left, int64_t passed_ms, int64_t a_second, int64_t most) {
    int64_t missing = most * 1000 - left;
    return missing / a_second <= passed_ms ? most * 1000 : left + passed_ms * a_second;
}

static void credit_refill(struct credit *credit, int64_t now_ms) {
    int64_t passed_ms = now_ms > credit->at_ms ? now_ms - credit->at_ms : 0;
    credit->requests = refilled(credit->requests, passed_ms, ALLOWANCE_REQUESTS_A_SECOND, ALLOWANCE_REQUESTS);
    credit->bytes = refilled(credit->bytes, passed_ms, ALLOWANCE_BYTES_A_SECOND, ALLOWANCE_BYTES);
    credit->at_ms = now_ms;
}

/* Until so much is there, s, rounded up. */
static int64_t wait_for(int64_t needed, int64_t left, int64_t a_second) {
    int64_t second = a_second * 1000;
    return needed <= left ? 0 : (needed - left + second - 1) / second;
}

int64_t allowance_take(struct allowance *allowance, const char *screen, uint64_t bytes, int64_t now_ms) {
    struct credit *credit = credit_of(allowance, screen, now_ms);
    if (!credit)
        return 1; /* no memory left: later, perhaps */
    if (bytes > ALLOWANCE_BYTES)
        bytes = ALLOWANCE_BYTES;
    credit_refill(credit, now_ms);
    int64_t for_request = wait_for(1000, credit->requests, ALLOWANCE_REQUESTS_A_SECOND);
    int64_t for_bytes = wait_for((int64_t)bytes * 1000, credit->bytes, ALLOWANCE_BYTES_A_SECOND);
    if (for_request || for_bytes)
        return for_request > for_bytes ? for_request : for_bytes;
    credit->requests -= 1000;
    credit->bytes -= (int64_t)bytes * 1000;
    return 0;
}

size_t allowance_purge(struct allowance *allowance, int64_t now_ms) {
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct credit **link = &allowance->credits[i]; *link;) {
            struct credit *credit = *link;
            credit_refill(credit, now_ms);
            if (credit->requests < ALLOWANCE_REQUESTS * 1000LL || credit->bytes < ALLOWANCE_BYTES * 1000LL) {
                link = &credit->next;
                continue;
            }
            *link = credit->next;
            free(credit);
            allowance->count--;
        }
    }
    return allowance->count;
}
