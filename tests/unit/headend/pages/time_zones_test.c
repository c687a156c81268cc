#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "headend/pages/time_zones.h"
#include "support/test_folder.h"

static void zones_of(const char *text, struct time_zones *zones) {
    char dir[TEST_FOLDER_SIZE];
    char path[PP_PATH_MAX];
    test_folder_make(dir);
    assert_true(pp_path_format(path, NULL, "%s/zone.tab", dir));
    assert_true(pp_file_replace(AT_FDCWD, path, text, strlen(text), 0600, NULL));
    assert_true(time_zones_load(zones, dir, NULL));
    test_folder_remove(dir);
}

static void zones_are_read_and_sorted_and_others_left_out(void **state) {
    (void)state;
    time_zones_auto struct time_zones zones;
    zones_of(
        "# a comment\tof\tEurope/London\nFR\t+4852+00220\tEurope/Paris\nUS\t+1\tAmerica/New_York\tEastern\n"
        "XX\t+1\tEurope/Nowhere\nXX\t+1\t../../etc/passwd\nXX\t+1\t<b>\nXX\nXX\t+1\n\nJP\t+1\tAsia/Tokyo",
        &zones);
    static const char *const expected[] = {"America/New_York", "Asia/Tokyo", "Europe/Paris", "UTC"};
    assert_int_equal(zones.count, PP_COUNT(expected));
    for (size_t i = 0; i < PP_COUNT(expected); i++)
        assert_string_equal(zones.names[i], expected[i]);
}

static void the_list_has_an_end(void **state) {
    (void)state;
    pp_autobuf struct pp_buf text = PP_BUF_INIT(TIME_ZONES_FILE_MAX);
    for (int i = 0; i < TIME_ZONES_MAX + 10; i++)
        assert_true(pp_buf_add_text(&text, "FR\t+1\tEurope/Paris\n", NULL));
    time_zones_auto struct time_zones zones;
    zones_of(pp_buf_text(&text), &zones);
    assert_int_equal(zones.count, TIME_ZONES_MAX);
}

static void without_the_database_there_is_nothing_to_choose_from(void **state) {
    (void)state;
    time_zones_auto struct time_zones zones;
    pp_autobuf struct pp_buf options = PP_BUF_INIT(1024);
    assert_true(time_zones_load(&zones, "/nonexistent", NULL));
    assert_int_equal(zones.count, 0);
    assert_true(time_zones_options(&zones, &options, NULL));
    assert_int_equal(options.size, 0);
    char zone[TIME_ZONE_MAX + 1];
    assert_true(time_zones_find(&zones, "Europe/Paris", zone));
    assert_false(time_zones_find(&zones, "Paris", zone));
}

static void the_systems_zones_become_options(void **state) {
    (void)state;
    time_zones_auto struct time_zones zones;
    pp_autobuf struct pp_buf options = PP_BUF_INIT(1 << 20);
    assert_true(time_zones_load(&zones, TIME_ZONES_DIR, NULL));
    assert_true(time_zones_options(&zones, &options, NULL));
    assert_true(zones.count > 300);
    assert_non_null(strstr(pp_buf_text(&options), "<option value=\"Europe/Paris\"><option value=\"Europe/"));
    assert_non_null(strstr(pp_buf_text(&options), "<option value=\"UTC\">"));
}

static void a_zone_is_found_by_what_people_call_it(void **state) {
    (void)state;
    static const char *const found[][2] = {
        {"Europe/Paris", "Europe/Paris"},
        {"  Europe/Paris ", "Europe/Paris"},
        {"europe/PARIS", "Europe/Paris"},
        {"paris", "Europe/Paris"},
        {"New York", "America/New_York"},
        {"america/new york", "America/New_York"},
        {"utc", "UTC"},
        {"Etc/UTC", "Etc/UTC"}, /* not in the list, and known all the same */
    };
    static const char *const unknown[] = {"",        " ",     "Mars/Base",     "Nowhere", "/",
                                          "Europe/", "Salta", "../Asia/Tokyo", "Europe"};
    time_zones_auto struct time_zones zones;
    zones_of("FR\t+1\tEurope/Paris\nUS\t+1\tAmerica/New_York\nAR\t+1\tAmerica/Argentina/Salta\n"
             "AR\t+1\tAmerica/Argentina/Salta\n",
             &zones);
    char zone[TIME_ZONE_MAX + 1];
    for (size_t i = 0; i < PP_COUNT(found); i++) {
        assert_true(time_zones_find(&zones, found[i][0], zone));
        assert_string_equal(zone, found[i][1]);
    }
    for (size_t i = 0; i < PP_COUNT(unknown); i++)
        assert_false(time_zones_find(&zones, unknown[i], zone));
}

static void what_is_too_long_is_no_zone(void **state) {
    (void)state;
    time_zones_auto struct time_zones zones;
    char typed[5000];
    char zone[TIME_ZONE_MAX + 1];
    memset(typed, 'a', sizeof typed - 1);
    typed[sizeof typed - 1] = 0;
    assert_true(time_zones_load(&zones, TIME_ZONES_DIR, NULL));
    assert_false(time_zones_find(&zones, typed, zone));
    typed[TIME_ZONE_MAX + 1] = 0;
    assert_false(time_zones_find(&zones, typed, zone));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zones_are_read_and_sorted_and_others_left_out),
        cmocka_unit_test(the_list_has_an_end),
        cmocka_unit_test(without_the_database_there_is_nothing_to_choose_from),
        cmocka_unit_test(the_systems_zones_become_options),
        cmocka_unit_test(a_zone_is_found_by_what_people_call_it),
        cmocka_unit_test(what_is_too_long_is_no_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
