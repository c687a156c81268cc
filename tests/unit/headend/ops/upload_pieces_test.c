/* headend/ops/upload_pieces: what has come of an upload, whatever happened on the way. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "../headend_home.h"
#include "headend/ops/upload_pieces.h"

#define ID       "4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e3f"
#define OTHER    "4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e40"
#define BLOCK    (256 * 1024)
#define READ_MAX (128 * 1024 * 1024)

static const uint8_t key[SEAL_KEY_SIZE] = {1, 2, 3};

static struct upload_writer *open_writer(const struct home *home, const char *id, bool at_once) {
    struct pp_error error = {0};
    struct upload_writer *writer = upload_writer_create(home, id, key, at_once, &error);
    if (!writer)
        fail_msg("%s", error.message);
    return writer;
}

/* So many blocks, each of its number. */
static void write_blocks(struct upload_writer *writer, unsigned first, unsigned count) {
    struct pp_error error = {0};
    static uint8_t block[BLOCK];
    for (unsigned i = 0; i < count; i++) {
        memset(block, (int)(first + i), sizeof block);
        if (!upload_writer_write(writer, block, sizeof block, &error))
            fail_msg("%s", error.message);
    }
}

static uint64_t end_of(const struct home *home, const char *id) {
    struct upload_pieces pieces;
    assert_true(upload_pieces_look(home, id, &pieces, NULL));
    return pieces.end;
}

static bool take(void *arg, const void *data, size_t size, struct pp_error *error) {
    return pp_buf_add(arg, data, size, error);
}

static enum pp_code read_back(const struct home *home, const char *id, uint64_t length, struct pp_buf *out) {
    struct pp_error error = {0};
    (void)!upload_pieces_read(home, id, key, length, take, out, &error);
    return error.code;
}

static void pieces_are_what_came_though_writers_were_killed(void **state) {
    struct home *home = *state;
    pp_autobuf struct pp_buf out = PP_BUF_INIT(READ_MAX);
    assert_true(upload_pieces_make(home, ID, NULL));
    /* 33 MiB, of which one is not kept: as of a process that was killed, the part stays */
    struct upload_writer *writer = open_writer(home, ID, false);
    write_blocks(writer, 0, 132);
    assert_int_equal(end_of(home, ID), UPLOAD_PIECE);
    int part = openat(home->fd, UPLOAD_FOLDER "/" ID "/part", O_RDONLY | O_CLOEXEC);
    assert_true(part >= 0);
    close(part);
    upload_writer_destroy(writer);
    writer = open_writer(home, ID, false);
    write_blocks(writer, 128, 3);
    assert_true(upload_writer_keep(writer, NULL));
    write_blocks(writer, 131, 1);
    assert_true(upload_writer_keep(writer, NULL));
    upload_writer_destroy(writer);
    assert_int_equal(end_of(home, ID), 132 * BLOCK);
    assert_int_equal(read_back(home, ID, 132 * BLOCK, &out), PP_OK);
    assert_int_equal(out.size, 132 * BLOCK);
    for (size_t i = 0; i < out.size; i += BLOCK / 2)
        assert_int_equal(((const uint8_t *)out.data)[i], i / BLOCK);
    assert_true(upload_pieces_remove(home, ID, NULL));
    assert_int_equal(faccessat(home->fd, UPLOAD_FOLDER "/" ID, F_OK, 0), -1);
}

static void at_once_nothing_counts_before_its_end(void **state) {
    struct home *home = *state;
    assert_true(upload_pieces_make(home, ID, NULL));
    struct upload_writer *writer = open_writer(home, ID, true);
    write_blocks(writer, 0, 200);
    assert_int_equal(end_of(home, ID), 0);
    assert_true(upload_writer_keep(writer, NULL));
    assert_int_equal(end_of(home, ID), 200 * BLOCK);
    upload_writer_destroy(writer);
}

static void a_piece_that_was_changed_or_is_another_s_is_refused(void **state) {
    struct home *home = *state;
    pp_autobuf struct pp_buf out = PP_BUF_INIT(READ_MAX);
    assert_true(upload_pieces_make(home, ID, NULL));
    assert_true(upload_pieces_make(home, OTHER, NULL));
    struct upload_writer *writer = open_writer(home, ID, false);
    write_blocks(writer, 0, 2);
    assert_true(upload_writer_keep(writer, NULL));
    upload_writer_destroy(writer);
    assert_int_equal(read_back(home, ID, 2 * BLOCK + 1, &out), PP_E_NOTFOUND); /* less than there is to be */
    assert_int_equal(renameat(home->fd, UPLOAD_FOLDER "/" ID "/00000000000000", home->fd,
                              UPLOAD_FOLDER "/" OTHER "/00000000000000"),
                     0);
    assert_int_equal(read_back(home, OTHER, 2 * BLOCK, &out), PP_E_AUTH);
    assert_int_equal(renameat(home->fd, UPLOAD_FOLDER "/" OTHER "/00000000000000", home->fd,
                              UPLOAD_FOLDER "/" ID "/00000000000000"),
                     0);
    pp_autoclose int fd =
        openat(home->fd, UPLOAD_FOLDER "/" ID "/00000000000000", O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    assert_int_equal(pwrite(fd, "x", 1, BLOCK), 1);
    assert_int_equal(read_back(home, ID, 2 * BLOCK, &out), PP_E_AUTH);
}

static void what_is_no_id_names_no_folder(void **state) {
    struct home *home = *state;
    struct upload_pieces pieces;
    struct pp_error error = {0};
    assert_false(upload_pieces_look(home, "../keys", &pieces, &error));
    assert_int_equal(error.code, PP_E_INVALID);
    assert_false(upload_pieces_make(home, "", NULL));
    assert_false(upload_pieces_look(home, ID, &pieces, &error));
    assert_int_equal(error.code, PP_E_NOTFOUND);
    assert_true(upload_pieces_remove(home, ID, NULL));
}

#define home_test(name) cmocka_unit_test_setup_teardown(name, test_home_setup, test_home_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        home_test(pieces_are_what_came_though_writers_were_killed),
        home_test(at_once_nothing_counts_before_its_end),
        home_test(a_piece_that_was_changed_or_is_another_s_is_refused),
        home_test(what_is_no_id_names_no_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
