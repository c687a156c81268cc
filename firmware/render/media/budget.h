/*
 * What an item may cost until something comes of it, a picture or sound: so many packets, so many pixels, so much
 * of the processor. Whatever reads or decodes adds to it, FFmpeg's own search for streams too, and stops where it is
 * spent: so a file that is made to cost ends in words. What FFmpeg does in one call without asking is ended by the
 * process's watchdog (media.c).
 */
#ifndef PP_RENDER_MEDIA_BUDGET_H
#define PP_RENDER_MEDIA_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Zeroed memory is one without a limit of CPU time. */
struct budget {
    uint32_t packets;   /* that were read since something came of it */
    bool searching;     /* for what the file holds, which takes fewer of them */
    uint64_t pixels;    /* of pictures that were begun since then */
    uint32_t cpu_ms;    /* CPU time of the process; 0: no limit */
    int64_t cpu_end_ms; /* CLOCK_PROCESS_CPUTIME_ID, when it is spent */
};

/* So much CPU time from now on. */
void budget_set_cpu(struct budget *budget, uint32_t cpu_ms);
/* Something came of it: packets and pixels are counted anew, CPU time is not. */
void budget_renew(struct budget *budget);

void budget_add_packet(struct budget *budget);
void budget_add_pixels(struct budget *budget, int width, int height); /* negative ones are none */

/* CPU time of this process so far. */
int64_t budget_cpu_now_ms(void);

bool budget_is_spent(const struct budget *budget);
/* The same, the other way round: PP_E_LIMIT where it is spent. */
PP_MUST_USE bool budget_allows(const struct budget *budget, struct pp_error *error);

#endif
