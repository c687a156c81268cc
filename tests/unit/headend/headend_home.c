#include "headend_home.h"

#include <fcntl.h>

#include "headend/db/home_open.h"
#include "headend/db/sql.h"
#include "headend/signer/ca_issue.h"
#include "support/test_folder.h"

/* An empty database, with what SQLite has for tests to make rows of. */
#define EMPTY                                                                                                \
    "SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n"                   \
    "CREATE FUNCTION randomblob(size integer) RETURNS bytea LANGUAGE sql VOLATILE AS"                        \
    "  $f$ SELECT decode(substr(string_agg(md5(random()::text), ''), 1, 2 * size), 'hex')"                   \
    "  FROM generate_series(1, 1 + size / 16) $f$;\n"                                                        \
    "CREATE FUNCTION zeroblob(size integer) RETURNS bytea LANGUAGE sql AS"                                   \
    "  $f$ SELECT decode(repeat('00', size), 'hex') $f$;\n"                                                  \
    "CREATE FUNCTION hex(bytes bytea) RETURNS text LANGUAGE sql AS"                                          \
    "  $f$ SELECT upper(encode(bytes, 'hex')) $f$;\n"

/* Set by tools/lib/on_postgresql, which made the database for us alone. */
static const char *test_database(void) {
    const char *address = getenv("PP_TEST_DATABASE");
    if (!address)
        return NULL;
    if (system("psql -qX -v ON_ERROR_STOP=1 \"$PP_TEST_DATABASE\" <<'END'\n" EMPTY "END") != 0)
        abort();
    return address;
}

int test_home_setup(void **state) {
    char path[TEST_FOLDER_SIZE];
    struct pp_error error = {0};
    test_folder_make(path);
    *state = home_create(path, test_database(), &error);
    if (!*state || !ca_create(*state, &error)) {
        fprintf(stderr, "%s\n", error.message);
        return -1;
    }
    return 0;
}

int test_home_teardown(void **state) {
    struct home *home = *state;
    char path[PP_PATH_MAX];
    memcpy(path, home->path, sizeof path);
    home_close(home);
    test_folder_remove(path);
    return 0;
}

void test_content_make(const struct home *home, const char *name, char path[PP_PATH_MAX]) {
    pp_autobuf struct pp_buf picture = PP_BUF_INIT(65536);
    struct pp_error error = {0};
    /* What follows a PNG's end is ignored. */
    if (!pp_file_read(AT_FDCWD, PP_TEST_DATA "/media/quarters.png", &picture, &error) ||
        !pp_buf_add(&picture, name, strlen(name), &error) ||
        !pp_path_format(path, &error, "%s/%s.png", home->path, name) ||
        !pp_file_replace(AT_FDCWD, path, picture.data, picture.size, 0600, &error)) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
}

void test_trigger_drop(const struct home *home, const char *table, const char *trigger) {
    char sql[256];
    struct pp_error error = {0};
    snprintf(sql, sizeof sql, db_is_postgresql(home->db) ? "DROP TRIGGER %s ON %s" : "DROP TRIGGER %s",
             trigger, table);
    if (!db_script(home->db, sql, &error)) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
}

bool test_home_on_postgresql(void) {
    return getenv("PP_TEST_DATABASE") != NULL;
}
