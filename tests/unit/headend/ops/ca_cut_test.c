/* The power is cut at every call that changes the folder while the authorities change. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <dirent.h>
#include <string.h>

#include "support/power_cut.h"
#include "support/test_folder.h"

#include "base/encode.h"
#include "base/json.h"
#include "headend/db/home_open.h"
#include "headend/ops/publish.h"
#include "headend/signer/ca_issue.h"

/* Nor does the database, whose files are not cut. */
int fdatasync(int fd) {
    (void)fd;
    return 0;
}

struct change {
    char path[TEST_FOLDER_SIZE];
    char retire[PP_HEX_SIZE(CA_HASH_SIZE)]; /* "": another one is made */
};

static bool change_make(const struct change *change) {
    struct pp_error error = {0};
    uint8_t sha256[CA_HASH_SIZE];
    PP_AUTO(home) struct home *home = home_open(change->path, &error);
    bool done = home && (*change->retire ? publish_ca_retire(home, change->retire, false, sha256, &error)
                                         : publish_ca_rotate(home, sha256, &error));
    if (!done)
        fprintf(stderr, "%s\n", error.message);
    return done;
}

/* In a child, which is cut. */
static void change_live(void *arg) {
    if (!change_make(arg))
        _exit(1);
}

static void folder_make(struct change *change) {
    test_folder_make(change->path);
    PP_AUTO(home) struct home *home = home_create(change->path, NULL, NULL);
    assert_non_null(home);
    assert_true(ca_create(home, NULL) && publish_init(home, NULL));
}

static void folder_make_with_two(struct change *change) {
    *change->retire = 0;
    folder_make(change);
    assert_true(change_make(change));
    PP_AUTO(home) struct home *home = home_open(change->path, NULL);
    PP_AUTO(ca) struct ca *ca = ca_open(home, NULL);
    assert_non_null(ca);
    assert_int_equal(ca->count, 2);
    pp_hex_encode(ca->authorities[1].sha256, CA_HASH_SIZE, change->retire);
}

static size_t keys_of(const struct home *home) {
    size_t count = 0;
    char path[PP_PATH_MAX];
    assert_true(pp_path_format(path, NULL, "%s/" HOME_AUTHORITY_KEYS, home->path));
    pp_autodir DIR *dir = opendir(path);
    for (const struct dirent *entry; dir && (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    return count;
}

/* Whether there is one that issues, with its key, whatever became of the change. */
static bool change_is_decided(const struct change *change, bool *ended) {
    PP_AUTO(home) struct home *home = home_open(change->path, NULL);
    assert_non_null(home);
    PP_AUTO(ca) struct ca *ca = ca_open(home, NULL);
    assert_non_null(ca);
    bool decided = *change->retire ? ca->authorities[1].retired : ca->count == 2;
    *ended = decided && ca->unfinished == CA_UNCHANGED;
    return decided;
}

/* Certificates, keys and what screens are told say the same. */
static void change_is_whole(const struct change *change) {
    PP_AUTO(home) struct home *home = home_open(change->path, NULL);
    PP_AUTO(ca) struct ca *ca = ca_open(home, NULL);
    assert_non_null(ca);
    pp_autobuf struct pp_buf text = PP_BUF_INIT(CA_DOCUMENT_MAX);
    int retired = *change->retire ? 1 : 0;
    assert_int_equal(ca->unfinished, CA_UNCHANGED);
    assert_int_equal(ca->count, 2);
    assert_int_equal(ca->link_count, 1);
    assert_int_equal(ca->retired_count, retired);
    assert_int_equal(keys_of(home), 2 - retired);
    assert_int_equal(faccessat(home->fd, HOME_CA_KEY, F_OK, 0), -1);
    assert_true(ca_document(home, &text, NULL));
    pp_autojson cJSON *document = pp_json_parse(text.data, text.size, CA_DOCUMENT_MAX, NULL);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(document, "authorities")),
                     2 - retired);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(document, "retired")), retired);
}

static void folder_copy(const char *from, char to[TEST_FOLDER_SIZE]) {
    char command[2 * TEST_FOLDER_SIZE + 16];
    test_folder_make(to);
    snprintf(command, sizeof command, "cp -a %s/. %s", from, to);
    assert_int_equal(system(command), 0);
}

/* Cut at the first, the second, … call, until one of them is not reached; and made again. */
static void cut_at_each_call(const struct change *pristine, enum power_cut_where where) {
    unsigned old = 0, new = 0;
    bool more = true;
    for (unsigned at = 1; more; at++) {
        struct change change = *pristine;
        folder_copy(pristine->path, change.path);
        more = power_cut_run(at, where, change_live, &change);
        bool ended = false;
        bool decided = change_is_decided(&change, &ended);
        old += !decided;
        new += decided;
        /* Once it counts it counts. */
        assert_true(decided || !new || (more && where == CUT_LOSES_SOME));
        /* Once it has ended, whoever asks for a new one gets another. */
        if (!ended || *change.retire)
            assert_true(change_make(&change));
        change_is_whole(&change);
        test_folder_remove(change.path);
    }
    assert_true(old > 3 && new > 10);
}

static void cut_everywhere(void (*make)(struct change *change)) {
    struct change pristine = {0};
    make(&pristine);
    /* Before a call is after the one before it. */
    for (enum power_cut_where where = CUT_WITHIN; where < CUT_PLACES; where++)
        cut_at_each_call(&pristine, where);
    test_folder_remove(pristine.path);
}

static void a_new_authority_is_made_or_not(void **state) {
    (void)state;
    cut_everywhere(folder_make);
}

static void an_old_one_is_retired_or_not(void **state) {
    (void)state;
    cut_everywhere(folder_make_with_two);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_authority_is_made_or_not),
        cmocka_unit_test(an_old_one_is_retired_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
