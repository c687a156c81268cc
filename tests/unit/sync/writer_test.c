/* What arrives is written in its order beside the caller, and what goes wrong comes back to it. */
#include "folder.h"

#include "crypto/bulk.h"
#include "sync/committer.h"
#include "sync/writer.h"

#define SIZE  (3 * 1024 * 1024 + 12345) /* bytes */
#define PIECE 16000                     /* bytes */

static uint8_t *make_data(uint8_t sha256[STORE_HASH_SIZE]) {
    uint8_t *data = malloc(SIZE);
    assert_non_null(data);
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (uint8_t)(i * 7 + (i >> 8) * 13);
    assert_true(crypto_sha256(data, SIZE, sha256, NULL));
    return data;
}

static bool write_in_pieces(struct writer_stream *stream, const uint8_t *data, size_t size,
                            struct pp_error *error) {
    for (size_t at = 0; at < size; at += PIECE) {
        if (!writer_write(stream, data + at, size - at < PIECE ? size - at : PIECE, error))
            return false;
    }
    return true;
}

static void streams_side_by_side_are_written_whole(void **state) {
    (void)state;
    struct folder folder;
    uint8_t sha256[STORE_HASH_SIZE];
    uint8_t other[STORE_HASH_SIZE];
    struct writer_stream streams[2];
    struct store_partial *partials[2];
    folder_init(&folder);
    pp_autofree uint8_t *data = make_data(sha256);
    assert_true(crypto_sha256(data + 1, SIZE - 1, other, NULL));
    PP_AUTO(writer) struct writer *writer = writer_create(NULL);
    partials[0] = store_partial_begin(folder.store, sha256, SIZE, NULL, NULL);
    partials[1] = store_partial_begin(folder.store, other, SIZE - 1, NULL, NULL);
    for (size_t i = 0; i < 2; i++)
        writer_begin(writer, partials[i], &streams[i]);
    for (size_t at = 0; at < SIZE; at += PIECE) {
        size_t step = SIZE - at < PIECE ? SIZE - at : PIECE;
        assert_true(writer_write(&streams[0], data + at, step, NULL));
        if (at + 1 < SIZE)
            assert_true(
                writer_write(&streams[1], data + at + 1, at + 1 + step > SIZE ? SIZE - at - 1 : step, NULL));
    }
    for (size_t i = 0; i < 2; i++) {
        assert_true(writer_drain(&streams[i], NULL));
        assert_true(writer_drain(&streams[i], NULL)); /* again does no harm */
        assert_true(store_partial_commit(partials[i], NULL));
    }
    assert_true(store_has(folder.store, sha256, SIZE));
    assert_true(store_has(folder.store, other, SIZE - 1));
    folder_finish(&folder);
}

static void failure_of_the_flash_comes_back(void **state) {
    (void)state;
    struct folder folder;
    uint8_t sha256[STORE_HASH_SIZE];
    struct writer_stream stream;
    struct pp_error error = {0};
    folder_init(&folder);
    pp_autofree uint8_t *data = make_data(sha256);
    PP_AUTO(writer) struct writer *writer = writer_create(NULL);
    struct store_partial *partial = store_partial_begin(folder.store, sha256, SIZE - 1, NULL, NULL);
    writer_begin(writer, partial, &stream);
    /* One byte too many: the last block is refused, whenever it is written. */
    bool written = write_in_pieces(&stream, data, SIZE, &error);
    assert_true(written);
    assert_false(writer_drain(&stream, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_true(store_partial_offset(partial) < SIZE);
    store_partial_discard(partial);
    folder_finish(&folder);
}

static void short_rests_are_written_by_the_caller(void **state) {
    (void)state;
    struct folder folder;
    uint8_t sha256[STORE_HASH_SIZE] = {1};
    struct writer_stream stream;
    folder_init(&folder);
    PP_AUTO(writer) struct writer *writer = writer_create(NULL);
    struct store_partial *partial = store_partial_begin(folder.store, sha256, 1000, NULL, NULL);
    writer_begin(writer, partial, &stream);
    assert_true(writer_write(&stream, "abc", 3, NULL));
    assert_int_equal(store_partial_offset(partial), 3);
    assert_true(writer_drain(&stream, NULL));
    store_partial_discard(partial);
    folder_finish(&folder);
}

/* ---- Commits ---- */

static void commits_come_back_with_their_owner_and_outcome(void **state) {
    (void)state;
    struct folder folder;
    struct commit commit;
    int owners[COMMITTER_QUEUE_MAX];
    size_t good = 0;
    folder_init(&folder);
    PP_AUTO(net_loop) struct net_loop *loop = net_loop_create(NULL);
    PP_AUTO(committer) struct committer *committer = committer_create(loop, NULL);
    for (unsigned i = 0; i < COMMITTER_QUEUE_MAX; i++) {
        uint8_t byte = (uint8_t)i;
        uint8_t sha256[STORE_HASH_SIZE];
        assert_true(crypto_sha256(&byte, 1, sha256, NULL));
        struct store_partial *partial = store_partial_begin(folder.store, sha256, 1, NULL, NULL);
        byte ^= i == 5; /* one of them is wrong */
        assert_true(store_partial_write(partial, &byte, 1, NULL));
        owners[i] = (int)i;
        committer_add(committer, partial, &owners[i]);
    }
    assert_int_equal(committer_load(committer), COMMITTER_QUEUE_MAX);
    for (size_t taken = 0; taken < COMMITTER_QUEUE_MAX;) {
        if (!committer_take(committer, &commit)) {
            assert_true(net_loop_turn(loop, 60000, NULL)); /* woken by each commit */
            continue;
        }
        taken++;
        int owner = *(int *)commit.owner;
        assert_int_equal(commit.ok, owner != 5);
        assert_int_equal(commit.error.code, owner == 5 ? PP_E_AUTH : PP_OK);
        good += commit.ok;
    }
    assert_int_equal(good, COMMITTER_QUEUE_MAX - 1);
    assert_int_equal(committer_load(committer), 0);
    struct store_usage usage;
    store_usage(folder.store, &usage);
    assert_int_equal(usage.objects, COMMITTER_QUEUE_MAX - 1);
    committer_destroy(pp_steal(&committer));
    folder_finish(&folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_side_by_side_are_written_whole),
        cmocka_unit_test(failure_of_the_flash_comes_back),
        cmocka_unit_test(short_rests_are_written_by_the_caller),
        cmocka_unit_test(commits_come_back_with_their_owner_and_outcome),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
