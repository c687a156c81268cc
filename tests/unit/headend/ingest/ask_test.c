/* headend/ingest/ask: the server's side of the lane, with somebody else in the place of ingest, who says what he likes.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "headend/ingest/ask.h"
#include "headend/ingest/thumbnail.h"
#include "ipc/conn.h"

#define TEXT(content)                                                                                        \
    { .data = (content), .size = sizeof(content) - 1 }
#define PIECE(content)                                                                                       \
    { .type = INGEST_PIECE, .data = TEXT(content) }
#define ANSWERS_MAX 3

static const uint8_t key[INGEST_KEY_SIZE] = {7};

/* What he answers to one question; then he closes. */
struct reply {
    struct ingest_message messages[ANSWERS_MAX];
    size_t count;
};

/* In the place of ingest: he answers so many questions, and counts those that he was asked. */
struct stranger {
    int lane;
    const struct reply *replies;
    size_t count, asked;
    bool keeps; /* what he was handed, without a word */
    pthread_t thread;
};

static void *stranger_run(void *arg) {
    struct stranger *stranger = arg;
    static struct ingest_packet packet;
    while (ingest_receive(stranger->lane, &packet, NULL)) {
        const struct reply *reply =
            &stranger->replies[stranger->asked < stranger->count ? stranger->asked : 0];
        stranger->asked++;
        for (size_t i = 0; i < reply->count; i++)
            (void)!ingest_send(packet.packet.fds[INGEST_FD_ANSWERS], &reply->messages[i], NULL, NULL);
        if (stranger->keeps)
            packet.packet.fd_count = 0;
        ingest_packet_finish(&packet);
    }
    return NULL;
}

struct stage {
    int pair[2], object;
    struct stranger stranger;
    struct ingest_lane *lane;
    struct content_renderers renderers;
};

static void stage_begin(struct stage *stage, const struct reply *replies, size_t count) {
    struct pp_error error = {0};
    assert_true(ipc_pair(stage->pair, &error));
    stage->object = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(stage->object >= 0);
    stage->lane = ingest_lane_create(stage->pair[0], &error);
    assert_non_null(stage->lane);
    stage->stranger = (struct stranger){.lane = stage->pair[1], .replies = replies, .count = count};
    stage->renderers = (struct content_renderers){.folder = "/usr/libexec", .lane = stage->lane};
}

static void stage_start(struct stage *stage) {
    assert_int_equal(pthread_create(&stage->stranger.thread, NULL, stranger_run, &stage->stranger), 0);
}

static void stage_end(struct stage *stage) {
    close(stage->pair[0]);
    pthread_join(stage->stranger.thread, NULL);
    close(stage->pair[1]);
    close(stage->object);
    ingest_lane_destroy(stage->lane);
}

static bool look(struct stage *stage, struct ingest_facts *facts, struct pp_error *error) {
    return ingest_look(&stage->renderers, stage->object, 4096, key, "pingplay/thumbnail/1", facts, error);
}

/* How many times he was asked. */
static size_t look_once(const struct reply *replies, size_t count, bool expected, struct ingest_facts *facts,
                        struct pp_error *error) {
    struct stage stage;
    *error = (struct pp_error){0};
    stage_begin(&stage, replies, count);
    stage_start(&stage);
    bool ok = look(&stage, facts, error);
    stage_end(&stage);
    if (ok != expected)
        fail_msg("%s", ok ? "taken" : error->message);
    return stage.stranger.asked;
}

/* clang-format off */
#define SEEN_AS(called, bits, ...) {.type = INGEST_SEEN, .name = TEXT(called), .flags = (bits), __VA_ARGS__}
#define SEEN(...) SEEN_AS("video/mp4", INGEST_FILM | INGEST_MOVES, __VA_ARGS__)
static const struct reply whole = {{PIECE("ab"), PIECE("cde"), SEEN(.width = 640, .height = 360, .duration_ms = 2000,
                                                                    .clear = 3, .sealed = 5, .words = TEXT("x\n"))}, 3};
/* clang-format on */

static void what_is_answered_is_what_is_known(void **state) {
    ingest_autofacts struct ingest_facts facts = INGEST_FACTS_INIT;
    struct pp_error error;
    (void)state;
    assert_int_equal(look_once(&whole, 1, true, &facts, &error), 1);
    assert_string_equal(facts.type.name, "video/mp4");
    assert_string_equal(facts.type.kind, "video");
    assert_true(facts.type.moves && !facts.sound);
    assert_int_equal(facts.width, 640);
    assert_int_equal(facts.duration_ms, 2000);
    assert_int_equal(facts.thumbnail_size, 3);
    assert_int_equal(facts.thumbnail.size, 5);
    assert_memory_equal(facts.thumbnail.data, "abcde", 5);
    assert_string_equal(facts.warning, "x ");
}

static void who_ends_without_an_answer_is_asked_three_times_and_no_more(void **state) {
    static const struct reply ends[] = {{.count = 0}, {{PIECE("ab")}, 1}, {.count = 0}};
    ingest_autofacts struct ingest_facts facts = INGEST_FACTS_INIT;
    struct pp_error error;
    (void)state;
    assert_int_equal(look_once(ends, PP_COUNT(ends), false, &facts, &error), INGEST_TRIES_MAX);
    assert_int_equal(error.code, PP_E_UNSUPPORTED);
    assert_string_equal(error.message, "screens cannot show it: what looked at it was ended by it, 3 times");
}

static void what_came_of_one_that_ended_is_not_mixed_with_the_next(void **state) {
    const struct reply replies[] = {{{PIECE("zz"), PIECE("zz")}, 2}, whole};
    ingest_autofacts struct ingest_facts facts = INGEST_FACTS_INIT;
    struct pp_error error;
    (void)state;
    assert_int_equal(look_once(replies, 2, true, &facts, &error), 2);
    assert_int_equal(facts.thumbnail.size, 5);
    assert_memory_equal(facts.thumbnail.data, "abcde", 5);
}

static void an_answer_that_contradicts_itself_is_none(void **state) {
    /* clang-format off */
    static const struct reply odd[] = {
        {{SEEN(.clear = 3, .sealed = 5)}, 1}, /* of a thumbnail that has not come */
        {{PIECE("abc"), SEEN(.clear = 3, .sealed = 5)}, 2},
        {{PIECE("abc"), SEEN(.clear = 0, .sealed = 3)}, 2},
        {{PIECE("abc"), SEEN(.clear = THUMBNAIL_MAX + 1, .sealed = 3)}, 2},
        {{SEEN_AS("text/html", 0, .width = 1)}, 1},
        {{SEEN_AS("", 0, .width = 1)}, 1},
        {{SEEN_AS("video/mp4", INGEST_FILM, .width = 1)}, 1}, /* a film that stands still */
        {{{.type = INGEST_LOOK, .length = 1, .folder = TEXT("/")}}, 1}, /* he may not say it: it is not sent */
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < PP_COUNT(odd); i++) {
        ingest_autofacts struct ingest_facts facts = INGEST_FACTS_INIT;
        struct pp_error error;
        look_once(&odd[i], 1, false, &facts, &error);
        if (error.code == PP_OK)
            fail_msg("%zu", i);
    }
}

static void reasons_come_in_words_that_can_be_shown(void **state) {
    static const struct reply refusal = {
        {{.type = INGEST_REFUSED, .code = PP_E_LIMIT, .words = TEXT("it is\x1b[2J too \xff large")}}, 1};
    ingest_autofacts struct ingest_facts facts = INGEST_FACTS_INIT;
    struct pp_error error;
    (void)state;
    assert_int_equal(look_once(&refusal, 1, false, &facts, &error), 1);
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_string_equal(error.message, "it is [2J too ? large");
}

static void *stop(void *arg) {
    ingest_lane_stop(arg);
    return NULL;
}

static void nobody_waits_once_it_is_stopped(void **state) {
    static const struct reply silence = {.count = 0};
    ingest_autofacts struct ingest_facts facts = INGEST_FACTS_INIT;
    struct pp_error error = {0};
    struct stage stage;
    pthread_t thread;
    (void)state;
    stage_begin(&stage, &silence, 1);
    stage.stranger.keeps = true;
    stage_start(&stage);
    assert_int_equal(pthread_create(&thread, NULL, stop, stage.lane), 0);
    for (int i = 0; i < 2; i++) {
        assert_false(look(&stage, &facts, &error));
        assert_int_equal(error.code, PP_E_CANCELLED);
    }
    pthread_join(thread, NULL);
    stage_end(&stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_answered_is_what_is_known),
        cmocka_unit_test(who_ends_without_an_answer_is_asked_three_times_and_no_more),
        cmocka_unit_test(what_came_of_one_that_ended_is_not_mixed_with_the_next),
        cmocka_unit_test(an_answer_that_contradicts_itself_is_none),
        cmocka_unit_test(reasons_come_in_words_that_can_be_shown),
        cmocka_unit_test(nobody_waits_once_it_is_stopped),
    };
    return cmocka_run_group_tests_name("headend/ingest/ask", tests, NULL, NULL);
}
