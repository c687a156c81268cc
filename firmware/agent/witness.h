/*
 * A witness outside of the vault: which generation of the record "floors" (floors.h) was last brought to flash. Whoever
 * puts an older vault back, whole and true in itself, is contradicted by it.
 *
 *   STATE/witness.0, STATE/witness.1     the same in both: 8 bytes, big-endian, sealed (crypto/seal.h), associated data
 *                                        "pingplay/witness", under the key in the vault's record "witness-key"
 *
 * It is written behind the vault, so a power cut leaves a witness of the generation before, never one of a later. One
 * file of two may rot. It says nothing where it was put back together with the vault: then the headend alone can tell,
 * by the chain of events (events/head.h).
 */
#ifndef PP_AGENT_WITNESS_H
#define PP_AGENT_WITNESS_H

#include "base/jobs.h"
#include "crypto/seal.h"
#include "vault/vault.h"

#define WITNESS_FILES      2
#define WITNESS_KEY_RECORD "witness-key"

struct witness {
    struct pp_job job;    /* first: the job writes the files */
    struct pp_jobs *jobs; /* borrowed; NULL: at once */
    bool open;            /* false: there is none, its key could not be kept */
    int dirfd;
    uint8_t key[SEAL_KEY_SIZE];
    bool there;              /* one of the files could be read */
    int64_t generation;      /* the latest in the files; 0: none */
    int64_t writing, wanted; /* on its way there; to be written after it; 0: none */
    struct pp_error error;   /* of the write */
};

/* Reads the files. Finish it in any case. */
PP_MUST_USE bool witness_open(struct witness *witness, const char *state_dir, struct vault *vault,
                              struct pp_error *error);
/* Once nothing of it is on its way. For one that was never opened, too, if zero. */
void witness_close(struct witness *witness);

/* That generation is in the vault. One at a time is written, then the newest; a failure is a warning in the log. */
void witness_keep(struct witness *witness, int64_t generation);

#endif
