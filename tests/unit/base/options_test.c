#include "base/options.h"

#include <string.h>

#include "test_support.h"

#define ARGS_MAX 80

struct options {
    bool verbose;
    const char *name;
    uint64_t port;
    struct pp_option_list hosts;
    char text[1024]; /* the words that argv points into */
    char *argv[ARGS_MAX];
    int argc;
    int first;
};

/* `words` are the arguments behind the program's name, each ended by '|'. */
static bool parse(struct options *options, const char *words, struct pp_error *error) {
    *options = (struct options){.port = 8443, .argc = 1, .first = -1};
    *error = (struct pp_error){0};
    strcpy(options->text, words);
    options->argv[0] = options->text + strlen(words);
    for (char *word = options->text, *end; (end = strchr(word, '|')); word = end + 1) {
        *end = 0;
        options->argv[options->argc++] = word;
    }
    const struct pp_option table[] = {
        {"verbose", PP_OPTION_FLAG, &options->verbose},
        {"name", PP_OPTION_STRING, &options->name},
        {"port", PP_OPTION_UNSIGNED, &options->port},
        {"host", PP_OPTION_LIST, &options->hosts},
        {0},
    };
    return pp_options_parse(table, options->argc, options->argv, &options->first, error);
}

static void options_of_every_kind_in_both_spellings(void **state) {
    (void)state;
    struct options options;
    struct pp_error error;
    assert_true(parse(&options, "--verbose|--name|x y|--port=65535|--host=a|--host|b|", &error));
    assert_true(options.verbose);
    assert_string_equal(options.name, "x y");
    assert_int_equal(options.port, 65535);
    assert_int_equal(options.hosts.count, 2);
    assert_string_equal(options.hosts.items[0], "a");
    assert_string_equal(options.hosts.items[1], "b");
    assert_int_equal(options.first, options.argc);
}

static void leftovers_keep_their_order_behind_the_options(void **state) {
    (void)state;
    struct options options;
    struct pp_error error;
    assert_true(parse(&options, "one|--name|n|-|--verbose||--|--port|", &error));
    assert_int_equal(options.first, 5);
    assert_string_equal(options.argv[5], "one");
    assert_string_equal(options.argv[6], "-");
    assert_string_equal(options.argv[7], "");
    assert_string_equal(options.argv[8], "--port");
    assert_int_equal(options.port, 8443);
}

static void a_value_may_look_like_an_option_or_be_empty(void **state) {
    (void)state;
    struct options options;
    struct pp_error error;
    assert_true(parse(&options, "--name|--verbose|", &error));
    assert_string_equal(options.name, "--verbose");
    assert_false(options.verbose);
    assert_true(parse(&options, "--name=|", &error));
    assert_string_equal(options.name, "");
    assert_true(parse(&options, "--name=a=b|", &error));
    assert_string_equal(options.name, "a=b");
}

static void options_refuse_with_the_name(void **state) {
    (void)state;
    static const struct {
        const char *words, *message;
    } rows[] = {
        {"--nam|x|", "unknown option --nam (\"--\" ends the options)"},
        {"--names=x|", "unknown option --names (\"--\" ends the options)"},
        {"--=x|", "unknown option -- (\"--\" ends the options)"},
        {"--name|", "--name needs a value"},
        {"--verbose=yes|", "--verbose takes no value"},
        {"--port|x|", "--port: not a whole number: x"},
        {"--port|-1|", "--port: not a whole number: -1"},
        {"--port|1k|", "--port: not a whole number: 1k"},
        {"--port||", "--port: not a whole number: "},
        {"--port| 1|", "--port: not a whole number:  1"},
        {"--port=18446744073709551616|", "--port: not a whole number: 18446744073709551616"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct options options;
        struct pp_error error;
        assert_false(parse(&options, rows[i].words, &error));
        assert_int_equal(error.code, PP_E_INVALID);
        assert_string_equal(error.message, rows[i].message);
        assert_int_equal(options.first, -1);
    }
}

static void a_list_has_its_cap(void **state) {
    (void)state;
    struct options options;
    struct pp_error error;
    char words[1024] = "";
    for (int i = 0; i < PP_OPTION_LIST_MAX; i++)
        strcat(words, "--host=h|");
    assert_true(parse(&options, words, &error));
    assert_int_equal(options.hosts.count, PP_OPTION_LIST_MAX);
    strcat(words, "--host=h|");
    assert_false(parse(&options, words, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_string_equal(error.message, "--host: given more than 64 times");
}

static void no_words_at_all_is_fine(void **state) {
    (void)state;
    struct options options;
    struct pp_error error;
    assert_true(parse(&options, "", &error));
    assert_int_equal(options.first, 1);
    int first = -1;
    const struct pp_option table[] = {{0}};
    assert_true(pp_options_parse(table, 0, options.argv, &first, &error));
    assert_int_equal(first, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_of_every_kind_in_both_spellings),
        cmocka_unit_test(leftovers_keep_their_order_behind_the_options),
        cmocka_unit_test(a_value_may_look_like_an_option_or_be_empty),
        cmocka_unit_test(options_refuse_with_the_name),
        cmocka_unit_test(a_list_has_its_cap),
        cmocka_unit_test(no_words_at_all_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
