#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "headend/base/text.h"
#include "headend/ingest/media_type.h"
#include "headend/ingest/playlist.h"
#include "headend/ingest/playlist_shape.h"
#include "headend/ingest/playlist_times.h"

#define GIF       "GIF89a\1\0\1\0\0\0\0"
#define GIF_LOOP  "\x21\xff\x0bNETSCAPE2.0\3\1\0\0\0"
#define GIF_IMAGE "\x2c\0\0\0\0\1\0\1\0\0\2\1\0\0"
#define BYTES(bytes, name, kind)                                                                             \
    { bytes, sizeof bytes - 1, name, kind }

static void media_type_is_told_by_the_first_bytes(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *name, *kind;
    } cases[] = {
        {"\xff\xd8\xff\xe0", 4, "image/jpeg", "image"},
        {"\x89PNG\r\n\x1a\n", 8, "image/png", "image"},
        {"RIFF\0\0\0\0WEBPVP8 ", 16, "image/webp", "image"},
        {"\0\0\0\x20"
         "ftypisom",
         12, "video/mp4", "video"},
        {"\x1a\x45\xdf\xa3", 4, "video/webm", "video"},
        BYTES(GIF GIF_IMAGE ";", "image/gif", "image"),
        BYTES(GIF GIF_LOOP GIF_IMAGE ";", "image/gif", "image"),
        BYTES(GIF GIF_LOOP GIF_IMAGE GIF_IMAGE ";", "image/gif", "video"),
        BYTES(GIF GIF_IMAGE "\x21\xfe\2hi\0" GIF_IMAGE ";", "image/gif", "video"),
        BYTES("\0\0\0\x14"
              "ftypqt  \0\0\0\0qt  ",
              "video/mp4", "video"),
        BYTES("\0\0\0\x08"
              "wide\0\0\0\x08mdat",
              "video/quicktime", "video"),
    };
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        struct media_type type;
        assert_true(media_type_detect((const uint8_t *)cases[i].bytes, cases[i].size, &type, NULL));
        assert_string_equal(type.name, cases[i].name);
        assert_string_equal(type.kind, cases[i].kind);
    }
}

static void media_type_refuses_the_rest(void **state) {
    (void)state;
    struct media_type type;
    struct pp_error error = {0};
    assert_false(media_type_detect((const uint8_t *)"", 0, &type, &error));
    assert_int_equal(error.code, PP_E_UNSUPPORTED);
    assert_false(media_type_detect((const uint8_t *)"<svg", 4, &type, &error));
    assert_false(media_type_detect((const uint8_t *)"\x89PNG", 4, &type, &error));
    static const char animated[] = "RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0";
    assert_false(media_type_detect((const uint8_t *)animated, sizeof animated - 1, &type, &error));
    assert_non_null(strstr(error.message, "animated WebP"));
}

static void duration_has_the_form_of_iso_8601(void **state) {
    (void)state;
    static const char *const good[] = {"PT10S", "PT0.6S", "P1D", "P1DT2H", "PT1H30M", "PT1H2M3.5S", "PT90M"};
    static const char *const bad[] = {"",       "P",      "PT",           "10S",   "P10S",  "PT10",
                                      "PT1.5M", "PT1S1M", "PT.5S",        "PT5.S", "P1DT",  "pt1s",
                                      "PT-1S",  "PT1S ",  "P1H",          "PT1D",  "PTT1S", "P1W2D",
                                      "PT1SS",  "PT1H1H", "PT9999999999S"};
    for (size_t i = 0; i < PP_COUNT(good); i++)
        assert_true(duration_valid(good[i]));
    for (size_t i = 0; i < PP_COUNT(bad); i++) {
        if (duration_valid(bad[i]))
            fail_msg("taken: %s", bad[i]);
    }
}

static void text_must_be_plain_utf_8(void **state) {
    (void)state;
    assert_true(text_check("name", "Entrée 日本 🎬", 1, 100, NULL));
    static const char *const bad[] = {"",         "a\n",      "\x7f",         "\xff",
                                      "\xc3",     "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                      "\xc2\x85", "\xe2\x82", "\x1b[31m"};
    for (size_t i = 0; i < PP_COUNT(bad); i++)
        assert_false(text_check("name", bad[i], 1, 100, NULL));
    assert_false(text_check("name", "toolong", 1, 6, NULL));
}

static void channel_ids_and_zones_are_checked(void **state) {
    (void)state;
    assert_true(channel_id_check("lobby-2", NULL));
    static const char *const bad_ids[] = {"", "-a", "A", "a b", "a/b", "a.b", "é"};
    for (size_t i = 0; i < PP_COUNT(bad_ids); i++)
        assert_false(channel_id_check(bad_ids[i], NULL));
    static const char *const bad_zones[] = {"",
                                            "/etc/passwd",
                                            "../x",
                                            "Europe",
                                            "Europe/Nowhere",
                                            "a b",
                                            "posix/Europe/Paris",
                                            "right/Europe/Paris",
                                            "localtime",
                                            "leapseconds"};
    assert_true(time_zone_check("Europe/Paris", NULL));
    for (size_t i = 0; i < PP_COUNT(bad_zones); i++)
        assert_false(time_zone_check(bad_zones[i], NULL));
}

static void folds(const char *text, size_t size, const char *expected) {
    char folded[64];
    assert_true(size <= sizeof folded);
    text_fold(text, folded, size);
    assert_string_equal(folded, expected);
}

static void letters_are_folded_whatever_their_alphabet(void **state) {
    (void)state;
    folds("Foyer ÉTÉ 12", 64, "foyer été 12");
    folds("ЭКРАН ΩΣ Ž", 64, "экран ωσ ž");
    folds("شاشة 画面 \xf0\x9f\x98\x80", 64, "شاشة 画面 \xf0\x9f\x98\x80");
    folds("ÀÞ×÷ĀĮŸŹȘԱ ẠƯƠ ƏǞ ΆΏ ЀЯҐ", 64, "àþ×÷āįÿźșա ạươ əǟ άώ ѐяґ");
    folds("A\xff\xc3Z", 64, "a??z"); /* what is no text is nothing for a database */
    folds("ABÉ", 5, "abé");
    folds("ABÉ", 4, "ab"); /* never half a character */
    folds("A", 1, "");
}

static void what_is_shown_nowhere_is_called_by_its_name(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *says;
    } cases[] = {
        {"%PDF-1.7", 8,
         "a PDF document, which screens do not show: save it as JPEG, PNG, WebP, GIF, MP4 or WebM"},
        {"RIFF\0\0\0\0AVI LIST", 16, "an AVI film"},
        {"RIFF\0\0\0\0WAVEfmt ", 16, "sound without a picture"},
        {"\0\0\0\x18"
         "ftypheic\0\0\0\0mif1heic",
         24, "a HEIC photograph"},
        {"\0\0\0\x18"
         "ftypmif1\0\0\0\0mif1avif",
         24, "an AVIF picture"},
        /* a brand behind the box does not count */
        {"\0\0\0\x14"
         "ftypmif1\0\0\0\0mif1avif",
         24, "a HEIF picture"},
        {"\0\0\0\x18"
         "ftypM4A \0\0\0\0M4A isom",
         24, "sound without a picture"},
    };
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        struct media_type type;
        struct pp_error error = {0};
        assert_false(media_type_detect((const uint8_t *)cases[i].bytes, cases[i].size, &type, &error));
        assert_int_equal(error.code, PP_E_UNSUPPORTED);
        if (strncmp(error.message, cases[i].says, strlen(cases[i].says)) != 0)
            fail_msg("%s", error.message);
    }
}

/* The ids of a list, in its order: "i1 i2 i1.2". */
static void ids_of(const cJSON *list, char *out, size_t size) {
    const cJSON *item;
    size_t used = 0;
    *out = 0;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(list, "items")) used +=
        (size_t)snprintf(out + used, size - used, "%s%s", used ? " " : "",
                         cJSON_GetObjectItemCaseSensitive(item, "id")->valuestring);
}

static cJSON *expanded(const char *text, int64_t now, struct pp_error *error) {
    pp_autojson cJSON *description = cJSON_Parse(text);
    assert_non_null(description);
    assert_true(playlist_shape_check(description, PLAYLIST_NAMES_CONTENT, NULL));
    return playlist_times_expand(description, now, error);
}

static void an_item_comes_as_often_as_it_weighs_and_far_from_itself(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"{\"items\":[{\"content\":\"a\"},{\"content\":\"b\"}]}", "i1 i2"},
        {"{\"items\":[{\"content\":\"a\",\"weight\":2},{\"content\":\"b\"},{\"content\":\"c\"}]}",
         "i1 i2 i1.2 i3"},
        {"{\"items\":[{\"content\":\"a\",\"weight\":2},{\"content\":\"b\",\"weight\":2}]}",
         "i1 i2 i1.2 i2.2"},
        {"{\"items\":[{\"content\":\"a\",\"id\":\"x\",\"weight\":3},{\"content\":\"b\"},{\"content\":\"c\"},{"
         "\"content\":\"d\"}]}",
         "x i2 x.2 i3 x.3 i4"},
    };
    char ids[256];
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        pp_autojson cJSON *out = expanded(cases[i][0], 0, NULL);
        ids_of(out, ids, sizeof ids);
        assert_string_equal(ids, cases[i][1]);
        pp_autojsontext char *printed = cJSON_PrintUnformatted(out);
        assert_null(strstr(printed, "weight"));
    }
}

static void items_with_a_time_are_one_layout_for_each_span_of_it(void **state) {
    (void)state;
    static const char text[] =
        "{\"items\":[{\"content\":\"a\",\"valid_to\":\"2026-01-02T00:00:00Z\"},"
        "{\"content\":\"b\",\"valid_from\":\"2026-01-02T00:00:00Z\",\"valid_to\":\"2026-01-03T00:00:00Z\"},"
        "{\"content\":\"c\",\"valid_from\":\"2026-01-01T12:00:00Z\"}]}";
    static const char *const spans[][2] = {
        {"main", "i1"}, {"from-1", "i1 i3"}, {"from-2", "i2 i3"}, {"from-3", "i3"}};
    char ids[256];
    pp_autojson cJSON *out = expanded(text, 1767225600, NULL); /* 2026-01-01T00:00:00Z */
    const cJSON *lists = cJSON_GetObjectItemCaseSensitive(out, "playlists");
    assert_int_equal(cJSON_GetArraySize(lists), 4);
    for (size_t i = 0; i < PP_COUNT(spans); i++) {
        ids_of(cJSON_GetObjectItemCaseSensitive(lists, spans[i][0]), ids, sizeof ids);
        assert_string_equal(ids, spans[i][1]);
    }
    const cJSON *event = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(out, "schedule"), 2);
    assert_string_equal(cJSON_GetObjectItemCaseSensitive(event, "layout")->valuestring, "from-3");
    assert_string_equal(cJSON_GetObjectItemCaseSensitive(event, "dtstart")->valuestring,
                        "2026-01-03T00:00:00Z");
    assert_int_equal(cJSON_GetObjectItemCaseSensitive(event, "priority")->valueint, 3);
    /* What is over is left out, and where nothing is to come it is a plain list again. */
    pp_autojson cJSON *later = expanded(text, 1767225600 + 2 * 86400, NULL);
    ids_of(later, ids, sizeof ids);
    assert_string_equal(ids, "i3");
}

/* The default layout is several, below what is scheduled; what was described stays where it was. */
static void items_of_the_default_layout_come_and_go_beside_a_schedule(void **state) {
    (void)state;
    struct pp_error error = {0};
    char ids[256];
    static const char text[] =
        "{\"playlists\":{\"p\":{\"align\":\"wall-clock\",\"items\":[{\"content\":\"a\"},"
        "{\"content\":\"b\",\"valid_from\":\"2031-01-02T00:00:00Z\"},"
        "{\"content\":\"c\",\"valid_to\":\"2031-01-01T00:00:00Z\"}]},\"q\":{\"items\":[{\"content\":\"d\"}]}}"
        ","
        "\"layouts\":{\"from-1\":{\"zones\":[{\"id\":\"z\",\"x\":0,\"y\":0,\"width\":1,\"height\":1,"
        "\"playlist\":\"q\"}]},"
        "\"l\":{\"zones\":[{\"id\":\"z\",\"x\":0,\"y\":0,\"width\":1,\"height\":1,\"playlist\":\"p\"},"
        "{\"id\":\"y\",\"x\":0,\"y\":0,\"width\":1,\"height\":1,\"playlist\":\"q\"}]}},\"default_layout\":"
        "\"l\","
        "\"schedule\":[{\"layout\":\"from-1\",\"dtstart\":\"2031-01-01\",\"duration\":\"P1D\",\"priority\":-"
        "4}]}";
    pp_autojson cJSON *out = expanded(text, 0, &error);
    assert_non_null(out);
    const cJSON *lists = cJSON_GetObjectItemCaseSensitive(out, "playlists");
    static const char *const expected[][2] = {
        {"p", "i1 i3"}, {"q", "i1"}, {"p.from-1.2", "i1"}, {"p.from-2", "i1 i2"}};
    assert_int_equal(cJSON_GetArraySize(lists), PP_COUNT(expected));
    for (size_t i = 0; i < PP_COUNT(expected); i++) {
        const cJSON *list = cJSON_GetObjectItemCaseSensitive(lists, expected[i][0]);
        assert_non_null(list);
        ids_of(list, ids, sizeof ids);
        assert_string_equal(ids, expected[i][1]);
    }
    pp_autojsontext char *schedule =
        cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(out, "schedule"));
    assert_string_equal(
        schedule, "[{\"layout\":\"from-1\",\"dtstart\":\"2031-01-01\",\"duration\":\"P1D\",\"priority\":-4},"
                  "{\"layout\":\"from-1.2\",\"dtstart\":\"2031-01-01T00:00:00Z\",\"duration\":\"P1D\","
                  "\"rrule\":\"FREQ=DAILY\",\"priority\":-6},{\"layout\":\"from-2\",\"dtstart\":"
                  "\"2031-01-02T00:00:00Z\",\"duration\":\"P1D\",\"rrule\":\"FREQ=DAILY\",\"priority\":-5}]");
    pp_autojsontext char *layouts = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(out, "layouts"));
    assert_non_null(strstr(layouts,
                           "\"from-2\":{\"zones\":[{\"id\":\"z\",\"x\":0,\"y\":0,\"width\":1,\"height\":1,"
                           "\"playlist\":\"p.from-2\"},{\"id\":\"y\",\"x\":0,\"y\":0,\"width\":1,"
                           "\"height\":1,\"playlist\":\"q\"}]}"));
}

static void too_many_moments_and_times_beside_layouts_are_refused(void **state) {
    (void)state;
    struct pp_error error = {0};
    static const char layouts[] =
        "{\"playlists\":{\"p\":{\"items\":[{\"content\":\"a\",\"valid_to\":\"2031-01-01T00:00:00Z\"}]}},"
        "\"layouts\":"
        "{\"l\":{\"zones\":[{\"id\":\"z\",\"x\":0,\"y\":0,\"width\":1,\"height\":1,\"playlist\":\"p\"}]}},"
        "\"default_layout\":\"l\","
        "\"schedule\":[{\"layout\":\"l\",\"dtstart\":\"2031-01-01\",\"duration\":\"P1D\"}]}";
    pp_autojson cJSON *none = expanded(layouts, 0, &error);
    assert_null(none);
    assert_int_equal(error.code, PP_E_UNSUPPORTED);
    pp_autojson cJSON *many = cJSON_CreateObject();
    cJSON *items = cJSON_AddArrayToObject(many, "items");
    for (int i = 0; i <= PLAYLIST_MOMENTS_MAX; i++) {
        char moment[32];
        snprintf(moment, sizeof moment, "2031-01-01T00:%02d:%02dZ", i / 60, i % 60);
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "content", "a");
        cJSON_AddStringToObject(item, "valid_from", moment);
        cJSON_AddItemToArray(items, item);
    }
    pp_autojson cJSON *refused = playlist_times_expand(many, 0, &error);
    assert_null(refused);
    assert_int_equal(error.code, PP_E_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(media_type_is_told_by_the_first_bytes),
        cmocka_unit_test(media_type_refuses_the_rest),
        cmocka_unit_test(what_is_shown_nowhere_is_called_by_its_name),
        cmocka_unit_test(duration_has_the_form_of_iso_8601),
        cmocka_unit_test(text_must_be_plain_utf_8),
        cmocka_unit_test(channel_ids_and_zones_are_checked),
        cmocka_unit_test(letters_are_folded_whatever_their_alphabet),
        cmocka_unit_test(an_item_comes_as_often_as_it_weighs_and_far_from_itself),
        cmocka_unit_test(items_with_a_time_are_one_layout_for_each_span_of_it),
        cmocka_unit_test(items_of_the_default_layout_come_and_go_beside_a_schedule),
        cmocka_unit_test(too_many_moments_and_times_beside_layouts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
