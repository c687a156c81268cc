/* agent/local.h: who may ask, and clients that mean no good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "agent/local.h"
#include "base/file.h"
#include "base/json.h"
#include "ipc/conn.h"

#define TURN_MS  20
#define FLOOD    2000
#define STRANGER 65534

struct stage {
    char folder[64];
    char path[PP_PATH_MAX];
    struct net_loop *loop;
    struct pp_log_ring *log;
    struct local *local;
    struct local_client *waiting; /* asked for STATS, and not answered yet */
    int requests, gone;
};

/* The narrowest that it is one of. */
static enum local_who role_of(const struct local_client *client) {
    assert_true(local_client_is(client, LOCAL_MEMBERS));
    return local_client_is(client, LOCAL_ROOT)     ? LOCAL_ROOT
           : local_client_is(client, LOCAL_OWNERS) ? LOCAL_OWNERS
                                                   : LOCAL_MEMBERS;
}

static void on_request(void *arg, struct local_client *client, const struct local_message *request) {
    struct stage *stage = arg;
    pp_autojson cJSON *document = cJSON_CreateObject();
    stage->requests++;
    if (request->type == LOCAL_STATS) {
        stage->waiting = client;
    } else if (request->type == LOCAL_LOGS) {
        local_answer_log(client, &request->logs);
    } else if (request->type == LOCAL_RESET) {
        local_refuse(client, LOCAL_NOT_NOW, "not \x1b[2J now");
    } else {
        cJSON_AddNumberToObject(document, "who", role_of(client));
        cJSON_AddStringToObject(document, "name", "\xe2\x80\xae!");
        local_answer(client, document);
    }
}

static void on_gone(void *arg, struct local_client *client) {
    struct stage *stage = arg;
    stage->gone++;
    if (stage->waiting == client)
        stage->waiting = NULL;
}

static int set_up(void **state) {
    struct stage *stage = calloc(1, sizeof *stage);
    struct pp_error error = {0};
    snprintf(stage->folder, sizeof stage->folder, "/tmp/pingplay-local-XXXXXX");
    if (!mkdtemp(stage->folder) || chmod(stage->folder, 0755) != 0)
        return -1;
    snprintf(stage->path, sizeof stage->path, "%s/control.sock", stage->folder);
    stage->loop = net_loop_create(&error);
    stage->log = pp_log_ring_create(&error);
    struct local_config config = {.loop = stage->loop,
                                  .log = stage->log,
                                  .path = stage->path,
                                  .group = "games",
                                  .on_request = on_request,
                                  .on_gone = on_gone,
                                  .arg = stage};
    stage->local = local_start(&config, &error);
    *state = stage;
    return stage->local ? 0 : -1;
}

static int tear_down(void **state) {
    struct stage *stage = *state;
    local_stop(stage->local);
    pp_log_ring_destroy(stage->log);
    net_loop_destroy(stage->loop);
    bool left = access(stage->path, F_OK) == 0;
    rmdir(stage->folder);
    free(stage);
    return left ? -1 : 0;
}

/* Turns the loop until nothing is to be done. */
static void settle(struct stage *stage) {
    struct pp_error error;
    for (int i = 0; i < 10; i++)
        assert_true(net_loop_turn(stage->loop, 0, &error));
}

static int client_connect(const struct stage *stage) {
    struct pp_error error = {0};
    int fd = ipc_connect(stage->path, &error);
    assert_true(fd >= 0);
    return fd;
}

static void client_ask(int fd, struct local_message request) {
    struct pp_error error;
    assert_true(local_send(fd, &request, &error));
}

/* The next message, once the loop has turned; type 0: the connection is closed. */
static struct local_message client_read(struct stage *stage, int fd, struct pp_buf *packet) {
    struct local_message message = {0};
    struct pp_error error = {0};
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    for (int i = 0; i < 200 && poll(&poller, 1, 0) == 0; i++)
        assert_true(net_loop_turn(stage->loop, TURN_MS, &error));
    if (poll(&poller, 1, 0) == 0)
        fail_msg("nothing comes, and the connection stays");
    if (local_receive(fd, LOCAL_PACKET_MAX, packet, &message, &error))
        return message;
    assert_int_equal(error.code, PP_E_NET);
    return (struct local_message){0};
}

#define assert_text(text, expected)                                                                          \
    do {                                                                                                     \
        assert_int_equal((text).size, strlen(expected));                                                     \
        assert_memory_equal((text).data, expected, (text).size);                                             \
    } while (0)

static void a_question_has_one_answer_and_its_end(void **state) {
    struct stage *stage = *state;
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_PACKET_MAX);
    pp_autoclose int fd = client_connect(stage);
    client_ask(fd, (struct local_message){.type = LOCAL_STATUS});
    struct local_message answer = client_read(stage, fd, &packet);
    assert_int_equal(answer.type, LOCAL_DOCUMENT);
    /* What steers a terminal is told in an escape of JSON's. */
    char expected[64];
    snprintf(expected, sizeof expected, "{\"who\":%d,\"name\":\"\\u202e!\"}",
             geteuid() == 0 ? LOCAL_ROOT : LOCAL_OWNERS);
    assert_text(answer.document, expected);
    assert_int_equal(client_read(stage, fd, &packet).type, LOCAL_END);
    assert_int_equal(client_read(stage, fd, &packet).type, 0);
    assert_int_equal(stage->requests, 1);
}

static void a_refusal_says_why_in_plain_text(void **state) {
    struct stage *stage = *state;
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_PACKET_MAX);
    pp_autoclose int fd = client_connect(stage);
    client_ask(fd, (struct local_message){.type = LOCAL_RESET});
    struct local_message answer = client_read(stage, fd, &packet);
    assert_int_equal(answer.type, LOCAL_REFUSED);
    assert_int_equal(answer.refused.refusal, LOCAL_NOT_NOW);
    assert_text(answer.refused.reason, "not  [2J now");
}

static void whoever_sends_what_is_no_question_is_hung_up(void **state) {
    struct stage *stage = *state;
    static const struct {
        uint8_t bytes[8];
        size_t size;
    } hostile[] = {
        {{0x01}, 1},             /* half a message */
        {{0x01, 0x01, 0x00}, 3}, /* and one and a half */
        {{0x41, 0x01, 0x02, 0, 0, 0, '{', '}'}, 8},
        {{0xff, 0x01}, 2},
        {{0x44, 0x01}, 2},
    };
    for (size_t i = 0; i < PP_COUNT(hostile); i++) {
        pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_PACKET_MAX);
        pp_autoclose int fd = client_connect(stage);
        assert_int_equal(send(fd, hostile[i].bytes, hostile[i].size, 0), hostile[i].size);
        struct local_message answer = client_read(stage, fd, &packet);
        if (answer.type == LOCAL_REFUSED)
            assert_int_equal(client_read(stage, fd, &packet).type, LOCAL_END);
        else
            assert_int_equal(answer.type, 0);
        assert_int_equal(client_read(stage, fd, &packet).type, 0);
    }
    assert_int_equal(stage->requests, 0);
}

static void descriptors_and_oversized_packets_leave_nothing_behind(void **state) {
    struct stage *stage = *state;
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_PACKET_MAX);
    static uint8_t large[LOCAL_PACKET_MAX];
    int before = dup(0);
    close(before);
    pp_autoclose int fd = client_connect(stage);
    assert_int_equal(send(fd, large, sizeof large, 0), sizeof large);
    assert_int_equal(client_read(stage, fd, &packet).type, LOCAL_REFUSED);
    pp_autoclose int other = client_connect(stage);
    uint8_t status[2] = {LOCAL_STATUS, LOCAL_VERSION};
    struct iovec part = {.iov_base = status, .iov_len = sizeof status};
    char room[CMSG_SPACE(sizeof(int))] = {0};
    struct msghdr header = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *entry = CMSG_FIRSTHDR(&header);
    *entry = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
    memcpy(CMSG_DATA(entry), &fd, sizeof fd);
    assert_int_equal(sendmsg(other, &header, 0), sizeof status);
    assert_int_equal(client_read(stage, other, &packet).type, LOCAL_DOCUMENT);
    settle(stage);
    pp_close(&fd);
    pp_close(&other);
    int now = dup(0);
    close(now);
    assert_int_equal(now, before);
}

static void there_are_places_for_the_owner_and_a_flood_is_told_so(void **state) {
    struct stage *stage = *state;
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_PACKET_MAX);
    int silent[LOCAL_CLIENTS_MAX];
    for (size_t i = 0; i < LOCAL_CLIENTS_MAX; i++) {
        silent[i] = client_connect(stage);
        settle(stage);
    }
    for (int i = 0; i < FLOOD; i++) {
        pp_autoclose int fd = client_connect(stage);
        struct local_message answer = client_read(stage, fd, &packet);
        assert_int_equal(answer.type, LOCAL_REFUSED);
        assert_int_equal(answer.refused.refusal, LOCAL_BUSY);
        settle(stage);
    }
    pp_close(&silent[0]);
    settle(stage);
    pp_autoclose int fd = client_connect(stage);
    client_ask(fd, (struct local_message){.type = LOCAL_STATUS});
    assert_int_equal(client_read(stage, fd, &packet).type, LOCAL_DOCUMENT);
    for (size_t i = 1; i < LOCAL_CLIENTS_MAX; i++)
        pp_close(&silent[i]);
}

static void a_client_that_goes_before_its_answer_is_told_of(void **state) {
    struct stage *stage = *state;
    int fd = client_connect(stage);
    client_ask(fd, (struct local_message){.type = LOCAL_STATS});
    settle(stage);
    assert_non_null(stage->waiting);
    pp_close(&fd);
    settle(stage);
    assert_null(stage->waiting);
    assert_int_equal(stage->gone, 1);
    fd = client_connect(stage);
    client_ask(fd, (struct local_message){.type = LOCAL_STATS});
    client_ask(fd, (struct local_message){.type = LOCAL_STATS}); /* nobody asks twice */
    settle(stage);
    assert_null(stage->waiting);
    assert_int_equal(stage->gone, 2);
    pp_close(&fd);
}

static void the_log_s_last_lines_are_told_and_then_followed(void **state) {
    struct stage *stage = *state;
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_PACKET_MAX);
    for (int i = 0; i < 5; i++)
        pp_log_ring_add(stage->log, PP_LOG_INFO, i < 3 ? "before" : "late");
    pp_autoclose int fd = client_connect(stage);
    client_ask(fd, (struct local_message){.type = LOCAL_LOGS, .logs = {.lines = 2}});
    for (int i = 0; i < 2; i++) {
        struct local_message answer = client_read(stage, fd, &packet);
        assert_int_equal(answer.type, LOCAL_LINE);
        assert_text(answer.line.text, "late");
    }
    assert_int_equal(client_read(stage, fd, &packet).type, LOCAL_END);
    pp_autoclose int follower = client_connect(stage);
    client_ask(follower, (struct local_message){.type = LOCAL_LOGS, .logs = {.lines = 0, .follow = 1}});
    settle(stage);
    pp_log_ring_add(stage->log, PP_LOG_ERROR, "new");
    struct local_message answer = client_read(stage, follower, &packet);
    assert_text(answer.line.text, "new");
    assert_int_equal(answer.line.level, PP_LOG_ERROR);
    assert_int_equal(answer.line.lost, 0);
}

/* It costs nobody anything but itself, and is told the exact number. */
static void who_reads_the_log_too_slowly_loses_lines_and_is_told_how_many(void **state) {
    struct stage *stage = *state;
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_PACKET_MAX);
    const unsigned lines = 20 * PP_LOG_RING_LINES;
    char text[PP_LOG_RING_TEXT_MAX];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    pp_autoclose int slow = client_connect(stage);
    client_ask(slow, (struct local_message){.type = LOCAL_LOGS, .logs = {.lines = 0, .follow = 1}});
    settle(stage);
    for (unsigned i = 0; i < lines; i++) {
        pp_log_ring_add(stage->log, PP_LOG_INFO, text);
        if (i % 64 == 0)
            settle(stage);
    }
    pp_autoclose int other = client_connect(stage);
    client_ask(other, (struct local_message){.type = LOCAL_STATUS});
    assert_int_equal(client_read(stage, other, &packet).type, LOCAL_DOCUMENT);
    uint64_t read = 0, lost = 0;
    while (read + lost < lines) {
        struct local_message answer = client_read(stage, slow, &packet);
        assert_int_equal(answer.type, LOCAL_LINE);
        lost += answer.line.lost;
        read++;
    }
    assert_int_equal(read + lost, lines);
    assert_true(lost > 0);
}

/* What `user` with those groups gets to hear. */
static int ask_as(struct stage *stage, uid_t user, gid_t group) {
    int pipes[2];
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
        uint8_t heard[4] = {0};
        struct pp_error error = {0};
        pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_PACKET_MAX);
        struct local_message answer = {0};
        if (seteuid(0) != 0 || setgroups(1, &group) != 0 || setgid(STRANGER) != 0 || setuid(user) != 0)
            _exit(2);
        int fd = ipc_connect(stage->path, &error);
        /* Whoever may not is told so before it asks, and perhaps hung up by then. */
        if (fd >= 0)
            (void)!local_send(fd, &(struct local_message){.type = LOCAL_STATUS}, &error);
        if (fd >= 0 && local_receive(fd, LOCAL_PACKET_MAX, &packet, &answer, &error)) {
            heard[0] = (uint8_t)answer.type;
            heard[1] = answer.type == LOCAL_REFUSED ? answer.refused.refusal
                                                    : (uint8_t)(answer.document.data[7] - '0');
        }
        _exit(write(pipes[1], heard, sizeof heard) == sizeof heard ? 0 : 3);
    }
    int status = 1;
    struct pp_error error;
    while (waitpid(child, &status, WNOHANG) == 0)
        assert_true(net_loop_turn(stage->loop, TURN_MS, &error));
    assert_int_equal(status, 0);
    uint8_t heard[4];
    assert_int_equal(read(pipes[0], heard, sizeof heard), sizeof heard);
    close(pipes[0]);
    close(pipes[1]);
    return heard[0] << 8 | heard[1];
}

static void only_members_of_the_group_may_ask(void **state) {
    struct stage *stage = *state;
    const struct group *games = getgrnam("games");
    if (geteuid() != 0 || !games)
        skip();
    gid_t group = games->gr_gid;
    assert_int_equal(ask_as(stage, STRANGER, group), LOCAL_DOCUMENT << 8 | LOCAL_MEMBERS);
    assert_int_equal(ask_as(stage, STRANGER, STRANGER), 0); /* the kernel lets nobody else in */
    assert_int_equal(chmod(stage->path, 0666), 0);
    assert_int_equal(ask_as(stage, STRANGER, STRANGER), LOCAL_REFUSED << 8 | LOCAL_DENIED);
}

/* Who runs the agent may do nearly all that root may. */
static void the_agent_s_own_user_is_told_from_root(void **state) {
    struct stage *stage = *state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(stage->path, 0666), 0);
    assert_int_equal(ask_as(stage, 0, STRANGER), LOCAL_DOCUMENT << 8 | LOCAL_ROOT);
    assert_int_equal(seteuid(STRANGER), 0);
    int own = ask_as(stage, STRANGER, STRANGER), root = ask_as(stage, 0, STRANGER);
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(own, LOCAL_DOCUMENT << 8 | LOCAL_OWNERS);
    assert_int_equal(root, LOCAL_DOCUMENT << 8 | LOCAL_ROOT);
}

int main(void) {
#define local_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        local_test(a_question_has_one_answer_and_its_end),
        local_test(a_refusal_says_why_in_plain_text),
        local_test(whoever_sends_what_is_no_question_is_hung_up),
        local_test(descriptors_and_oversized_packets_leave_nothing_behind),
        local_test(there_are_places_for_the_owner_and_a_flood_is_told_so),
        local_test(a_client_that_goes_before_its_answer_is_told_of),
        local_test(the_log_s_last_lines_are_told_and_then_followed),
        local_test(who_reads_the_log_too_slowly_loses_lines_and_is_told_how_many),
        local_test(only_members_of_the_group_may_ask),
        local_test(the_agent_s_own_user_is_told_from_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
