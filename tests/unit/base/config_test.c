#include "base/config.h"

#include <stdio.h>
#include <string.h>

#include "test_support.h"

struct settings {
    char name[PP_CONFIG_VALUE_MAX];
    char url[PP_CONFIG_VALUE_MAX];
    char folder[PP_CONFIG_VALUE_MAX];
    uint64_t width;
    bool sound;
};

static bool load(struct settings *settings, const char *text, struct pp_error *error) {
    *settings = (struct settings){.name = "unnamed", .width = 1920};
    *error = (struct pp_error){0};
    const struct pp_config_field table[] = {
        {.section = "screen", .name = "name", .kind = PP_CONFIG_TEXT, .target = settings->name},
        {.section = "screen",
         .name = "width",
         .kind = PP_CONFIG_UNSIGNED,
         .target = &settings->width,
         .min = 16,
         .max = 8192},
        {.section = "screen", .name = "sound", .kind = PP_CONFIG_BOOL, .target = &settings->sound},
        {.section = "headend", .name = "url", .kind = PP_CONFIG_URL, .target = settings->url},
        {.section = "headend", .name = "folder", .kind = PP_CONFIG_PATH, .target = settings->folder},
        {0},
    };
    return pp_config_parse(text, "agent.conf", table, error);
}

static void config_reads_every_kind_of_setting(void **state) {
    (void)state;
    struct settings settings;
    struct pp_error error;
    assert_true(load(&settings,
                     "# a comment\n; another\n\n[headend]\nurl = https://headend.example:8443\r\n"
                     "folder=/var/lib/x\n[screen]\n  name : Café Lobby \nwidth = 8192\nsound = yes",
                     &error));
    assert_string_equal(settings.url, "https://headend.example:8443");
    assert_string_equal(settings.folder, "/var/lib/x");
    assert_string_equal(settings.name, "Café Lobby");
    assert_int_equal(settings.width, 8192);
    assert_true(settings.sound);
}

static void config_keeps_the_defaults_of_what_is_not_named(void **state) {
    (void)state;
    struct settings settings;
    struct pp_error error;
    assert_true(load(&settings, "", &error));
    assert_string_equal(settings.name, "unnamed");
    assert_int_equal(settings.width, 1920);
}

static void config_refuses_with_file_line_and_reason(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"[screen]\nwidth = 15\n", "agent.conf:2: width: must be a whole number between 16 and 8192"},
        {"[screen]\n\nwidth = 8193\n", "agent.conf:3: width: must be a whole number between 16 and 8192"},
        {"[screen]\nwidth = -16\n", "agent.conf:2: width: must be a whole number between 16 and 8192"},
        {"[screen]\nwidth = 1e3\n", "agent.conf:2: width: must be a whole number between 16 and 8192"},
        {"[screen]\nwidth =\n", "agent.conf:2: width: must be a whole number between 16 and 8192"},
        {"[screen]\nwidth = 99999999999999999999\n",
         "agent.conf:2: width: must be a whole number between 16 and 8192"},
        {"[screen]\nsound = maybe\n", "agent.conf:2: sound: must be yes or no"},
        {"[headend]\nurl = http://x\n", "agent.conf:2: url: must be an address that begins with https://"},
        {"[headend]\nurl = https://\n", "agent.conf:2: url: must be an address that begins with https://"},
        {"[headend]\nurl = https:///x\n", "agent.conf:2: url: must be an address that begins with https://"},
        {"[headend]\nurl = https://a b\n", "agent.conf:2: url: must be an address that begins with https://"},
        {"[headend]\nfolder = var\n", "agent.conf:2: folder: must be an absolute path"},
        {"[screen]\ncolour = red\n", "agent.conf:2: unknown setting \"colour\" in section [screen]"},
        {"[panel]\nwidth = 20\n", "agent.conf:2: unknown setting \"width\" in section [panel]"},
        {"width = 20\n", "agent.conf:1: unknown setting \"width\" in section []"},
        {"[screen]\nwidth\n", "agent.conf:2: neither a section nor a setting"},
        {"[screen\nwidth = 20\n", "agent.conf:1: neither a section nor a setting"},
        {"[screen]\nwidth = 20\nwidth = 30\n", "agent.conf:3: width: stands twice in section [screen]"},
        {"[screen]\nname = a\n  continued\n", "agent.conf:3: name: stands twice in section [screen]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct settings settings;
        struct pp_error error;
        assert_false(load(&settings, rows[i].text, &error));
        assert_string_equal(error.message, rows[i].message);
    }
}

static void config_reports_the_first_of_several_errors_with_its_own_line(void **state) {
    (void)state;
    struct settings settings;
    struct pp_error error;
    assert_false(load(&settings, "[screen]\nrubbish\nwidth = 3\n", &error));
    assert_string_equal(error.message, "agent.conf:2: neither a section nor a setting");
    assert_false(load(&settings, "[screen]\nwidth = 3\nrubbish\nsound = 9\n", &error));
    assert_string_equal(error.message, "agent.conf:2: width: must be a whole number between 16 and 8192");
    assert_false(load(&settings, "[screen]\nsound = 9\nwidth = 3\n", &error));
    assert_string_equal(error.message, "agent.conf:2: sound: must be yes or no");
}

static void config_stores_nothing_behind_the_first_error(void **state) {
    (void)state;
    struct settings settings;
    struct pp_error error;
    assert_false(load(&settings, "[screen]\nwidth = 3\nname = later\n", &error));
    assert_string_equal(settings.name, "unnamed");
    assert_false(load(&settings, "[screen]\nrubbish\nname = later\n", &error));
    assert_string_equal(settings.name, "unnamed");
}

static void config_refuses_a_line_that_would_be_cut(void **state) {
    (void)state;
    struct settings settings;
    struct pp_error error;
    char text[600] = "[screen]\nsound = no\nname = ";
    size_t start = strlen(text);
    memset(text + start, 'x', 400);
    strcpy(text + start + 400, "\nwidth = 3\n");
    assert_false(load(&settings, text, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_non_null(strstr(error.message, "agent.conf:3: line longer than "));
    assert_string_equal(settings.name, "unnamed");
    strcpy(text + start + 100, "\n");
    assert_true(load(&settings, text, &error));
    assert_int_equal(strlen(settings.name), 100);
}

static void config_file_is_named_in_errors_and_may_hold_no_nul(void **state) {
    const struct test_folder *folder = *state;
    char path[128];
    snprintf(path, sizeof path, "%s/agent.conf", folder->path);
    uint64_t width = 1;
    const struct pp_config_field table[] = {
        {.section = "screen", .name = "width", .kind = PP_CONFIG_UNSIGNED, .target = &width, .max = 99},
        {0},
    };
    struct pp_error error = {0};
    assert_false(pp_config_load(path, table, &error));
    assert_int_equal(error.code, PP_E_NOTFOUND);
    assert_non_null(strstr(error.message, path));

    test_folder_write(folder, "agent.conf", "[screen]\nwidth = 42\n");
    assert_true(pp_config_load(path, table, &error));
    assert_int_equal(width, 42);

    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fwrite("[screen]\nwidth = 1\0002\n", 1, 20, file);
    fclose(file);
    assert_false(pp_config_load(path, table, &error));
    assert_non_null(strstr(error.message, "NUL byte"));
    assert_int_equal(width, 42);

    file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i <= PP_CONFIG_FILE_MAX; i++)
        fputc('\n', file);
    fclose(file);
    assert_false(pp_config_load(path, table, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_reads_every_kind_of_setting),
        cmocka_unit_test(config_keeps_the_defaults_of_what_is_not_named),
        cmocka_unit_test(config_refuses_with_file_line_and_reason),
        cmocka_unit_test(config_reports_the_first_of_several_errors_with_its_own_line),
        cmocka_unit_test(config_stores_nothing_behind_the_first_error),
        cmocka_unit_test(config_refuses_a_line_that_would_be_cut),
        cmocka_unit_test_setup_teardown(config_file_is_named_in_errors_and_may_hold_no_nul,
                                        test_folder_create, test_folder_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
