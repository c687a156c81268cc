/* The database alone opens no content: not its files, not a row in another's place, not one that came without its
 * key. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../headend_home.h"
#include "base/encode.h"
#include "headend/db/home_open.h"
#include "headend/db/sql.h"
#include "headend/ops/channel.h"
#include "headend/ops/publish.h"
#include "headend/signer/database_key.h"

#define DATABASE_MAX (16 * 1024 * 1024)

static int set_up(void **state) {
    if (test_home_setup(state) != 0)
        return -1;
    struct home *home = *state;
    return publish_init(home, NULL) ? 0 : -1;
}

static void run(struct home *home, const char *sql) {
    struct pp_error error = {0};
    if (!db_run_sql(home->db, &error, sql, ""))
        fail_msg("%s", error.message);
}

static struct channel channel_of(struct home *home, const char *id) {
    struct channel channel = {0};
    struct pp_error error = {0};
    if (!channel_ensure(home->db, id, &error) || !channel_find(home->db, id, &channel, &error) ||
        !channel_open_key(home->db, &channel, &error))
        fail_msg("%s", error.message);
    return channel;
}

static enum pp_code code_of(struct home *home, const char *id) {
    struct channel channel;
    struct pp_error error = {0};
    assert_true(channel_find(home->db, id, &channel, NULL));
    (void)!channel_open_key(home->db, &channel, &error);
    return error.code;
}

static bool file_has(const struct home *home, const char *name, const void *bytes, size_t size) {
    pp_autobuf struct pp_buf file = PP_BUF_INIT(DATABASE_MAX);
    struct pp_error error = {0};
    if (!pp_file_read(home->fd, name, &file, &error)) {
        assert_int_equal(error.code, PP_E_NOTFOUND);
        return false;
    }
    return file.size && memmem(file.data, file.size, bytes, size);
}

static bool database_has(const struct home *home, const void *bytes, size_t size) {
    return file_has(home, "headend.db", bytes, size) || file_has(home, "headend.db-wal", bytes, size);
}

static void reopen(void **state) {
    struct home *home = *state;
    char path[PP_PATH_MAX];
    struct pp_error error = {0};
    memcpy(path, home->path, sizeof path);
    home_close(home);
    *state = home_open(path, &error);
    if (!*state)
        fail_msg("%s", error.message);
}

static void the_files_of_the_database_have_no_key_of_a_channel_in_them(void **state) {
    struct home *home = *state;
    struct channel lobby = channel_of(home, "lobby");
    assert_true(database_has(home, "lobby", 5)); /* the search finds what is there */
    assert_false(database_has(home, lobby.key, sizeof lobby.key));
    assert_true(publish_rotate_channel(home, "lobby", NULL));
    struct channel changed = channel_of(home, "lobby");
    assert_memory_not_equal(changed.key, lobby.key, sizeof lobby.key);
    assert_false(database_has(home, changed.key, sizeof changed.key));
    struct stat status;
    assert_int_equal(fstatat(home->fd, DATABASE_KEY_FILE, &status, 0), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

#define BEFORE_SEALING 27 /* the migration before the one that seals */

/* The folder of a headend of before: a database with keys in clear, and no file. */
static void make_it_of_before(struct home *home, const char *hex) {
    char sql[512];
    struct pp_error error = {0};
    db_close(home->db);
    assert_int_equal(unlinkat(home->fd, DB_FILE, 0), 0);
    home->db = db_open_at(home->path, BEFORE_SEALING, home->signing, &error);
    if (!home->db)
        fail_msg("%s", error.message);
    snprintf(
        sql, sizeof sql,
        "INSERT INTO channel(id, title, key, next_key, created) VALUES('lobby', 'lobby', x'%s', x'%s', 0)",
        hex, hex);
    run(home, sql);
    snprintf(sql, sizeof sql, "INSERT INTO channel_old_key(channel, key) VALUES('lobby', x'%s')", hex);
    run(home, sql);
    for (int i = 0; i < 500; i++) {
        snprintf(sql, sizeof sql,
                 "INSERT INTO object(clear_sha256, sha256, key, length, media_type, created)"
                 " VALUES(randomblob(32), randomblob(32), x'%s', 1, 'image/png', 0)",
                 hex);
        run(home, sql);
    }
    assert_int_equal(unlinkat(home->fd, DATABASE_KEY_FILE, 0), 0);
}

static void what_stood_there_in_clear_is_sealed_and_nothing_of_it_is_left(void **state) {
    uint8_t key[STORED_KEY_SIZE];
    char hex[PP_HEX_SIZE(STORED_KEY_SIZE)];
    memset(key, 0x5a, sizeof key);
    key[7] = 0x17;
    pp_hex_encode(key, sizeof key, hex);
    make_it_of_before(*state, hex);
    assert_true(database_has(*state, key, sizeof key));
    reopen(state);
    struct home *home = *state;
    assert_false(database_has(home, key, sizeof key));
    assert_memory_equal(channel_of(home, "lobby").key, key, sizeof key);
    db_autorow struct db_row *rows = db_query_sql(home->db, NULL, "SELECT sha256, key FROM object", "");
    int count = 0;
    while (db_next(rows, "object", NULL)) {
        uint8_t sha256[32];
        uint8_t found[STORED_KEY_SIZE];
        char owner[STORED_KEY_OWNER_SIZE];
        assert_true(db_bytes(rows, 0, sha256, sizeof sha256, NULL));
        stored_key_of_object(sha256, owner);
        assert_true(stored_key_open(home->db, owner, rows, 1, found, NULL));
        assert_memory_equal(found, key, sizeof key);
        count++;
    }
    assert_int_equal(count, 500);
}

static void a_key_in_anothers_place_or_changed_is_refused(void **state) {
    struct home *home = *state;
    channel_of(home, "lobby");
    channel_of(home, "garden");
    run(home, "UPDATE channel SET key = (SELECT key FROM channel WHERE id = 'garden') WHERE id = 'lobby'");
    assert_int_equal(code_of(home, "lobby"), PP_E_AUTH);
    assert_int_equal(code_of(home, "garden"), PP_OK);
    test_trigger_drop(home, "channel", "channel_key_sealed");
    run(home, "UPDATE channel SET key = zeroblob(32) WHERE id = 'garden'");
    assert_int_equal(code_of(home, "garden"), PP_E_AUTH);
}

static void without_its_file_a_database_is_refused_and_gets_no_other(void **state) {
    struct home *home = *state;
    struct channel channel;
    struct pp_error error = {0};
    channel_of(home, "lobby");
    assert_int_equal(renameat(home->fd, DATABASE_KEY_FILE, home->fd, "aside"), 0);
    reopen(state);
    home = *state;
    assert_true(channel_find(home->db, "lobby", &channel, NULL)); /* what needs no key goes on */
    assert_false(channel_open_key(home->db, &channel, &error));
    assert_int_equal(error.code, PP_E_STATE);
    assert_non_null(
        strstr(error.message, DATABASE_KEY_FILE " is not there, or not the one of this database"));
    assert_false(channel_ensure(home->db, "garden", NULL));
    assert_int_equal(faccessat(home->fd, DATABASE_KEY_FILE, F_OK, 0), -1);
    assert_int_equal(renameat(home->fd, "aside", home->fd, DATABASE_KEY_FILE), 0);
    assert_int_equal(code_of(home, "lobby"), PP_OK);
}

static void what_is_sealed_under_a_former_key_is_not_written(void **state) {
    struct home *home = *state;
    static const char *const refused[] = {
        "INSERT INTO channel(id, title, key, created) VALUES('x', 'X', randomblob(68), 0)",
        "UPDATE channel SET key = randomblob(68)",
        "UPDATE channel SET next_key = randomblob(68)",
        "INSERT INTO channel_old_key(channel, key) VALUES('lobby', randomblob(68))",
        ("INSERT INTO object(clear_sha256, sha256, key, length, media_type, created)"
         " VALUES(randomblob(32), randomblob(32), randomblob(68), 1, 'image/png', 0)"),
    };
    channel_of(home, "lobby");
    for (size_t i = 0; i < PP_COUNT(refused); i++) {
        struct pp_error error = {0};
        assert_false(db_run_sql(home->db, &error, refused[i], ""));
        assert_non_null(strstr(error.message, "its key is not sealed under the one in effect"));
    }
    assert_true(db_run_sql(home->db, NULL, "UPDATE channel SET next_key = NULL", ""));
}

static void file_read(const struct home *home, const char *name, struct pp_buf *bytes) {
    assert_true(pp_file_read(home->fd, name, bytes, NULL));
}

static void with_a_new_key_all_is_sealed_anew_and_the_former_one_is_gone(void **state) {
    struct home *home = *state;
    pp_autobuf struct pp_buf former = PP_BUF_INIT(64);
    pp_autobuf struct pp_buf present = PP_BUF_INIT(64);
    struct pp_error error = {0};
    struct channel lobby = channel_of(home, "lobby");
    file_read(home, DATABASE_KEY_FILE, &former);
    if (!publish_rotate_database(home, &error))
        fail_msg("%s", error.message);
    file_read(home, DATABASE_KEY_FILE, &present);
    assert_memory_not_equal(present.data, former.data, STORED_KEY_SIZE);
    assert_int_equal(faccessat(home->fd, DATABASE_KEY_NEXT_FILE, F_OK, 0), -1);
    assert_memory_equal(channel_of(home, "lobby").key, lobby.key, sizeof lobby.key);
    assert_true(pp_file_replace(home->fd, DATABASE_KEY_FILE, former.data, former.size, 0600, NULL));
    assert_int_equal(code_of(home, "lobby"), PP_E_STATE);
}

/* Killed before and after the transaction. */
static void a_change_of_the_key_that_was_killed_is_undone_or_finished(void **state) {
    struct home *home = *state;
    pp_autobuf struct pp_buf former = PP_BUF_INIT(64);
    pp_autobuf struct pp_buf present = PP_BUF_INIT(64);
    struct channel lobby = channel_of(home, "lobby");
    file_read(home, DATABASE_KEY_FILE, &former);
    assert_true(pp_file_replace(home->fd, DATABASE_KEY_NEXT_FILE, lobby.key, STORED_KEY_SIZE, 0600, NULL));
    assert_true(publish_refresh(home, NULL));
    assert_int_equal(faccessat(home->fd, DATABASE_KEY_NEXT_FILE, F_OK, 0), -1);
    assert_memory_equal(channel_of(home, "lobby").key, lobby.key, sizeof lobby.key);

    assert_true(publish_rotate_database(home, NULL));
    file_read(home, DATABASE_KEY_FILE, &present);
    assert_int_equal(renameat(home->fd, DATABASE_KEY_FILE, home->fd, DATABASE_KEY_NEXT_FILE), 0);
    assert_true(pp_file_replace(home->fd, DATABASE_KEY_FILE, former.data, former.size, 0600, NULL));
    assert_memory_equal(channel_of(home, "lobby").key, lobby.key, sizeof lobby.key); /* already */
    assert_true(publish_refresh(home, NULL));
    pp_buf_finish(&former);
    file_read(home, DATABASE_KEY_FILE, &former);
    assert_memory_equal(former.data, present.data, STORED_KEY_SIZE);
    assert_int_equal(faccessat(home->fd, DATABASE_KEY_NEXT_FILE, F_OK, 0), -1);
    assert_memory_equal(channel_of(home, "lobby").key, lobby.key, sizeof lobby.key);
}

/* Whatever a publish could not read, it takes no file away that may be the only key. */
static void a_key_that_may_be_the_only_one_is_not_taken_away(void **state) {
    struct home *home = *state;
    struct channel lobby = channel_of(home, "lobby");
    struct pp_error error = {0};
    pp_autobuf struct pp_buf key = PP_BUF_INIT(64);
    file_read(home, DATABASE_KEY_FILE, &key);
    assert_int_equal(renameat(home->fd, DATABASE_KEY_FILE, home->fd, DATABASE_KEY_NEXT_FILE), 0);
    assert_int_equal(mkdirat(home->fd, DATABASE_KEY_FILE, 0700),
                     0); /* a read of it fails, and not as one that is missing */
    assert_false(stored_key_settle(home->db, &error));
    assert_int_equal(faccessat(home->fd, DATABASE_KEY_NEXT_FILE, F_OK, 0), 0);
    assert_int_equal(unlinkat(home->fd, DATABASE_KEY_FILE, AT_REMOVEDIR), 0);

    assert_true(pp_file_replace(home->fd, DATABASE_KEY_FILE, lobby.key, STORED_KEY_SIZE, 0600, NULL));
    assert_int_equal(renameat(home->fd, DATABASE_KEY_NEXT_FILE, home->fd, "aside"), 0);
    assert_int_equal(mkdirat(home->fd, DATABASE_KEY_NEXT_FILE, 0700), 0);
    error = (struct pp_error){0};
    assert_false(stored_key_settle(home->db, &error));
    assert_int_equal(error.code, PP_E_AUTH);
    assert_int_equal(unlinkat(home->fd, DATABASE_KEY_NEXT_FILE, AT_REMOVEDIR), 0);
    assert_int_equal(renameat(home->fd, "aside", home->fd, DATABASE_KEY_NEXT_FILE), 0);
    assert_true(stored_key_settle(home->db, &error));
    assert_memory_equal(channel_of(home, "lobby").key, lobby.key, sizeof lobby.key);
}

#define key_test(function) cmocka_unit_test_setup_teardown(function, set_up, test_home_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        key_test(the_files_of_the_database_have_no_key_of_a_channel_in_them),
        key_test(what_stood_there_in_clear_is_sealed_and_nothing_of_it_is_left),
        key_test(a_key_in_anothers_place_or_changed_is_refused),
        key_test(without_its_file_a_database_is_refused_and_gets_no_other),
        key_test(what_is_sealed_under_a_former_key_is_not_written),
        key_test(with_a_new_key_all_is_sealed_anew_and_the_former_one_is_gone),
        key_test(a_change_of_the_key_that_was_killed_is_undone_or_finished),
        key_test(a_key_that_may_be_the_only_one_is_not_taken_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
