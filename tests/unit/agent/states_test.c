/* The tables of states: every cell is the one that is drawn in the README, and what must never follow does not. What
 * the second one makes of each situation is in screens_test.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/states.h"
#include "base/buf.h"
#include "base/file.h"

#define README_MAX (256 * 1024) /* bytes */
#define ROW_MAX    2048
#define CELL_MAX   64

#define each_cell(state, event)                                                                              \
    for (enum agent_state state = 0; state < AGENT_STATES; state++)                                          \
        for (enum agent_event event = 0; event < AGENT_EVENTS; event++)

/* ---- The drawing ---- */

/* The cell of a row of a table in Markdown, without the blanks around it. */
static void read_cell(const char *row, unsigned column, char cell[CELL_MAX]) {
    for (unsigned i = 0; i <= column; i++) {
        row = strchr(row, '|');
        assert_non_null(row);
        row++;
    }
    const char *end = strchr(row, '|');
    assert_non_null(end);
    while (*row == ' ')
        row++;
    while (end > row && end[-1] == ' ')
        end--;
    assert_true((size_t)(end - row) < CELL_MAX);
    snprintf(cell, CELL_MAX, "%.*s", (int)(end - row), row);
}

/* The README's row that begins with that cell. */
static void read_row(const char *readme, const char *first, char row[ROW_MAX]) {
    char begin[CELL_MAX];
    snprintf(begin, sizeof begin, "\n| %s |", first);
    const char *found = strstr(readme, begin);
    if (!found)
        fail_msg("the README has no row \"%s\"", first);
    found++;
    size_t length = strcspn(found, "\n");
    assert_true(length < ROW_MAX);
    snprintf(row, ROW_MAX, "%.*s", (int)length, found);
    assert_null(strstr(found + length, begin)); /* and only one */
}

/* As the drawing has them. */
static const char *const actions[AGENT_ACTIONS] = {
    [AGENT_CANNOT_COME] = "cannot come",
    [AGENT_DO_NOTHING] = "nothing",
    [AGENT_CONNECT] = "connect",
    [AGENT_SHOW_CODE] = "show code",
    [AGENT_OFFER_CODE] = "offer code",
    [AGENT_ASK_AGAIN] = "ask again",
    [AGENT_END_ENROLMENT] = "end enrolment",
    [AGENT_KEEP_LOCK] = "keep lock",
    [AGENT_LOCK_AGAIN] = "lock again",
    [AGENT_FORGET] = "forget",
    [AGENT_OBEY_LOCK] = "obey lock",
    [AGENT_UNLOCK] = "unlock",
    [AGENT_SHOW_AGAIN] = "show again",
    [AGENT_ERASE_ALL] = "erase",
    [AGENT_BEGIN] = "begin",
};

static void draw_cell(enum agent_state state, enum agent_event event, char cell[CELL_MAX]) {
    struct states_rule rule = states_rule(state, event);
    bool moves = rule.next != state;
    bool acts = rule.action != AGENT_DO_NOTHING;
    if (rule.action == AGENT_CANNOT_COME)
        snprintf(cell, CELL_MAX, "–");
    else if (!moves && !acts)
        snprintf(cell, CELL_MAX, "·");
    else
        snprintf(cell, CELL_MAX, "%s%s%s%s%s", moves ? "**" : "", moves ? states_name(rule.next) : "",
                 moves ? "**" : "", moves && acts ? ", " : "", acts ? actions[rule.action] : "");
}

static void every_cell_is_the_one_that_is_drawn_in_the_readme(void **state) {
    (void)state;
    pp_autobuf struct pp_buf text = PP_BUF_INIT(README_MAX);
    assert_true(pp_file_read(AT_FDCWD, PP_TEST_DATA "/../../firmware/agent/README.md", &text, NULL));
    const char *readme = pp_buf_text(&text);
    char row[ROW_MAX], first[CELL_MAX], drawn[CELL_MAX], cell[CELL_MAX];
    unsigned compared = 0;
    for (enum agent_state column = 0; column < AGENT_STATES; column++) {
        read_row(readme, "event", row);
        read_cell(row, column + 1, drawn);
        assert_string_equal(drawn, states_name(column));
    }
    each_cell(at, event) {
        snprintf(first, sizeof first, "**%s**", states_event_name(event));
        read_row(readme, first, row);
        read_cell(row, at + 1, drawn);
        draw_cell(at, event, cell);
        if (strcmp(drawn, cell) != 0)
            fail_msg("%s x %s: drawn \"%s\", is \"%s\"", states_name(at), states_event_name(event), drawn,
                     cell);
        compared++;
    }
    assert_int_equal(compared, AGENT_STATES * AGENT_EVENTS);
}

static void draw_screen(enum agent_state state, enum states_case at, char cell[CELL_MAX]) {
    enum agent_screen screen = states_cell(state, at);
    snprintf(cell, CELL_MAX, "%s", screen ? states_screen_name(screen) : "·");
}

static void every_screen_is_the_one_that_is_drawn_in_the_readme(void **state) {
    (void)state;
    pp_autobuf struct pp_buf text = PP_BUF_INIT(README_MAX);
    assert_true(pp_file_read(AT_FDCWD, PP_TEST_DATA "/../../firmware/agent/README.md", &text, NULL));
    const char *readme = pp_buf_text(&text);
    char row[ROW_MAX], first[CELL_MAX], drawn[CELL_MAX], cell[CELL_MAX];
    const char *above = readme;
    for (enum states_case at = 0; at < STATES_CASES; at++) {
        snprintf(first, sizeof first, "**%s**", states_case_name(at));
        read_row(readme, first, row);
        for (enum agent_state column = 0; column < AGENT_STATES; column++) {
            read_cell(row, column + 1, drawn);
            draw_screen(column, at, cell);
            if (strcmp(drawn, cell) != 0)
                fail_msg("%s x %s: drawn \"%s\", is \"%s\"", states_name(column), states_case_name(at), drawn,
                         cell);
        }
        above = strstr(above, row); /* their order counts */
        assert_non_null(above);
    }
    read_row(readme, "what is so", row);
    for (enum agent_state column = 0; column < AGENT_STATES; column++) {
        read_cell(row, column + 1, drawn);
        assert_string_equal(drawn, states_name(column));
    }
}

/* ---- What must never follow, and what always does ---- */

static bool is_locked_or_will_be(enum agent_state state) {
    return states_is_locked(state) || state == AGENT_LOCKING;
}

/* Whoever is between, pulls plugs or sends a code to be approved must not open a locked screen by that. */
static void only_a_signed_state_or_an_erase_opens_a_lock(void **state) {
    (void)state;
    each_cell(at, event) {
        bool opens = is_locked_or_will_be(at) && !is_locked_or_will_be(states_rule(at, event).next);
        bool may = event == AGENT_STATE || event == AGENT_LOCK_RECOVERED || event == AGENT_ERASE;
        if (opens && !may)
            fail_msg("%s opens what is %s", states_event_name(event), states_name(at));
    }
}

static void nothing_is_locked_without_being_brought_to_flash(void **state) {
    (void)state;
    each_cell(at, event) {
        struct states_rule rule = states_rule(at, event);
        bool locks = !is_locked_or_will_be(at) && is_locked_or_will_be(rule.next);
        if (locks && event != AGENT_LOCK_FOUND)
            assert_true(event == AGENT_LOCK && rule.action == AGENT_KEEP_LOCK);
    }
}

static void a_lock_that_can_be_seen_is_on_flash(void **state) {
    (void)state;
    each_cell(at, event) {
        bool covers = !states_covers_content(at, PP_OK) && states_is_locked(states_rule(at, event).next);
        if (covers)
            assert_true(event == AGENT_LOCK_FOUND || event == AGENT_LOCK_KEPT || event == AGENT_CODE_GIVEN ||
                        event == AGENT_APPROVED);
    }
}

static void what_was_opened_is_unlocked_on_flash(void **state) {
    (void)state;
    for (enum agent_state at = 0; at < AGENT_STATES; at++)
        if (is_locked_or_will_be(at))
            assert_int_equal(states_rule(at, AGENT_STATE).action, AGENT_UNLOCK);
}

static void a_signed_refusal_is_obeyed_by_every_screen_that_has_begun(void **state) {
    (void)state;
    for (enum agent_state at = 0; at < AGENT_STATES; at++) {
        struct states_rule rule = states_rule(at, AGENT_LOCK);
        if (at == AGENT_STARTING || at == AGENT_ERASING)
            assert_int_equal(rule.action, AGENT_CANNOT_COME);
        else
            assert_true(is_locked_or_will_be(rule.next) && rule.action > AGENT_DO_NOTHING);
    }
}

static void an_erase_goes_to_its_end(void **state) {
    (void)state;
    for (enum agent_event event = 0; event < AGENT_EVENTS; event++) {
        enum agent_state next = states_rule(AGENT_ERASING, event).next;
        assert_int_equal(next, event == AGENT_ERASED ? AGENT_STARTING : AGENT_ERASING);
    }
    for (enum agent_state at = AGENT_UNENROLLED; at < AGENT_ERASING; at++)
        assert_int_equal(states_rule(at, AGENT_ERASE).action, AGENT_ERASE_ALL);
}

static void every_state_can_be_reached_and_left(void **state) {
    (void)state;
    bool reached[AGENT_STATES] = {[AGENT_STARTING] = true};
    for (int turn = 0; turn < AGENT_STATES; turn++)
        each_cell(at, event) if (reached[at]) reached[states_rule(at, event).next] = true;
    for (enum agent_state at = 0; at < AGENT_STATES; at++) {
        bool left = false;
        for (enum agent_event event = 0; event < AGENT_EVENTS; event++)
            left = left || states_rule(at, event).next != at;
        assert_true(reached[at] && left);
    }
}

static void a_code_is_shown_by_the_states_that_are_called_so(void **state) {
    (void)state;
    for (enum agent_state at = 0; at < AGENT_STATES; at++) {
        assert_int_equal(states_shows_code(at), strstr(states_name(at), "code") != NULL);
        assert_int_equal(states_is_locked(at), strncmp(states_name(at), "locked", 6) == 0);
        assert_true(states_covers_content(at, PP_OK) || !(states_is_locked(at) || states_shows_code(at)));
    }
}

/* By no trouble either. */
static void nothing_of_the_content_is_seen_while_it_is_locked_or_erased(void **state) {
    (void)state;
    for (enum agent_state at = 0; at < AGENT_STATES; at++)
        for (enum states_case so = 0; so < STATES_CASES; so++)
            if (states_is_locked(at) || at == AGENT_ERASING)
                assert_int_not_equal(states_cell(at, so), AGENT_SHOWS_CONTENT);
}

/* Who has signed out does not see what he was shown before, not for a moment. */
static void nothing_of_the_content_is_seen_where_nobody_is_signed_in_and_has_to_be(void **state) {
    (void)state;
    const struct states_facts out = {.view = CONTENT_SHOWN, .has_channel = true, .signed_out = true};
    static const enum agent_state in_use[] = {AGENT_ONLINE, AGENT_OFFLINE, AGENT_LOCKING};
    for (size_t i = 0; i < sizeof in_use / sizeof *in_use; i++)
        assert_int_equal(states_screen(in_use[i], &out), AGENT_SHOWS_SIGNED_OUT);
}

static void every_state_has_a_screen_whatever_is_so(void **state) {
    (void)state;
    for (enum agent_state at = 0; at < AGENT_STATES; at++)
        assert_int_not_equal(states_cell(at, CASE_ELSE), AGENT_NO_SCREEN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_is_the_one_that_is_drawn_in_the_readme),
        cmocka_unit_test(every_screen_is_the_one_that_is_drawn_in_the_readme),
        cmocka_unit_test(only_a_signed_state_or_an_erase_opens_a_lock),
        cmocka_unit_test(nothing_is_locked_without_being_brought_to_flash),
        cmocka_unit_test(a_lock_that_can_be_seen_is_on_flash),
        cmocka_unit_test(what_was_opened_is_unlocked_on_flash),
        cmocka_unit_test(a_signed_refusal_is_obeyed_by_every_screen_that_has_begun),
        cmocka_unit_test(an_erase_goes_to_its_end),
        cmocka_unit_test(every_state_can_be_reached_and_left),
        cmocka_unit_test(a_code_is_shown_by_the_states_that_are_called_so),
        cmocka_unit_test(nothing_of_the_content_is_seen_while_it_is_locked_or_erased),
        cmocka_unit_test(nothing_of_the_content_is_seen_where_nobody_is_signed_in_and_has_to_be),
        cmocka_unit_test(every_state_has_a_screen_whatever_is_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
