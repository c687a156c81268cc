#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <unistd.h>

#include "agent/vault_notes.h"
#include "scratch.h"

struct notes_world {
    struct scratch scratch;
    struct vault_notes notes;
};

static bool is_readable(const struct notes_world *world) {
    struct pollfd fd = {.fd = world->notes.fd, .events = POLLIN};
    return poll(&fd, 1, 0) == 1;
}

static int setup(void **state) {
    static struct notes_world world;
    world = (struct notes_world){0};
    scratch_open(&world.scratch);
    assert_true(vault_notes_init(&world.notes, world.scratch.vault, NULL));
    *state = &world;
    return 0;
}

static int teardown(void **state) {
    struct notes_world *world = *state;
    scratch_remove(&world->scratch);
    vault_notes_finish(&world->notes);
    return 0;
}

/* A record with its newest generation gone. */
static void make_fallback(struct notes_world *world, int number) {
    char name[16];
    char path[TEST_FOLDER_SIZE + 32];
    snprintf(name, sizeof name, "r%d", number);
    snprintf(path, sizeof path, "%s/vault/%s.0", world->scratch.path, name);
    for (int i = 0; i < 3; i++)
        assert_true(vault_put(world->scratch.vault, name, "x", 1, NULL));
    assert_int_equal(unlink(path), 0);
}

static void read_record(struct notes_world *world, int number) {
    char name[16];
    pp_autobuf struct pp_buf out = PP_BUF_INIT(16);
    snprintf(name, sizeof name, "r%d", number);
    assert_true(vault_get(world->scratch.vault, name, &out, NULL));
}

static void a_fallback_comes_to_the_loop_once(void **state) {
    struct notes_world *world = *state;
    char message[PP_ERROR_MESSAGE_MAX];
    make_fallback(world, 1);
    assert_false(vault_notes_take(&world->notes, message));
    for (int i = 0; i < 3; i++)
        read_record(world, 1);
    assert_true(is_readable(world));
    assert_true(vault_notes_take(&world->notes, message));
    assert_string_equal(message, "vault record r1: generation 2 is used, because the other one is missing");
    read_record(world, 1);
    assert_false(is_readable(world));
    assert_false(vault_notes_take(&world->notes, message));
    make_fallback(world, 1); /* again, after it was written anew */
    read_record(world, 1);
    assert_true(vault_notes_take(&world->notes, message));
    assert_string_equal(message, "vault record r1: generation 4 is used, because the other one is missing");
}

static void more_than_can_wait_are_counted(void **state) {
    struct notes_world *world = *state;
    char message[PP_ERROR_MESSAGE_MAX];
    for (int i = 0; i < VAULT_NOTES_MAX + 2; i++) {
        make_fallback(world, i);
        read_record(world, i);
    }
    for (int i = 0; i < VAULT_NOTES_MAX; i++)
        assert_true(vault_notes_take(&world->notes, message));
    assert_true(vault_notes_take(&world->notes, message));
    assert_string_equal(message, "2 more records fell back to their older generation");
    assert_false(vault_notes_take(&world->notes, message));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_fallback_comes_to_the_loop_once, setup, teardown),
        cmocka_unit_test_setup_teardown(more_than_can_wait_are_counted, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
