#include "headend/pages/console.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"

/* A folder with a small console in it, and something beside it that is nobody's business. */
struct site {
    char root[64], console[80];
    int fd; /* of `console` */
};

static void put(int dirfd, const char *name, const char *text) {
    struct pp_error error;
    assert_true(pp_file_replace(dirfd, name, text, strlen(text), 0644, &error));
}

static int setup(void **state) {
    struct pp_error error;
    struct site *site = calloc(1, sizeof *site);
    assert_non_null(site);
    strcpy(site->root, "/tmp/pingplay-console-XXXXXX");
    assert_non_null(mkdtemp(site->root));
    snprintf(site->console, sizeof site->console, "%s/console", site->root);
    assert_int_equal(mkdir(site->console, 0755), 0);
    site->fd = pp_dir_open(AT_FDCWD, site->console, &error);
    assert_true(site->fd >= 0);
    assert_int_equal(mkdirat(site->fd, "assets", 0755), 0);
    put(site->fd, "index.html", "<!doctype html>");
    put(site->fd, "assets/main-ABCD1234.js", "alert('plain')");
    put(site->fd, "assets/main-ABCD1234.js.br", "brotli");
    put(site->fd, "assets/main-ABCD1234.js.gz", "gzip");
    put(site->fd, "assets/icon-ABCD1234.svg", "<svg/>");
    put(site->fd, "assets/notes.txt", "of no type that browsers get");
    put(site->fd, "../secret.js", "secret");
    assert_int_equal(symlinkat("../../secret.js", site->fd, "assets/link.js"), 0);
    *state = site;
    return 0;
}

static int teardown(void **state) {
    struct site *site = *state;
    char command[128];
    pp_close(&site->fd);
    snprintf(command, sizeof command, "rm -rf '%s'", site->root);
    assert_int_equal(system(command), 0);
    free(site);
    return 0;
}

static void console_is_served_in_the_coding_that_is_taken(void **state) {
    const struct site *site = *state;
    struct pp_error error = {0};
    struct console_file plain;
    struct console_file packed;
    struct console *console = console_load(site->console, &error);
    assert_non_null(console);
    assert_true(console_is_there(console));
    assert_true(console_find(console, "assets/main-ABCD1234.js", NULL, &plain));
    assert_memory_equal(plain.data, "alert('plain')", plain.size);
    assert_null(plain.encoding);
    assert_string_equal(plain.type, "text/javascript; charset=utf-8");
    assert_true(console_find(console, "assets/main-ABCD1234.js", "gzip, br", &packed));
    assert_memory_equal(packed.data, "brotli", packed.size);
    assert_string_equal(packed.encoding, "br");
    assert_string_not_equal(packed.etag, plain.etag);
    assert_true(console_find(console, "assets/main-ABCD1234.js", "br;q=0, gzip", &packed));
    assert_string_equal(packed.encoding, "gzip");
    assert_true(console_find(console, "assets/icon-ABCD1234.svg", "gzip, br", &packed));
    assert_null(packed.encoding);
    assert_true(console_find(console, "index.html", NULL, &plain));
    console_destroy(console);
}

static void console_finds_nothing_beside_its_own_files(void **state) {
    const struct site *site = *state;
    static const char *const names[] = {"../secret.js",
                                        "assets/../../secret.js",
                                        "assets/link.js",
                                        "assets/",
                                        "assets",
                                        "",
                                        "/etc/passwd",
                                        "assets/notes.txt",
                                        "assets/main-ABCD1234.js.br",
                                        "main-ABCD1234.js"};
    struct pp_error error = {0};
    struct console_file file;
    struct console *console = console_load(site->console, &error);
    assert_non_null(console);
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        if (console_find(console, names[i], "br", &file))
            fail_msg("%s was found", names[i]);
    }
    console_destroy(console);
}

static void console_keeps_the_files_of_its_start(void **state) {
    const struct site *site = *state;
    struct pp_error error = {0};
    struct console_file file;
    struct console *console = console_load(site->console, &error);
    assert_non_null(console);
    put(site->fd, "index.html", "another");
    put(site->fd, "assets/main-EEEE1234.js", "another");
    assert_true(console_find(console, "index.html", NULL, &file));
    assert_memory_equal(file.data, "<!doctype html>", file.size);
    assert_false(console_find(console, "assets/main-EEEE1234.js", NULL, &file));
    console_destroy(console);
}

static void console_that_is_not_installed_is_none(void **state) {
    const struct site *site = *state;
    struct pp_error error = {0};
    struct console_file file;
    struct console *console = console_load("/nowhere/at/all", &error);
    assert_non_null(console);
    assert_false(console_is_there(console));
    assert_false(console_find(console, "index.html", NULL, &file));
    console_destroy(console);
    assert_int_equal(unlinkat(site->fd, "index.html", 0), 0);
    console = console_load(site->console, &error);
    assert_non_null(console);
    assert_false(console_is_there(console));
    console_destroy(console);
}

static void console_of_too_many_files_is_refused(void **state) {
    const struct site *site = *state;
    struct pp_error error = {0};
    for (int i = 0; i < CONSOLE_FILES_MAX; i++) {
        char name[32];
        snprintf(name, sizeof name, "assets/%d.js", i);
        put(site->fd, name, "x");
    }
    assert_null(console_load(site->console, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

static void console_file_that_is_too_large_is_refused(void **state) {
    const struct site *site = *state;
    struct pp_error error = {0};
    int fd = openat(site->fd, "assets/large.js", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, CONSOLE_FILE_MAX + 1), 0);
    pp_close(&fd);
    assert_null(console_load(site->console, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(console_is_served_in_the_coding_that_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(console_finds_nothing_beside_its_own_files, setup, teardown),
        cmocka_unit_test_setup_teardown(console_keeps_the_files_of_its_start, setup, teardown),
        cmocka_unit_test_setup_teardown(console_that_is_not_installed_is_none, setup, teardown),
        cmocka_unit_test_setup_teardown(console_of_too_many_files_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(console_file_that_is_too_large_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
