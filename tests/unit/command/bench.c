#include "bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

static int64_t now_ms(void *arg) {
    const struct bench *bench = arg;
    return bench->now_ms;
}

static int effects_open(const struct bench *bench, int flags) {
    char path[TEST_FOLDER_SIZE + 16];
    snprintf(path, sizeof path, "%s/effects", bench->folder);
    return open(path, flags | O_CLOEXEC, 0600);
}

static void begin(void *arg, const struct command_entry *entry) {
    struct bench *bench = arg;
    char line[COMMAND_ID_SIZE + 1];
    assert_string_equal(bench->begun, "");
    int size = snprintf(line, sizeof line, "%s\n", entry->id);
    pp_autoclose int fd = effects_open(bench, O_WRONLY | O_CREAT | O_APPEND);
    /* Not by the C library, whose calls a test may cut. */
    assert_int_equal(syscall(SYS_write, fd, line, size), size);
    strcpy(bench->begun, entry->id);
    bench->effects++;
    if (bench->at_once)
        bench_end(bench, NULL);
}

static bool tell(void *arg, const struct command_entry *entry) {
    struct bench *bench = arg;
    if (!bench->online)
        return false;
    assert_string_equal(bench->telling.id, "");
    bench->telling = *entry;
    return true;
}

static void on_unwritten(void *arg, const struct pp_error *error) {
    struct bench *bench = arg;
    assert_int_not_equal(error->code, PP_OK);
    bench->unwritten++;
}

static void on_outcome(void *arg, const struct command_entry *entry) {
    (void)arg;
    (void)entry;
}

void bench_make(struct bench *bench) {
    *bench = (struct bench){.now_ms = 1000000, .boot = "one", .online = true};
    test_folder_make(bench->folder);
}

void bench_remove(struct bench *bench) {
    bench_stop(bench);
    test_folder_remove(bench->folder);
}

void bench_start(struct bench *bench) {
    struct pp_error error = {0};
    bench->vault = vault_open(bench->folder, NULL, &error);
    assert_string_equal(error.message, "");
    const struct command_runner_config config = {.vault = bench->vault,
                                                 .time = {now_ms, bench},
                                                 .boot = bench->boot,
                                                 .begin = begin,
                                                 .tell = tell,
                                                 .on_unwritten = on_unwritten,
                                                 .on_outcome = on_outcome,
                                                 .arg = bench};
    bench->runner = command_runner_create(&config, &error);
    assert_true(command_runner_load(bench->runner, 0, &error));
    assert_string_equal(error.message, "");
    command_runner_poll(bench->runner);
}

void bench_stop(struct bench *bench) {
    command_runner_destroy(bench->runner);
    bench->runner = NULL;
    vault_close(bench->vault);
    bench->vault = NULL;
    *bench->begun = 0;
    bench->telling = (struct command_entry){0};
}

struct command bench_command(int64_t number, enum command_kind kind) {
    struct command command = {.number = number, .kind = kind, .issued_s = 500, .expires_s = 5000, .value = 5};
    snprintf(command.id, sizeof command.id, "00000000-0000-4000-8000-%012llx", (unsigned long long)number);
    snprintf(command.name, sizeof command.name, "%s", command_kind_name(kind));
    return command;
}

void bench_take(struct bench *bench, const struct command *commands, size_t count) {
    struct command_list list = {.count = count};
    memcpy(list.items, commands, count * sizeof *commands);
    command_runner_take(bench->runner, &list);
}

void bench_end(struct bench *bench, const char *reason) {
    *bench->begun = 0;
    command_runner_finish(bench->runner, reason, NULL);
}

void bench_answer(struct bench *bench, bool settled) {
    assert_string_not_equal(bench->telling.id, "");
    if (settled)
        bench->told[bench->told_count++ % BENCH_TOLD_MAX] = bench->telling;
    bench->telling = (struct command_entry){0};
    command_runner_told(bench->runner, settled);
}

unsigned bench_count(const struct bench *bench, const char *id) {
    char line[COMMAND_ID_SIZE];
    unsigned count = 0;
    pp_autoclose int fd = effects_open(bench, O_RDONLY);
    while (fd >= 0 && read(fd, line, sizeof line) == sizeof line)
        count += memcmp(line, id, COMMAND_ID_SIZE - 1) == 0;
    return count;
}

const struct command_entry *bench_receipt(const struct bench *bench, const char *id) {
    for (size_t i = bench->told_count; i-- > 0;) {
        if (strcmp(bench->told[i % BENCH_TOLD_MAX].id, id) == 0)
            return &bench->told[i % BENCH_TOLD_MAX];
    }
    return NULL;
}
