/* The three commands of pingplay-seal, over sealed streams (crypto/seal.h). */
#ifndef PP_SEAL_COMMANDS_H
#define PP_SEAL_COMMANDS_H

#include "base/error.h"
#include "crypto/seal.h"

struct job {
    struct seal_params params;
    uint8_t key[SEAL_IKM_MAX];   /* params.ikm_size bytes of it */
    const char *associated_data; /* NULL for none */
    const char *in;              /* NULL or "-": standard input */
    const char *out;             /* NULL or "-": standard output */
};

PP_MUST_USE bool command_encrypt(const struct job *job, struct pp_error *error);
PP_MUST_USE bool command_decrypt(const struct job *job, struct pp_error *error);
/* Writes to `out` one "name: value" line for each fact about the stream. */
PP_MUST_USE bool command_info(const struct job *job, struct pp_error *error);

#endif
