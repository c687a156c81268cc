/* One message of every type, each field with a value of its own, for tests that walk over all of them. */
#ifndef PP_TEST_IPC_SAMPLES_H
#define PP_TEST_IPC_SAMPLES_H

#include "ipc/wire.h"

struct sample {
    struct ipc_message message;
    size_t size; /* bytes of its packet */
};

#define SAMPLE_COUNT 36
extern const struct sample samples[SAMPLE_COUNT];

#endif
