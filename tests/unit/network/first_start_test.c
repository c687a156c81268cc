/* network/first_start.h: whose the screen is, and whether it has a network, decide whether it opens an access point,
 * and whether a USB stick is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "ipc/conn.h"
#include "network/first_start.h"
#include "network/phone_service.h"
#include "support/test_folder.h"

#define OWN    "11111111-2222-4333-8444-555555555555"
#define OTHER  "66666666-7777-4888-9999-000000000000"
#define NOBODY "{\"state\":\"unenrolled\",\"device\":\"\",\"phone_after_s\":90}"
/* Its certificate is refused: it begins to enrol anew, and keeps it. */
#define AGAIN   "{\"state\":\"unenrolled\",\"device\":\"device-1\",\"phone_after_s\":90}"
#define OFFLINE "{\"state\":\"offline\",\"device\":\"device-1\",\"phone_after_s\":90}"
#define ONLINE  "{\"state\":\"online\",\"device\":\"device-1\",\"phone_after_s\":90}"
#define NEVER   "{\"state\":\"unenrolled\",\"device\":\"\",\"phone_after_s\":0}"

/* "active" says what is up, "startup" how far NetworkManager is; where there is no "active" it does not run. */
static const char stand_in[] = "#!/bin/sh\n"
                               "cd \"${0%/*}\" || exit 9\n"
                               "case \"$*\" in *STARTUP*) cat startup;; *) cat active;; esac\n";

static void put(const struct test_folder *folder, const char *name, const char *text) {
    assert_true(pp_file_replace(folder->fd, name, text, strlen(text), 0700, NULL));
}

/* In the agent's place: answers one question for its status. */
struct stand_in_agent {
    pthread_t thread;
    int listener;
    const char *status; /* NULL: it is being started, and refuses */
};

static void *answer_once(void *arg) {
    struct stand_in_agent *agent = arg;
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_REQUEST_MAX);
    struct local_message request;
    struct local_message answer = {.type = LOCAL_REFUSED,
                                   .refused = {.refusal = LOCAL_NOT_NOW, .reason = local_text_of("later")}};
    if (agent->status)
        answer = (struct local_message){.type = LOCAL_DOCUMENT, .document = local_text_of(agent->status)};
    pp_autoclose int peer = accept(agent->listener, NULL, NULL);
    if (local_receive(peer, LOCAL_REQUEST_MAX, &packet, &request, NULL) && request.type == LOCAL_STATUS)
        (void)!local_send(peer, &answer, NULL);
    return NULL;
}

struct world {
    const char *status;  /* of the agent; NULL: it has none yet */
    const char *active;  /* "TYPE:STATE:UUID" lines; NULL: NetworkManager does not run */
    const char *startup; /* NULL: "started" */
};

struct stage {
    char nmcli[64], socket[64];
    struct stand_in_agent agent;
    struct phone_service phone;
    struct network_service service;
};

static void begin(const struct test_folder *folder, const struct world *world, struct stage *stage) {
    *stage = (struct stage){.agent.status = world->status, .phone.point = {.uuid = OWN, .page = -1}};
    snprintf(stage->nmcli, sizeof stage->nmcli, "%s/nmcli", folder->path);
    snprintf(stage->socket, sizeof stage->socket, "%s/agent.sock", folder->path);
    put(folder, "nmcli", stand_in);
    (void)!pp_file_remove(folder->fd, "active", NULL);
    if (world->active)
        put(folder, "active", world->active);
    put(folder, "startup", world->startup ? world->startup : "started\n");
    stage->service = (struct network_service){.profiles.nmcli = stage->nmcli,
                                              .agent = (uid_t)-1,
                                              .agent_socket = stage->socket,
                                              .phone = &stage->phone};
    stage->agent.listener = ipc_listen(stage->socket, NULL);
    assert_true(stage->agent.listener >= 0);
    assert_int_equal(fcntl(stage->agent.listener, F_SETFL, 0), 0);
    assert_int_equal(pthread_create(&stage->agent.thread, NULL, answer_once, &stage->agent), 0);
}

static void end(struct stage *stage) {
    pthread_join(stage->agent.thread, NULL);
    close(stage->agent.listener);
    assert_int_equal(unlink(stage->socket), 0);
}

static void the_access_point_is_for_a_screen_that_is_nobodys_and_has_no_network(void **state) {
    static const char wire[] = "802-3-ethernet:activated:" OTHER "\n",
                      own[] = "802-11-wireless:activated:" OWN "\n";
    static const struct {
        struct world world;
        bool asked, known, needed;
    } rows[] = {
        {{NOBODY, "", NULL}, false, true, true},
        {{NOBODY, wire, NULL}, false, true, false},
        {{NOBODY, "802-11-wireless:activated:" OTHER "\n", NULL}, false, true, false},
        {{NOBODY, "802-11-wireless:activating:" OTHER "\n", NULL}, false, true, true},
        {{NOBODY, "loopback:activated:" OTHER "\nwifi-p2p:activated:" OTHER "\n", NULL}, false, true, true},
        {{NOBODY, own, NULL}, false, true, true}, /* which is no network */
        /* Somebody's: never by itself, whatever its network; by an administrator where there is none. */
        {{AGAIN, "", NULL}, false, true, false},
        {{OFFLINE, "", NULL}, false, true, false},
        {{OFFLINE, NULL, NULL}, false, true, false},
        {{AGAIN, "", NULL}, true, true, true},
        {{OFFLINE, "", NULL}, true, true, true},
        {{OFFLINE, wire, NULL}, true, true, false},
        {{ONLINE, "", NULL}, true, true, false}, /* NetworkManager may know nothing of its network */
        /* As it is configured. */
        {{NEVER, "", NULL}, false, true, false},
        {{NEVER, "", NULL}, true, true, true},
        /* Nothing is known yet. */
        {{NULL, "", NULL}, false, false, false},
        {{"{\"device\":\"\"}", "", NULL}, false, false, false},
        {{NOBODY, "", "starting\n"}, false, false, false},
        {{NOBODY, wire, "starting\n"}, false, true, false},
        {{NOBODY, NULL, NULL}, false, false, false},
        {{OFFLINE, NULL, NULL}, true, false, false},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct first_start_need need;
        struct stage stage;
        begin(*state, &rows[i].world, &stage);
        first_start_look(&stage.service, rows[i].asked, &need);
        end(&stage);
        if (need.known != rows[i].known || need.needed != rows[i].needed)
            fail_msg("row %zu: known %d, needed %d", i, need.known, need.needed);
    }
}

static void how_long_it_waits_is_the_agents_to_say(void **state) {
    static const struct {
        const char *status;
        unsigned after_s;
    } rows[] = {
        {NOBODY, 90},
        {NEVER, 0},
        {"{\"state\":\"unenrolled\",\"device\":\"\"}", 0},
        {"{\"state\":\"unenrolled\",\"device\":\"\",\"phone_after_s\":86401}", 0},
        {"{\"state\":\"unenrolled\",\"device\":\"\",\"phone_after_s\":-1}", 0},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct first_start_need need;
        struct stage stage;
        begin(*state, &(struct world){rows[i].status, "", NULL}, &stage);
        first_start_look(&stage.service, true, &need);
        end(&stage);
        assert_int_equal(need.after_s, rows[i].after_s);
    }
}

static void whether_the_own_access_point_is_up_is_seen(void **state) {
    static const struct {
        const char *active;
        bool up;
    } rows[] = {
        {"802-11-wireless:activated:" OWN "\n", true},
        {"loopback:activated:" OTHER "\n802-11-wireless:activating:" OWN "\n", true},
        {"802-11-wireless:deactivating:" OWN "\n", false},
        {"loopback:activated:" OTHER "\n", false},
        {"", false},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct first_start_need need;
        struct stage stage;
        begin(*state, &(struct world){NOBODY, rows[i].active, NULL}, &stage);
        first_start_look(&stage.service, false, &need);
        end(&stage);
        assert_true(need.known && need.needed);
        assert_int_equal(need.own_up, rows[i].up);
    }
}

static void a_stick_is_taken_where_there_is_nothing_to_be_taken_away(void **state) {
    static const char wire[] = "802-3-ethernet:activated:" OTHER "\n";
    static const struct {
        struct world world;
        enum pp_code code;
    } rows[] = {
        {{NOBODY, wire, NULL}, PP_OK},
        {{AGAIN, wire, NULL}, PP_E_STATE},
        {{OFFLINE, wire, NULL}, PP_E_STATE},
        {{OFFLINE, "", NULL}, PP_OK},
        {{OFFLINE, "", "starting\n"}, PP_E_CANCELLED},
        {{ONLINE, "", NULL}, PP_E_STATE},
        {{NULL, wire, NULL}, PP_E_CANCELLED},
        {{NULL, "", NULL}, PP_OK},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pp_error error = {0};
        struct stage stage;
        begin(*state, &rows[i].world, &stage);
        bool allowed = first_start_allows(&stage.service, &error);
        end(&stage);
        assert_int_equal(error.code, rows[i].code);
        assert_int_equal(allowed, rows[i].code == PP_OK);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_access_point_is_for_a_screen_that_is_nobodys_and_has_no_network,
                                        test_folder_create, test_folder_destroy),
        cmocka_unit_test_setup_teardown(how_long_it_waits_is_the_agents_to_say, test_folder_create,
                                        test_folder_destroy),
        cmocka_unit_test_setup_teardown(whether_the_own_access_point_is_up_is_seen, test_folder_create,
                                        test_folder_destroy),
        cmocka_unit_test_setup_teardown(a_stick_is_taken_where_there_is_nothing_to_be_taken_away,
                                        test_folder_create, test_folder_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
