/* All of a film is looked through before it is published. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <string.h>

#include "base/mem.h"
#include "object.h"
#include "render/media/look.h"
#include "render/media/media.h"

#define CPU_MS   10000 /* for twenty seconds of film, which take a hundredth of that */
#define FILM_MAX (1024 * 1024)

/* The film with `length` of its bytes overwritten. */
struct harm {
    const char *test, *file;
    unsigned at_percent, length;
    uint8_t noted;    /* bits */
    const char *note; /* its begin */
};

static void play(const struct harm *harm, uint32_t look_cpu_ms, struct stage *stage) {
    pp_autobuf struct pp_buf clear = PP_BUF_INIT(FILM_MAX);
    struct ipc_message start;
    struct ipc_frame frame;
    object_load(harm->file, &clear);
    size_t at = clear.size * harm->at_percent / 100;
    memset(clear.data + at, 0, harm->length);
    object_seal(&clear, &start);
    start.start_media.look_cpu_ms = look_cpu_ms;
    object_open(stage, &start);
    enum stage_event event = stage_next(stage, &frame);
    for (; event == STAGE_FRAME; event = stage_next(stage, &frame))
        stage_release(stage, frame.slot);
    assert_int_equal(event, STAGE_END);
}

static void film_is_looked_through(void **state) {
    const struct harm *harm = *state;
    struct stage stage;
    play(harm, CPU_MS, &stage);
    assert_int_equal(stage.noted, harm->noted);
    if (strncmp(stage.note, harm->note, strlen(harm->note)) != 0)
        fail_msg("\"%s\" instead of \"%s…\"", stage.note, harm->note);
    stage_close_well(&stage);
}

static struct harm harms[] = {
    {"whole_mp4_has_no_flaw", "long.mp4", 0, 0, 0, ""},
    {"whole_webm_has_no_flaw", "long.webm", 0, 0, 0, ""},
    {"whole_fragmented_mp4_has_no_flaw", "long-fragmented.mp4", 0, 0, 0, ""},
    {"mp4_overwritten_in_its_middle", "long.mp4", 50, 600, 1u << IPC_NOTE_FLAWED,
     "the film is damaged at 0:"},
    {"fragmented_mp4_overwritten_in_its_middle", "long-fragmented.mp4", 50, 600, 1u << IPC_NOTE_FLAWED,
     "the film is damaged at 0:"},
    {"webm_overwritten_in_its_middle", "long.webm", 50, 600, 1u << IPC_NOTE_FLAWED,
     "the film is damaged at 0:"},
    {"webm_that_loses_seconds", "long.webm", 50, 20000, 1u << IPC_NOTE_FLAWED, "the film is damaged at 0:"},
};

/* On a screen nobody waits for that. */
static void film_that_is_only_shown_is_not_looked_through(void **state) {
    (void)state;
    struct stage stage;
    play(&harms[3], 0, &stage);
    assert_int_equal(stage.noted, 0);
    stage_close_well(&stage);
}

/* ---- Without its program ---- */

static void look_at(const char *name, uint32_t cpu_ms, struct look *look) {
    static const uint8_t key[SEAL_KEY_SIZE] = {1, 2, 3};
    struct pp_error error = {0};
    struct budget budget = {0};
    pp_autobuf struct pp_buf clear = PP_BUF_INIT(FILM_MAX), sealed = PP_BUF_INIT(FILM_MAX);
    object_load(name, &clear);
    assert_true(media_prepare(&error));
    assert_true(seal_encrypt(clear.data, clear.size, key, SEAL_AD_OBJECT, &sealed, &error));
    PP_AUTO(source)
    struct source *source =
        source_create(seal_reader_create_memory(sealed.data, sealed.size, key, SEAL_AD_OBJECT, NULL, &error),
                      &budget, &error);
    assert_non_null(source);
    assert_true(look_through(source, cpu_ms, look, &error));
}

/* Phones, cameras, editors, browsers: none of their files is called damaged. */
static void files_as_devices_write_them_have_no_flaw(void **state) {
    (void)state;
    DIR *folder = opendir(PP_TEST_DATA "/media/devices");
    assert_non_null(folder);
    int films = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char name[300];
        struct look look;
        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "devices/%s", entry->d_name);
        look_at(name, CPU_MS, &look);
        if (look.flaws || look.cut)
            fail_msg("%s", name);
        films += look.end_us > 0;
    }
    closedir(folder);
    assert_in_range(films, 20, 1000);
}

/* With no time at all it is still read to its end, and parts of it are left out. */
static void what_there_is_no_time_for_is_read_all_the_same(void **state) {
    (void)state;
    struct look look;
    look_at("long.mp4", 1, &look);
    assert_int_equal(look.flaws, 0);
    assert_false(look.cut);
    assert_in_range(look.end_us, 19900000, 20300000);
}

static void places_are_told_as_a_clock_has_them(void **state) {
    (void)state;
    struct look look = {.flaws_us = {42000000, 67000000, 3723000000}, .flaws = 1};
    char words[LOOK_WORDS_MAX];
    static const char *const wanted[] = {"0:42", "0:42 and 1:07", "0:42, 1:07 and 1:02:03",
                                         "0:42, 1:07, 1:02:03 and more"};
    for (; look.flaws <= 4; look.flaws++) {
        look_describe(&look, words);
        assert_string_equal(words, wanted[look.flaws - 1]);
    }
}

int main(void) {
    struct CMUnitTest tests[PP_COUNT(harms) + 4] = {
        cmocka_unit_test(film_that_is_only_shown_is_not_looked_through),
        cmocka_unit_test(files_as_devices_write_them_have_no_flaw),
        cmocka_unit_test(what_there_is_no_time_for_is_read_all_the_same),
        cmocka_unit_test(places_are_told_as_a_clock_has_them),
    };
    for (size_t i = 0; i < PP_COUNT(harms); i++)
        tests[4 + i] = (struct CMUnitTest){harms[i].test, film_is_looked_through, NULL, NULL, &harms[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
