/* What has happened since the agent's start, for a technician (pingplayctl stats). They only grow. */
#ifndef PP_AGENT_COUNTERS_H
#define PP_AGENT_COUNTERS_H

#include <stdint.h>

struct counters {
    uint64_t plays;           /* items that were shown, or begun */
    uint64_t frames_late;     /* of films */
    uint64_t item_faults;     /* items that could not be shown */
    uint64_t items_set_aside; /* of them, for good or for a while */
    uint64_t players_lost;
    uint64_t sync_passes;   /* that came to an end, whichever */
    uint64_t sync_switches; /* to another manifest */
    uint64_t sync_failures;
    uint64_t objects_fetched;
    uint64_t bytes_fetched; /* of objects and manifests */
    uint64_t objects_damaged;
};

#endif
