#include "agent/witness.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "crypto/random.h"

#define ASSOCIATED_DATA "pingplay/witness"
#define NUMBER_SIZE     8
#define SEALED_MAX      256 /* bytes of a file */
#define NAME_SIZE       16

static void file_name(int number, char name[NAME_SIZE]) {
    snprintf(name, NAME_SIZE, "witness.%d", number);
}

/* `has`: false where a new one could not be kept. */
static bool load_key(struct witness *witness, struct vault *vault, bool *has, struct pp_error *error) {
    pp_autobuf struct pp_buf kept = PP_BUF_INIT(SEAL_KEY_SIZE);
    struct pp_error why = {0};
    *has = true;
    if (vault_get(vault, WITNESS_KEY_RECORD, &kept, &why) && kept.size == SEAL_KEY_SIZE) {
        memcpy(witness->key, kept.data, SEAL_KEY_SIZE);
        return true;
    }
    if (why.code != PP_OK && why.code != PP_E_NOTFOUND && why.code != PP_E_AUTH)
        return pp_fail(error, why.code, "record \"%s\": %s", WITNESS_KEY_RECORD, why.message);
    if (!crypto_random(witness->key, SEAL_KEY_SIZE, error))
        return false;
    /* In both generations: one of two may rot. A flash that takes nothing leaves this start without a witness. */
    why = (struct pp_error){0};
    for (int generation = 0; *has && generation < 2; generation++)
        *has = vault_put(vault, WITNESS_KEY_RECORD, witness->key, SEAL_KEY_SIZE, &why);
    if (!*has)
        pp_log_warning("the vault has no witness: %s", why.message);
    return true;
}

static bool read_file(const struct witness *witness, int number, int64_t *generation) {
    pp_autobuf struct pp_buf sealed = PP_BUF_INIT(SEALED_MAX);
    pp_autobuf struct pp_buf plain = PP_BUF_INIT(NUMBER_SIZE);
    char name[NAME_SIZE];
    file_name(number, name);
    if (!pp_file_read(witness->dirfd, name, &sealed, NULL) ||
        !seal_decrypt(sealed.data, sealed.size, witness->key, ASSOCIATED_DATA, &plain, NULL) ||
        plain.size != NUMBER_SIZE)
        return false;
    uint64_t value = 0;
    for (int i = 0; i < NUMBER_SIZE; i++)
        value = value << 8 | plain.data[i];
    *generation = (int64_t)value;
    return true;
}

bool witness_open(struct witness *witness, const char *state_dir, struct vault *vault,
                  struct pp_error *error) {
    bool has_key = false;
    *witness = (struct witness){.open = true};
    witness->dirfd = pp_dir_open(AT_FDCWD, state_dir, error);
    if (witness->dirfd < 0 || !load_key(witness, vault, &has_key, error))
        return false;
    if (!has_key)
        witness_close(witness);
    for (int i = 0; witness->open && i < WITNESS_FILES; i++) {
        int64_t generation = 0;
        if (!read_file(witness, i, &generation))
            continue;
        witness->there = true;
        if (generation > witness->generation)
            witness->generation = generation;
    }
    return true;
}

void witness_close(struct witness *witness) {
    if (!witness->open)
        return;
    pp_close(&witness->dirfd);
    pp_wipe(witness->key, sizeof witness->key);
    witness->open = false;
}

static void write_run(struct pp_job *job) {
    struct witness *witness = (struct witness *)job;
    uint8_t number[NUMBER_SIZE];
    for (int i = 0; i < NUMBER_SIZE; i++)
        number[i] = (uint8_t)((uint64_t)witness->writing >> (8 * (NUMBER_SIZE - 1 - i)));
    witness->error = (struct pp_error){0};
    for (int i = 0; i < WITNESS_FILES && !witness->error.code; i++) {
        pp_autobuf struct pp_buf sealed = PP_BUF_INIT(SEALED_MAX);
        char name[NAME_SIZE];
        file_name(i, name);
        (void)!(
            seal_encrypt(number, sizeof number, witness->key, ASSOCIATED_DATA, &sealed, &witness->error) &&
            pp_file_replace(witness->dirfd, name, sealed.data, sealed.size, 0600, &witness->error));
    }
}

static void write_begin(struct witness *witness);

static void write_done(struct pp_job *job) {
    struct witness *witness = (struct witness *)job;
    if (witness->error.code)
        pp_log_warning("the vault's witness: %s", witness->error.message);
    else
        witness->generation = witness->writing;
    witness->there = witness->there || !witness->error.code;
    witness->writing = 0;
    if (witness->wanted)
        write_begin(witness);
}

static void write_begin(struct witness *witness) {
    witness->writing = witness->wanted;
    witness->wanted = 0;
    witness->job = (struct pp_job){.run = write_run, .done = write_done};
    pp_jobs_add(witness->jobs, &witness->job);
}

void witness_keep(struct witness *witness, int64_t generation) {
    if (!witness->open)
        return;
    witness->wanted = generation;
    if (!witness->writing)
        write_begin(witness);
}
