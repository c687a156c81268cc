/* The status screens through the real program in its sandbox; each is kept as BUILD/screens/NAME.png to be
 * looked at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cairo.h>
#include <cmocka.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/mem.h"
#include "render/stage.h"
#include "render/status/alert.h"

#define PROGRAM "render/status/pingplay-render-status"
#define ADDRESS "https://screens.example.org:8443/enrol"

static void start_status(struct stage *stage, const char *json) {
    struct ipc_message start = {.type = IPC_START_STATUS};
    snprintf(start.start_status.json, sizeof start.start_status.json, "%s", json);
    stage_open(stage, PROGRAM, &start);
}

static void expect_screen(struct stage *stage, struct ipc_frame *frame) {
    if (stage_next(stage, frame) != STAGE_FRAME)
        fail_msg("there is no screen: %s", stage->failed);
    assert_int_equal(stage->ring.layout.format, IPC_PIXEL_BGRA);
    assert_int_equal(frame->pts_us, 0);
}

static void keep_png(const struct stage *stage, unsigned slot, const char *name, char path[PP_PATH_MAX]) {
    struct ipc_plane plane = ipc_video_plane(&stage->ring, slot, 0);
    struct pp_error error = {0};
    assert_true(pp_path_format(path, &error, "%s/screens", PP_BUILD_DIR));
    mkdir(path, 0755);
    assert_true(pp_path_format(path, &error, "%s/screens/%s.png", PP_BUILD_DIR, name));
    cairo_surface_t *surface =
        cairo_image_surface_create_for_data(plane.data, CAIRO_FORMAT_ARGB32, stage->ring.layout.width,
                                            stage->ring.layout.height, (int)plane.stride);
    assert_int_equal(cairo_surface_write_to_png(surface, path), CAIRO_STATUS_SUCCESS);
    cairo_surface_destroy(surface);
}

/* What zbarimg reads in the picture. */
static void expect_qr(const char *path, const char *wanted) {
    char command[PP_PATH_MAX + 64], text[1024] = "";
    snprintf(command, sizeof command, "zbarimg --quiet --raw --nodbus '%s'", path);
    FILE *output = popen(command, "r");
    assert_non_null(output);
    if (!fgets(text, sizeof text, output))
        text[0] = 0;
    int status = pclose(output);
    text[strcspn(text, "\n")] = 0;
    if (status != 0 || strcmp(text, wanted) != 0)
        fail_msg("%s: zbarimg (status %#x) reads \"%s\"", path, status, text);
}

/* ---- every screen, in every language, both ways up ---- */

struct sample {
    const char *name, *fields;
    bool has_qr;
};

#define ENROL                                                                                                \
    "\"address\":\"" ADDRESS "\",\"qr\":\"" ADDRESS "?user_code=BCDF-GHJK\",\"user_code\":\"BCDF-GHJK\","    \
    "\"fingerprint\":\"3f2a 91bc 0d4e 77a1\""

#define PHONE                                                                                                \
    "\"address\":\"10.42.0.1\",\"qr\":\"" ADDRESS "?user_code=BCDF-GHJK\",\"name\":\"Pingplay-KMXT\","       \
    "\"passphrase\":\"kmpxr-atvdq-hjbnw\""

static const struct sample samples[] = {
    {"starting", "\"code\":\"S-01\"", false},
    {"enrol", ENROL, true},
    {"phone", PHONE, true},
    {"phone", PHONE ",\"reason\":\"passphrase\"", true},
    {"phone", PHONE ",\"reason\":\"gateway\"", true},
    {"approval", "\"fingerprint\":\"3f2a 91bc 0d4e 77a1\",\"code\":\"E-02\"", false},
    {"enrolling", "\"code\":\"E-03\"", false},
    {"connecting", "\"address\":\"screens.example.org\",\"code\":\"N-01\"", false},
    {"welcome", "\"name\":\"Entrance hall, left\",\"code\":\"C-01\"", false},
    {"empty", "\"name\":\"Entrance hall, left\",\"channel\":\"Café & Terrasse\"", false},
    {"loading", "\"name\":\"Entrance hall, left\",\"code\":\"C-02\"", false},
    {"offline",
     "\"address\":\"screens.example.org\",\"code\":\"N-02\","
     "\"detail\":\"screens.example.org: the name cannot be found. Next try in 40 s\"",
     false},
    {"portal",
     "\"address\":\"https://screens.example.org:8443\",\"code\":\"N-2\","
     "\"detail\":\"somebody has to sign in to this network: it sends to portal.hotel.example\"",
     false},
    {"keys-absent", "\"code\":\"K-1\",\"detail\":\"vault: there is no TPM: /dev/tpmrm0 is missing\"", false},
    {"keys-lost", "\"code\":\"K-2\",\"detail\":\"vault: the TPM was cleared, or is another one\"", false},
    {"keys-refused", "\"code\":\"K-3\",\"detail\":\"vault: no signed policy allows what was started\"",
     false},
    {"locked", "\"name\":\"Entrance hall, left\",\"code\":\"L-403\",\"access\":\"certificate\"", false},
    {"elsewhere", "\"name\":\"Entrance hall, left\",\"code\":\"L-2\"", false},
    {"stick-trying", "\"name\":\"Entrance hall, left\"", false},
    {"stick-done", "\"name\":\"Entrance hall, left\"", false},
    {"stick-failed",
     "\"detail\":\"NetworkManager: Error: Connection activation failed: Secrets were required, but not "
     "provided.\"",
     false},
    {"stick-refused", "\"detail\":\"passphrase: neither 8 to 63 characters nor 64 hexadecimal digits\"",
     false},
    {"phone-trying", "\"name\":\"Entrance hall, left\"", false},
    {"phone-done", "\"name\":\"Entrance hall, left\"", false},
    {"identify", "\"name\":\"Entrance hall, left\",\"code\":\"4f0c2f9e\",\"access\":\"password\"", false},
    {"message",
     "\"severity\":\"extreme\",\"title\":\"Leave the building\",\"text\":\"Use the stairs, not the "
     "lifts.\\nMeet "
     "at the car park.\"",
     false},
    {"message", "\"severity\":\"severe\",\"title\":\"Quittez le bâtiment\",\"text\":\"Prenez l'escalier.\"",
     false},
    {"message",
     "\"severity\":\"warning\",\"title\":\"غادروا المبنى\",\"text\":\"استخدموا السلالم، لا المصاعد (3)\"",
     false},
    {"message", "\"severity\":\"info\",\"title\":\"סגור היום\"", false},
    {"retired", "\"code\":\"R-01\"", false},
    {"error", "\"code\":\"T-17\",\"detail\":\"the server's certificate expired on 2026-01-31\"", false},
};

static const struct form {
    const char *name;
    unsigned width, height;
} forms[] = {{"landscape", 1920, 1080}, {"portrait", 1080, 1920}};

static const char *const languages[] = {"both", "en", "fr"};

static void show_sample(const struct sample *sample, const char *language, const struct form *form) {
    struct stage stage;
    struct ipc_frame frame;
    char json[2048], name[128], path[PP_PATH_MAX];
    snprintf(json, sizeof json, "{\"screen\":\"%s\",\"width\":%u,\"height\":%u,\"language\":\"%s\",%s}",
             sample->name, form->width, form->height, language, sample->fields);
    start_status(&stage, json);
    expect_screen(&stage, &frame);
    assert_int_equal(stage.ring.layout.width, form->width);
    assert_int_equal(stage.ring.layout.height, form->height);
    assert_int_equal(stage_pixel(&stage, frame.slot, 0, 0).alpha, 255);
    assert_int_equal(stage_pixel(&stage, frame.slot, form->width - 1, form->height - 1).alpha, 255);
    snprintf(name, sizeof name, "%s-%d-%s-%s", sample->name, (int)(sample - samples), language, form->name);
    keep_png(&stage, frame.slot, name, path);
    if (sample->has_qr)
        expect_qr(path, ADDRESS "?user_code=BCDF-GHJK");
    stage_close_well(&stage);
}

static void screen_is_drawn(void **state) {
    for (size_t form = 0; form < PP_COUNT(forms); form++) {
        for (size_t language = 0; language < PP_COUNT(languages); language++)
            show_sample(*state, languages[language], &forms[form]);
    }
}

/* Small panels, tickers, 4K: the code is still read. */
static void qr_code_is_read_at_any_size(void **state) {
    static const struct form others[] = {{"tiny", 320, 240}, {"small", 800, 480},   {"square", 1024, 1024},
                                         {"4k", 3840, 2160}, {"ticker", 1920, 540}, {"tower", 540, 1920},
                                         {"hd", 1366, 768}};
    (void)state;
    for (size_t i = 0; i < PP_COUNT(others); i++)
        show_sample(&samples[1], "both", &others[i]);
}

static void longest_address_still_fits(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    char json[3000], host[200], path[PP_PATH_MAX], qr[512];
    memset(host, 'm', sizeof host);
    host[sizeof host - 1] = 0;
    snprintf(qr, sizeof qr, "https://%s.example/enrol?user_code=WWWW-WWWW", host);
    snprintf(json, sizeof json,
             "{\"screen\":\"enrol\",\"width\":1920,\"height\":1080,\"address\":\"https://%s.example/enrol\","
             "\"qr\":\"%s\",\"user_code\":\"WWWW-WWWW\",\"fingerprint\":\"3f2a 91bc 0d4e 77a1\"}",
             host, qr);
    start_status(&stage, json);
    expect_screen(&stage, &frame);
    keep_png(&stage, frame.slot, "enrol-longest", path);
    expect_qr(path, qr);
    stage_close_well(&stage);
}

/* Of a display's width, or of that of one that stands upright. */
static void urgent_message_is_a_band(void **state) {
    static const struct form bands[] = {
        {"landscape", 1920, 240}, {"portrait", 1080, 300}, {"small", 640, 160}};
    static const struct sample words[] = {
        {"message", "\"band\":true,\"severity\":\"info\",\"title\":\"The café closes at 17:00 today\"",
         false},
        {"message",
         "\"band\":true,\"severity\":\"extreme\",\"title\":\"Leave the building\",\"text\":\"Use the stairs, "
         "not the "
         "lifts. Meet at the car park behind the building, and wait there to be counted.\"",
         false},
        {"message",
         "\"band\":true,\"severity\":\"warning\",\"title\":\"غادروا المبنى\",\"text\":\"استخدموا السلالم، لا "
         "المصاعد\"",
         false},
    };
    (void)state;
    for (size_t i = 0; i < PP_COUNT(words) * PP_COUNT(bands); i++) {
        struct stage stage;
        struct ipc_frame frame;
        const struct form *form = &bands[i % PP_COUNT(bands)];
        char json[1024], name[64], path[PP_PATH_MAX];
        snprintf(json, sizeof json, "{\"screen\":\"message\",\"width\":%u,\"height\":%u,%s}", form->width,
                 form->height, words[i / PP_COUNT(bands)].fields);
        start_status(&stage, json);
        expect_screen(&stage, &frame);
        snprintf(name, sizeof name, "band-%zu-%s", i / PP_COUNT(bands), form->name);
        keep_png(&stage, frame.slot, name, path);
        stage_close_well(&stage);
    }
}

/* WCAG 2.2, relative luminance. */
static double luminance_of(const struct colour *colour) {
    const double parts[] = {colour->red, colour->green, colour->blue};
    static const double weights[] = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (size_t i = 0; i < PP_COUNT(parts); i++)
        sum += weights[i] * (parts[i] <= 0.04045 ? parts[i] / 12.92 : pow((parts[i] + 0.055) / 1.055, 2.4));
    return sum;
}

static void words_of_urgent_messages_stand_out(void **state) {
    (void)state;
    for (int severity = 0; severity < SCREEN_SEVERITIES; severity++) {
        const struct alert_look *look = alert_look((enum screen_severity)severity);
        double ground = luminance_of(&look->ground), ink = luminance_of(&look->ink);
        double contrast = (fmax(ground, ink) + 0.05) / (fmin(ground, ink) + 0.05);
        if (contrast < ALERT_CONTRAST_MIN)
            fail_msg("severity %d: a contrast of %.2f", severity, contrast);
    }
}

/* The longest that there is, in capitals. */
static void longest_urgent_message_fits(void **state) {
    (void)state;
    for (size_t form = 0; form < 2 * PP_COUNT(forms); form++) {
        struct stage stage;
        struct ipc_frame frame;
        bool band = form >= PP_COUNT(forms);
        char json[3000], title[SCREEN_TITLE_MAX + 1], text[SCREEN_TEXT_MAX + 1], path[PP_PATH_MAX], name[64];
        memset(title, 'W', sizeof title - 1);
        title[sizeof title - 1] = 0;
        for (size_t i = 0; i < sizeof text - 1; i++)
            text[i] = i % 9 == 8 ? ' ' : 'M';
        text[sizeof text - 1] = 0;
        snprintf(json, sizeof json,
                 "{\"screen\":\"message\",\"width\":%u,\"height\":%u,\"band\":%s,\"severity\":\"severe\","
                 "\"title\":\"%s\",\"text\":\"%s\"}",
                 forms[form % 2].width, band ? 260 : forms[form % 2].height, band ? "true" : "false", title,
                 text);
        start_status(&stage, json);
        expect_screen(&stage, &frame);
        snprintf(name, sizeof name, "longest-message-%zu", form);
        keep_png(&stage, frame.slot, name, path);
        stage_close_well(&stage);
    }
}

/* No other font may be looked for in the sandbox. */
static void characters_that_no_font_has_do_not_end_it(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    char path[PP_PATH_MAX];
    start_status(&stage, "{\"screen\":\"welcome\",\"width\":1280,\"height\":720,"
                         "\"name\":\"入口 🙂 مدخل ทางเข้า Ω Ж ł \\u0007 \\ue000\"}");
    expect_screen(&stage, &frame);
    keep_png(&stage, frame.slot, "welcome-other-scripts", path);
    stage_close_well(&stage);
}

static void program_is_locked_up(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    start_status(&stage, "{\"screen\":\"starting\",\"width\":640,\"height\":360}");
    expect_screen(&stage, &frame);
    assert_true(stage.sandbox_level & IPC_SANDBOX_SECCOMP);
    assert_true(stage.sandbox_level & IPC_SANDBOX_NO_NEW_PRIVS);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/status", (int)stage.pid);
    pp_autobuf struct pp_buf text = PP_BUF_INIT(65536);
    struct pp_error error = {0};
    assert_true(pp_file_read(-1, path, &text, &error));
    assert_non_null(strstr(pp_buf_text(&text), "Seccomp:\t2"));
    assert_non_null(strstr(pp_buf_text(&text), "CapEff:\t0000000000000000"));
    stage_close_well(&stage);
}

/* FNV-1a of a screen's picture. */
static uint64_t picture_of(const char *fields, const char *language) {
    static const struct form form = {"half", 960, 540};
    struct stage stage;
    struct ipc_frame frame;
    char json[512];
    uint64_t hash = 0xcbf29ce484222325;
    snprintf(json, sizeof json, "{%s,\"width\":%u,\"height\":%u,\"language\":\"%s\",\"name\":\"Hall\"}",
             fields, form.width, form.height, language);
    start_status(&stage, json);
    expect_screen(&stage, &frame);
    struct ipc_plane plane = ipc_video_plane(&stage.ring, frame.slot, 0);
    for (size_t i = 0; i < (size_t)plane.stride * form.height; i++)
        hash = (hash ^ plane.data[i]) * 0x100000001b3;
    stage_close_well(&stage);
    return hash;
}

/* Each mode looks like no other; one that is not known yet is passed over. */
static void access_mode_stands_on_the_screen_in_each_language(void **state) {
    static const char *const kinds[] = {"\"screen\":\"identify\",\"code\":\"4f0c2f9e\"",
                                        "\"screen\":\"locked\",\"code\":\"L-1\"",
                                        "\"screen\":\"elsewhere\",\"code\":\"L-2\"",
                                        "\"screen\":\"signed-out\"", "\"screen\":\"sign-in\"," ENROL};
    static const char *const modes[] = {"certificate", "cookie", "sso", "password"};
    (void)state;
    for (size_t i = 0; i < PP_COUNT(kinds) * PP_COUNT(languages); i++) {
        const char *kind = kinds[i % PP_COUNT(kinds)];
        const char *language = languages[i / PP_COUNT(kinds)];
        uint64_t pictures[PP_COUNT(modes) + 1] = {picture_of(kind, language)};
        char fields[400];
        for (size_t mode = 0; mode < PP_COUNT(modes); mode++) {
            snprintf(fields, sizeof fields, "%s,\"access\":\"%s\"", kind, modes[mode]);
            pictures[mode + 1] = picture_of(fields, language);
            for (size_t other = 0; other <= mode; other++)
                assert_true(pictures[mode + 1] != pictures[other]);
        }
        snprintf(fields, sizeof fields, "%s,\"access\":\"later\"", kind);
        assert_true(picture_of(fields, language) == pictures[0]);
    }
}

static void bad_screens_are_refused_with_a_reason(void **state) {
    static const struct {
        const char *json, *reason;
    } bad[] = {
        {"", "status screen"},
        {"[]", "screen"},
        {"{\"screen\":\"party\",\"width\":640,\"height\":360}", "there is none that is called \"party\""},
        {"{\"screen\":\"enrol\",\"width\":640,\"height\":360}", "address"},
        {"{\"screen\":\"error\",\"width\":640,\"height\":360}", "code"},
        {"{\"screen\":\"starting\",\"width\":64000,\"height\":360}", "width"},
        {"{\"screen\":\"starting\",\"width\":640,\"height\":0}", "height"},
        {"{\"screen\":\"starting\",\"width\":640,\"height\":360,\"language\":\"de\"}", "language"},
        {"{\"screen\":\"message\",\"width\":640,\"height\":360,\"severity\":\"info\"}", "title"},
        {"{\"screen\":\"message\",\"width\":640,\"height\":360,\"title\":\"x\",\"severity\":\"mild\"}",
         "severity"},
    };
    (void)state;
    for (size_t i = 0; i < PP_COUNT(bad); i++) {
        struct stage stage;
        struct ipc_frame frame;
        start_status(&stage, bad[i].json);
        assert_int_equal(stage_next(&stage, &frame), STAGE_GONE);
        if (!strstr(stage.failed, bad[i].reason))
            fail_msg("\"%s\" does not tell \"%s\"", stage.failed, bad[i].reason);
        stage_close(&stage);
        assert_true(WIFEXITED(stage.status) && WEXITSTATUS(stage.status) == 1);
    }
}

int main(void) {
    const struct CMUnitTest others[] = {
        cmocka_unit_test(qr_code_is_read_at_any_size),
        cmocka_unit_test(longest_address_still_fits),
        cmocka_unit_test(characters_that_no_font_has_do_not_end_it),
        cmocka_unit_test(urgent_message_is_a_band),
        cmocka_unit_test(words_of_urgent_messages_stand_out),
        cmocka_unit_test(longest_urgent_message_fits),
        cmocka_unit_test(program_is_locked_up),
        cmocka_unit_test(bad_screens_are_refused_with_a_reason),
        cmocka_unit_test(access_mode_stands_on_the_screen_in_each_language),
    };
    struct CMUnitTest tests[PP_COUNT(samples)];
    for (size_t i = 0; i < PP_COUNT(samples); i++) {
        struct sample *sample = NULL;
        const void *address = &samples[i];
        memcpy(&sample, &address, sizeof sample);
        tests[i] = (struct CMUnitTest){samples[i].name, screen_is_drawn, NULL, NULL, sample};
    }
    signal(SIGPIPE, SIG_IGN);
    int failed = cmocka_run_group_tests_name("screens", tests, NULL, NULL);
    return failed + cmocka_run_group_tests_name("others", others, NULL, NULL);
}
