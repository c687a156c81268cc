#include "headend/server/allowance.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024

/* What one of them has left, in thousandths, at a time. */
struct credit {
    char id[UUID_TEXT_SIZE];
    int64_t at_ms;
    int64_t requests, bytes;
    struct credit *next;
};

struct allowance {
    struct allowance_rates rates;
    struct credit *credits[BUCKETS];
    size_t count;
};

struct allowance *allowance_create(const struct allowance_rates *rates, struct pp_error *error) {
    struct allowance *allowance = calloc(1, sizeof *allowance);
    if (!allowance) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    allowance->rates = *rates;
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

static struct credit **credit_bucket(struct allowance *allowance, const char *id) {
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (; *id; id++)
        hash = (hash ^ (unsigned char)*id) * 16777619U;
    return &allowance->credits[hash % BUCKETS];
}

static struct credit *credit_of(struct allowance *allowance, const char *id, int64_t now_ms) {
    struct credit **bucket = credit_bucket(allowance, id);
    struct credit *credit = *bucket;
    while (credit && strcmp(credit->id, id) != 0)
        credit = credit->next;
    if (credit || !(credit = calloc(1, sizeof *credit)))
        return credit;
    strncpy(credit->id, id, sizeof credit->id - 1);
    credit->requests = allowance->rates.requests * 1000;
    credit->bytes = allowance->rates.bytes * 1000;
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

static void credit_refill(const struct allowance_rates *rates, struct credit *credit, int64_t now_ms) {
    int64_t passed_ms = now_ms > credit->at_ms ? now_ms - credit->at_ms : 0;
    credit->requests = refilled(credit->requests, passed_ms, rates->requests_a_second, rates->requests);
    credit->bytes = refilled(credit->bytes, passed_ms, rates->bytes_a_second, rates->bytes);
    credit->at_ms = now_ms;
}

/* Until so much is there, s, rounded up. */
static int64_t wait_for(int64_t needed, int64_t left, int64_t a_second) {
    int64_t second = a_second * 1000;
    return needed <= left ? 0 : (needed - left + second - 1) / second;
}

int64_t allowance_take(struct allowance *allowance, const char *id, uint64_t bytes, int64_t now_ms) {
    struct credit *credit = credit_of(allowance, id, now_ms);
    if (!credit)
        return 1; /* no memory left: later, perhaps */
    if (bytes > (uint64_t)allowance->rates.bytes)
        bytes = (uint64_t)allowance->rates.bytes;
    credit_refill(&allowance->rates, credit, now_ms);
    int64_t for_request = wait_for(1000, credit->requests, allowance->rates.requests_a_second);
    int64_t for_bytes = wait_for((int64_t)bytes * 1000, credit->bytes, allowance->rates.bytes_a_second);
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
            credit_refill(&allowance->rates, credit, now_ms);
            if (credit->requests < allowance->rates.requests * 1000 ||
                credit->bytes < allowance->rates.bytes * 1000) {
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
