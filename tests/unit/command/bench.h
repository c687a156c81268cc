/* A display point of a test: a vault in a folder, a runner over it, and effects that are written into a file beside
 * it, so that they can be counted whatever became of the process. */
#ifndef PP_TESTS_COMMAND_BENCH_H
#define PP_TESTS_COMMAND_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/jobs.h"
#include "command/runner.h"
#include "support/test_folder.h"

#define BENCH_TOLD_MAX 256

struct bench {
    char folder[TEST_FOLDER_SIZE];
    struct vault *vault;
    struct command_runner *runner;
    int64_t now_ms;
    const char *boot;
    bool online;                  /* receipts can be told */
    bool at_once;                 /* an effect ends from within */
    char begun[COMMAND_ID_SIZE];  /* the effect under way; "" none */
    unsigned effects;             /* begun by this process */
    unsigned unwritten;           /* times that the journal was not written */
    struct command_entry telling; /* the receipt under way; id "" none */
    struct command_entry told[BENCH_TOLD_MAX];
    size_t told_count;
};

void bench_make(struct bench *bench); /* zeroed before; a new folder, 1000 s since 1970, boot "one", online */
void bench_remove(struct bench *bench);
void bench_start(struct bench *bench); /* the agent starts */
void bench_stop(struct bench *bench);

/* One command, known by `number`; its id is made of that. */
struct command bench_command(int64_t number, enum command_kind kind);
void bench_take(struct bench *bench, const struct command *commands, size_t count);
void bench_end(struct bench *bench, const char *reason); /* the effect under way ends */
void bench_answer(struct bench *bench, bool settled);    /* the receipt under way is answered */

/* How often the effect of a command was begun, by any process on this folder. */
unsigned bench_count(const struct bench *bench, const char *id);
/* The last receipt of a command, that the headend has; NULL none. */
const struct command_entry *bench_receipt(const struct bench *bench, const char *id);

#endif
