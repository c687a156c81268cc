/* A flash that does not let files be opened or read says nothing about what stands on it. */
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>

#define STEP 300000 /* bytes */

/* In place of the C library's: the flash. It fails below objects/ alone. */
static struct {
    int open_errno, read_errno; /* 0: none */
    bool list_fails;
    const char *only; /* of that object; NULL: of all */
} flash;

int openat64(int dir, const char *path, int flags, ...);
ssize_t pread64(int fd, void *data, size_t size, off64_t offset);

int openat64(int dir, const char *path, int flags, ...) {
    va_list args;
    va_start(args, flags);
    mode_t mode = va_arg(args, mode_t);
    va_end(args);
    bool object = strncmp(path, "objects/", 8) == 0 && strlen(path) > 12;
    bool folder = strncmp(path, "objects/", 8) == 0 && !object;
    errno = flash.open_errno ? flash.open_errno : EIO;
    if ((object && flash.open_errno && (!flash.only || strstr(path, flash.only))) ||
        (folder && flash.list_fails))
        return -1;
    return (int)syscall(SYS_openat, dir, path, flags, mode);
}

ssize_t pread64(int fd, void *data, size_t size, off64_t offset) {
    errno = flash.read_errno;
    return flash.read_errno ? -1 : (ssize_t)syscall(SYS_pread64, fd, data, size, offset);
}

static int flash_is_well(void **state) {
    (void)state;
    memset(&flash, 0, sizeof flash);
    return 0;
}

/* Until a pass over all objects has ended; how many steps met something. */
struct scrubbed {
    unsigned bad, unread;
};

static struct scrubbed scrub(struct scratch *s) {
    struct scrubbed scrubbed = {0};
    struct store_scrub result;
    do {
        assert_true(store_scrub_step(s->store, STEP, &result, NULL));
        scrubbed.bad += result.bad;
        scrubbed.unread += result.unread;
    } while (!result.wrapped);
    return scrubbed;
}

static void an_object_that_cannot_be_read_just_now_is_not_bad(void **state) {
    static const struct {
        int open_errno, read_errno;
    } rows[] = {{EIO, 0}, {0, EIO}, {ETIMEDOUT, 0}, {EACCES, 0}, {0, EBADMSG}};
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample a = sample_put(&s, 1, 1000);
    struct sample b = sample_put(&s, 2, 500000);
    scrub(&s); /* the first may begin in the middle */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        flash.open_errno = rows[i].open_errno;
        flash.read_errno = rows[i].read_errno;
        struct scrubbed scrubbed = scrub(&s);
        assert_int_equal(scrubbed.bad, 0);
        assert_int_equal(scrubbed.unread, 2);
        assert_true(scratch_has(&s, &a) && scratch_has(&s, &b));
        flash_is_well(NULL);
        scrubbed = scrub(&s);
        assert_int_equal(scrubbed.bad + scrubbed.unread, 0);
    }
    sample_finish(&a);
    sample_finish(&b);
    scratch_finish(&s);
}

static void the_others_are_looked_at_all_the_same(void **state) {
    (void)state;
    struct scratch s;
    char hex[2 * STORE_HASH_SIZE + 1];
    char path[256];
    scratch_init(&s, 0);
    struct sample unreadable = sample_put(&s, 1, 1000);
    struct sample rotten = sample_put(&s, 2, 1000);
    scratch_path(&s, "objects", &unreadable, path);
    snprintf(hex, sizeof hex, "%s", strrchr(path, '/') + 1);
    scratch_path(&s, "objects", &rotten, path);
    path_flip(path, 999);
    scrub(&s);
    flash.open_errno = EIO;
    flash.only = hex;
    scrub(&s);
    assert_false(scratch_has(&s, &rotten));
    assert_true(scratch_has(&s, &unreadable));
    sample_finish(&unreadable);
    sample_finish(&rotten);
    scratch_finish(&s);
}

/* A block that has gone for good: the object stays, and another copy is to take its place. */
static void what_can_never_be_read_is_to_be_fetched_anew(void **state) {
    (void)state;
    struct scratch s;
    struct pp_error error = {0};
    scratch_init(&s, 0);
    struct sample a = sample_put(&s, 1, 1000);
    scrub(&s);
    flash.read_errno = EIO;
    for (unsigned i = 0; i < STORE_UNREAD_MAX; i++) {
        assert_true(scratch_has(&s, &a));
        assert_int_equal(scrub(&s).unread, 1);
    }
    assert_false(scratch_has(&s, &a));
    int fd = store_object_open(s.store, a.need.sha256, &error);
    assert_true(fd >= 0);
    close(fd);
    flash_is_well(NULL);
    assert_true(store_object_put(s.store, a.need.sha256, a.data, a.size, &error));
    assert_true(scratch_has(&s, &a));
    sample_finish(&a);
    scratch_finish(&s);
}

static void one_reading_that_goes_well_clears_it(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample a = sample_put(&s, 1, 1000);
    scrub(&s);
    flash.read_errno = EIO;
    for (unsigned i = 0; i < STORE_UNREAD_MAX; i++)
        scrub(&s);
    assert_false(scratch_has(&s, &a));
    flash_is_well(NULL);
    scrub(&s);
    assert_true(scratch_has(&s, &a));
    sample_finish(&a);
    scratch_finish(&s);
}

static void a_folder_that_could_not_be_listed_is_looked_into_later(void **state) {
    (void)state;
    struct scratch s;
    struct pp_error error = {0};
    scratch_init(&s, 0);
    struct sample a = sample_put(&s, 1, 1000);
    flash.list_fails = true;
    scratch_reopen(&s, 0);
    assert_false(scratch_has(&s, &a));
    assert_int_equal(store_object_open(s.store, a.need.sha256, &error), -1);
    assert_int_equal(error.code, PP_E_IO); /* and not that there is none */
    flash_is_well(NULL);
    assert_true(scratch_has(&s, &a));
    int fd = store_object_open(s.store, a.need.sha256, &error);
    assert_true(fd >= 0);
    close(fd);
    sample_finish(&a);
    scratch_finish(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(an_object_that_cannot_be_read_just_now_is_not_bad, flash_is_well),
        cmocka_unit_test_teardown(the_others_are_looked_at_all_the_same, flash_is_well),
        cmocka_unit_test_teardown(what_can_never_be_read_is_to_be_fetched_anew, flash_is_well),
        cmocka_unit_test_teardown(one_reading_that_goes_well_clears_it, flash_is_well),
        cmocka_unit_test_teardown(a_folder_that_could_not_be_listed_is_looked_into_later, flash_is_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
