/* agent/forget.h: an agent that was erased is as one that was just started, whatever it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/agent_internal.h"
#include "agent/forget.h"
#include "base/file.h"
#include "support/test_folder.h"

#define FORMER 0xa5 /* each byte of what it was */

static const char settings[] =
    "[headend]\nurl = https://headend.example\nca = /etc/ca.pem\nroot = /etc/root.json\n"
    "proxy = http://proxy.example:3128\nproxy-user = screen\nproxy-password = secret-7\n"
    "est-user = maker\nest-password = secret-8\n";

static struct agent *make_agent(const struct test_folder *folder) {
    char path[PP_PATH_MAX];
    struct agent *agent = malloc(sizeof *agent);
    assert_non_null(agent);
    memset(agent, FORMER, sizeof *agent);
    assert_true(pp_file_replace(folder->fd, "agent.conf", settings, strlen(settings), 0600, NULL));
    assert_true(pp_path_format(path, NULL, "%s/agent.conf", folder->path));
    assert_true(agent_config_load(path, &agent->config, NULL));
    agent->answers.log = pp_log_ring_create(NULL);
    agent->answers.diagnosis = NULL;
    agent->answers.diagnosed = NULL;
    agent->answers.walk = (struct schedule_walk){0};
    return agent;
}

static void destroy_agent(struct agent *agent) {
    pp_log_ring_destroy(agent->answers.log);
    free(agent);
}

struct range {
    size_t from, to;
};

#define WHOLE(field)                                                                                         \
    { offsetof(struct agent, field), offsetof(struct agent, field) + sizeof(((struct agent *)NULL)->field) }

/* Of the process, of the machine, and what the next owner is told of the erase; it is looked at one by one that none
 * of it says anything of the former one. */
static const struct range stays[] = {
    WHOLE(config),
    WHOLE(state),
    WHOLE(loop),
    WHOLE(jobs),
    WHOLE(keys),
    WHOLE(launcher),
    WHOLE(director),
    WHOLE(process),
    WHOLE(startup.erase_note),
    WHOLE(last_receipt),
    WHOLE(arrival),
    WHOLE(proxy.tickets),
    WHOLE(answers.log),
    WHOLE(answers.local),
    WHOLE(answers.listen_timer),
    WHOLE(answers.listen_reported),
    WHOLE(answers.started_ms),
};

static bool is_to_stay(size_t at) {
    for (size_t i = 0; i < PP_COUNT(stays); i++) {
        if (at >= stays[i].from && at < stays[i].to)
            return true;
    }
    return false;
}

static void nothing_of_the_former_owner_stays(void **state) {
    struct agent *agent = make_agent(*state);
    struct agent *before = malloc(sizeof *before);
    assert_non_null(before);
    memcpy(before, agent, sizeof *agent);
    agent_forget(agent);
    const uint8_t *now = (const uint8_t *)agent, *then = (const uint8_t *)before;
    for (size_t i = 0; i < sizeof *agent; i++) {
        if (now[i] != (is_to_stay(i) ? then[i] : 0))
            fail_msg("byte %zu of %zu: %02x", i, sizeof *agent, now[i]);
    }
    free(before);
    destroy_agent(agent);
}

/* Some of it by its name, so that nobody adds that to the list above. */
static void what_was_shown_asked_and_counted_is_as_at_the_first_start(void **state) {
    struct agent *agent = make_agent(*state);
    agent_forget(agent);
    assert_null(agent->access.mode);
    assert_string_equal(agent->access.left, "");
    assert_string_equal(agent->access.session, "");
    assert_string_equal(agent->access.user_code, "");
    assert_string_equal(agent->enrolment.user_code, "");
    assert_string_equal(agent->enrolment.qr, "");
    assert_string_equal(agent->content.empty_channel, "");
    assert_string_equal(agent->troubles.told, "");
    assert_int_equal(agent->document.floor.version, 0);
    assert_int_equal(agent->startup.guard.starts, 0);
    assert_int_equal(agent->answers.contact_s, 0);
    assert_int_equal(agent->notice.kind, 0);
    destroy_agent(agent);
}

/* The vault that had them is gone: without them it would not reach the headend before the next start. */
static void name_and_password_are_read_again(void **state) {
    struct agent *agent = make_agent(*state);
    char *const secrets[] = {agent->config.proxy_user, agent->config.proxy_password, agent->config.est_user,
                             agent->config.est_password};
    static const char *const expected[] = {"screen", "secret-7", "maker", "secret-8"};
    for (size_t i = 0; i < PP_COUNT(secrets); i++)
        pp_wipe(secrets[i], PP_CONFIG_VALUE_MAX);
    agent_forget(agent);
    for (size_t i = 0; i < PP_COUNT(secrets); i++)
        assert_string_equal(secrets[i], expected[i]);
    destroy_agent(agent);
}

int main(void) {
#define forget_test(name) cmocka_unit_test_setup_teardown(name, test_folder_create, test_folder_destroy)
    const struct CMUnitTest tests[] = {
        forget_test(nothing_of_the_former_owner_stays),
        forget_test(what_was_shown_asked_and_counted_is_as_at_the_first_start),
        forget_test(name_and_password_are_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
