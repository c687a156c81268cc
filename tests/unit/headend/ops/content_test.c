/* headend/ops/content: names and labels that people give, and content as lists find it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "../headend_home.h"
#include "headend/ops/content.h"

static void names_are_made_of_what_a_file_is_called(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"photo.jpg", "photo.jpg"},
        {"C:\\Users\\me\\photo.jpg", "photo.jpg"},
        {"../../etc/passwd", "passwd"},
        {"  ..hidden", "hidden"},
        {"a\x1b[2Jb", "a[2Jb"},
        {"gpj.\xe2\x80\xae"
         "exe",
         "gpj.exe"}, /* U+202E turns what follows */
        {"caf\xc3\xa9 \xf0\x9f\x8c\x9e.png", "caf\xc3\xa9 \xf0\x9f\x8c\x9e.png"},
        {"", "untitled"},
        {"folder/", "untitled"},
        {"...", "untitled"},
    };
    char name[TEXT_NAME_MAX + 1];
    char long_one[300];
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        content_name_make(cases[i][0], name);
        assert_string_equal(name, cases[i][1]);
    }
    for (size_t i = 0; i < sizeof long_one - 1; i++)
        long_one[i] = i % 2 ? '\xa9' : '\xc3';
    long_one[sizeof long_one - 2] = 0;
    content_name_make(long_one, name);
    assert_int_equal(strlen(name), TEXT_NAME_MAX);
    assert_true(text_check("name", name, 1, TEXT_NAME_MAX, NULL));
}

static void labels_are_checked_field_by_field(void **state) {
    (void)state;
    struct content_labels labels = {.name = "A", .folder = "Menus/Summer", .tag_count = 1, .tags = {"x"}};
    assert_true(content_labels_check(&labels, NULL));
    labels.valid_from = 10;
    labels.valid_to = 10;
    assert_false(content_labels_check(&labels, NULL));
    labels.valid_to = 11;
    assert_true(content_labels_check(&labels, NULL));
    static const char *const folders[] = {"/", "a/", "/a", "a//b", "a\nb"};
    for (size_t i = 0; i < PP_COUNT(folders); i++) {
        snprintf(labels.folder, sizeof labels.folder, "%s", folders[i]);
        assert_false(content_labels_check(&labels, NULL));
    }
    labels.folder[0] = 0;
    labels.tags[0][0] = 0;
    assert_false(content_labels_check(&labels, NULL));
}

struct found {
    char names[256];
};

static bool found_add(void *arg, const struct content *content) {
    struct found *found = arg;
    size_t used = strlen(found->names);
    snprintf(found->names + used, sizeof found->names - used, "%s ", content->labels.name);
    return true;
}

static void add(struct home *home, const char *name, const char *tag) {
    struct content content = {.file = {.kind = "image", .media_type = "image/png", .bytes = 1}};
    struct pp_error error = {0};
    snprintf(content.labels.name, sizeof content.labels.name, "%s", name);
    if (!uuid_make(content.file.file, &error) || !content_add(home->db, &content, &error))
        fail_msg("%s", error.message);
    content.labels.tag_count = *tag ? 1 : 0;
    snprintf(content.labels.tags[0], sizeof content.labels.tags[0], "%s", tag);
    if (!content_change(home->db, content.id, &content.labels, &error))
        fail_msg("%s", error.message);
}

static void expect(struct home *home, const char *words, const char *tag, const char *names) {
    struct found found = {.names = ""};
    struct pp_error error = {0};
    const struct content_list wanted = {.words = words, .tag = tag, .count = 100};
    if (!content_list(home->db, &wanted, found_add, &found, &error))
        fail_msg("%s", error.message);
    assert_string_equal(found.names, names);
}

static void words_are_found_whatever_stands_for_itself_in_them(void **state) {
    struct home *home = *state;
    add(home, "100% wool", "");
    add(home, "1000 sheep", "Winter_sale");
    add(home, "\xc3\x89t\xc3\xa9", "");
    expect(home, "", NULL, "100% wool 1000 sheep \xc3\x89t\xc3\xa9 ");
    expect(home, "100%", NULL, "100% wool ");
    expect(home, "winter_", NULL, "1000 sheep ");
    expect(home, "w_nter", NULL, "");
    expect(home, "!", NULL, "");
    expect(home, "\xc3\xa9T\xc3\x89", NULL, "\xc3\x89t\xc3\xa9 ");
    expect(home, "sheep 1000", "Winter_sale", "1000 sheep ");
    expect(home, "", "winter_sale", ""); /* a tag is the whole of one */
}

/* PostgreSQL takes nothing that is not UTF-8. */
static void lists_from_the_end_and_words_without_end_are_utf8(void **state) {
    struct home *home = *state;
    char words[1 + 2 * 70 + 1] = "a";
    add(home, "anna", "");
    add(home, "\xf0\x9f\x8c\x9e sun", "");
    struct found found = {.names = ""};
    struct pp_error error = {0};
    const struct content_list from_end = {.words = "", .descending = true, .count = 100};
    if (!content_list(home->db, &from_end, found_add, &found, &error))
        fail_msg("%s", error.message);
    assert_string_equal(found.names, "\xf0\x9f\x8c\x9e sun anna ");
    for (size_t before = 2; before-- > 0;) {
        struct content content = {.file = {.kind = "image", .media_type = "image/png", .bytes = 1}};
        for (size_t i = 0; i < 70; i++)
            memcpy(words + before + i * 2, "\xc3\xa9", 3);
        snprintf(content.labels.name, sizeof content.labels.name, "%s",
                 before ? "with one before" : "of two bytes each");
        snprintf(content.labels.folder, sizeof content.labels.folder, "%s", words);
        if (!uuid_make(content.file.file, &error) || !content_add(home->db, &content, &error))
            fail_msg("%s", error.message);
        expect(home, words, NULL, before ? "with one before " : "of two bytes each with one before ");
    }
}

#define home_test(name) cmocka_unit_test_setup_teardown(name, test_home_setup, test_home_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_made_of_what_a_file_is_called),
        cmocka_unit_test(labels_are_checked_field_by_field),
        home_test(words_are_found_whatever_stands_for_itself_in_them),
        home_test(lists_from_the_end_and_words_without_end_are_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
