/* Bodies over real sockets, to a daemon with one thread and a sink that can be made to wait. */
#include "headend/server/intake.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"

#define BODY_MAX (64 * 1024 * 1024)

struct world {
    pthread_mutex_t mutex;
    pthread_cond_t change;
    struct workers *workers;
    struct MHD_Daemon *daemon;
    uint16_t port;
    bool held;           /* the sink waits */
    bool fails;          /* it has no space */
    size_t inside;       /* blocks that wait in it */
    uint64_t bytes, sum; /* that it has, and their sum */
    size_t largest;      /* block */
    size_t ended, finished;
};

static bool sink_data(void *upload, const void *data, size_t size, struct pp_error *error) {
    struct world *world = upload;
    pthread_mutex_lock(&world->mutex);
    world->inside++;
    pthread_cond_broadcast(&world->change);
    while (world->held)
        pthread_cond_wait(&world->change, &world->mutex);
    world->inside--;
    world->bytes += size;
    world->largest = size > world->largest ? size : world->largest;
    for (size_t i = 0; i < size; i++)
        world->sum += ((const uint8_t *)data)[i];
    bool ok = !world->fails || pp_fail(error, PP_E_NOSPACE, "full");
    pthread_mutex_unlock(&world->mutex);
    return ok;
}

static bool sink_end(void *upload, struct pp_error *error) {
    struct world *world = upload;
    (void)error;
    pthread_mutex_lock(&world->mutex);
    world->ended++;
    pthread_mutex_unlock(&world->mutex);
    return true;
}

static void sink_finish(void *upload) {
    struct world *world = upload;
    pthread_mutex_lock(&world->mutex);
    world->finished++;
    pthread_cond_broadcast(&world->change);
    pthread_mutex_unlock(&world->mutex);
}

static const struct body_sink sink = {.data = sink_data, .end = sink_end, .finish = sink_finish};

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status) {
    struct MHD_Response *response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data, size_t *size,
                              void **slot) {
    struct world *world = arg;
    struct pp_error error = {0};
    (void)url;
    (void)version;
    if (strcmp(method, "GET") == 0)
        return answer(connection, 204);
    if (!*slot)
        return (*slot = intake_create(world->workers, connection, &sink, world, BODY_MAX, NULL)) ? MHD_YES
                                                                                                 : MHD_NO;
    if (*size)
        return intake_take(*slot, data, size) ? MHD_YES : MHD_NO;
    if (!intake_end(*slot))
        return MHD_YES;
    if (intake_good(*slot, &error))
        return answer(connection, 201);
    return answer(connection, error.code == PP_E_LIMIT ? 413 : 507);
}

static void completed(void *arg, struct MHD_Connection *connection, void **slot,
                      enum MHD_RequestTerminationCode code) {
    (void)arg;
    (void)connection;
    (void)code;
    intake_destroy(*slot);
    *slot = NULL;
}

static int setup(void **state) {
    struct world *world = calloc(1, sizeof *world);
    pthread_mutex_init(&world->mutex, NULL);
    pthread_cond_init(&world->change, NULL);
    world->workers = workers_create(NULL);
    world->daemon =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handle,
                         world, MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(world->daemon, MHD_DAEMON_INFO_BIND_PORT);
    world->port = info->port;
    *state = world;
    return 0;
}

static int teardown(void **state) {
    struct world *world = *state;
    workers_drain(world->workers);
    MHD_stop_daemon(world->daemon);
    workers_destroy(world->workers);
    pthread_cond_destroy(&world->change);
    pthread_mutex_destroy(&world->mutex);
    free(world);
    return 0;
}

static int dial(const struct world *world) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(world->port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void say(int fd, const char *text) {
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void head(int fd, uint64_t length) {
    char text[160];
    snprintf(text, sizeof text, "PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: %llu\r\n\r\n",
             (unsigned long long)length);
    say(fd, text);
}

/* Sends as much as the peer takes; false where it takes no more. */
static bool send_some(int fd, const void *data, size_t size, size_t *sent) {
    ssize_t got = send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    *sent = got > 0 ? (size_t)got : 0;
    return got > 0;
}

static void send_all(int fd, const uint8_t *data, size_t size, uint64_t total) {
    while (total) {
        ssize_t got = send(fd, data, size < total ? size : (size_t)total, MSG_NOSIGNAL);
        assert_true(got > 0);
        total -= (uint64_t)got;
    }
}

/* 0 where the connection is cut. */
static int status_of(int fd) {
    char text[512];
    size_t size = 0;
    for (ssize_t got;
         size < sizeof text - 1 && (got = recv(fd, text + size, sizeof text - 1 - size, 0)) > 0;) {
        size += (size_t)got;
        text[size] = 0;
        if (strstr(text, "\r\n\r\n"))
            return atoi(text + strlen("HTTP/1.1 "));
    }
    return 0;
}

static void wait_inside(struct world *world, size_t count) {
    pthread_mutex_lock(&world->mutex);
    while (world->inside < count)
        pthread_cond_wait(&world->change, &world->mutex);
    pthread_mutex_unlock(&world->mutex);
}

static void hold(struct world *world, bool held) {
    pthread_mutex_lock(&world->mutex);
    world->held = held;
    pthread_cond_broadcast(&world->change);
    pthread_mutex_unlock(&world->mutex);
}

static void wait_finished(struct world *world, size_t count) {
    pthread_mutex_lock(&world->mutex);
    while (world->finished < count)
        pthread_cond_wait(&world->change, &world->mutex);
    pthread_mutex_unlock(&world->mutex);
}

static void a_body_arrives_whole_and_block_by_block(void **state) {
    struct world *world = *state;
    static uint8_t data[100003];
    memset(data, 3, sizeof data);
    const uint64_t sizes[] = {0,       1, INTAKE_BLOCK - 1, INTAKE_BLOCK, INTAKE_BLOCK + 1, 10 * INTAKE_BLOCK,
                              BODY_MAX};
    uint64_t total = 0;
    for (size_t i = 0; i < PP_COUNT(sizes); i++) {
        int fd = dial(world);
        head(fd, sizes[i]);
        send_all(fd, data, sizeof data, sizes[i]);
        assert_int_equal(status_of(fd), 201);
        total += sizes[i];
        close(fd);
        wait_finished(world, i + 1);
        assert_int_equal(world->bytes, total);
        assert_int_equal(world->sum, 3 * total);
        assert_int_equal(world->ended, i + 1);
    }
    assert_int_equal(world->largest, INTAKE_BLOCK);
}

static void chunks_of_any_size_arrive(void **state) {
    struct world *world = *state;
    static char chunk[5000];
    memset(chunk, 'a', sizeof chunk - 1);
    int fd = dial(world);
    say(fd, "PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    uint64_t total = 0;
    for (size_t i = 1; i < 700; i++) {
        char line[32];
        size_t size = i * 7 % (sizeof chunk - 1) + 1;
        snprintf(line, sizeof line, "%zx\r\n", size);
        say(fd, line);
        send_all(fd, (const uint8_t *)chunk, size, size);
        say(fd, "\r\n");
        total += size;
    }
    say(fd, "0\r\n\r\n");
    assert_int_equal(status_of(fd), 201);
    assert_int_equal(world->bytes, total);
    assert_int_equal(world->sum, 'a' * total);
    close(fd);
}

static void a_sink_that_waits_holds_up_its_sender_and_nobody_else(void **state) {
    struct world *world = *state;
    static uint8_t data[65536];
    int fd = dial(world);
    hold(world, true);
    head(fd, BODY_MAX);
    uint64_t sent = 0;
    size_t some;
    /* until the sink has its first block, and then until TCP takes no more */
    while (sent < INTAKE_BLOCK) {
        if (send_some(fd, data, sizeof data, &some))
            sent += some;
    }
    wait_inside(world, 1);
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    while (poll(&room, 1, 200) > 0 && sent < BODY_MAX) {
        if (send_some(fd, data, sizeof data, &some))
            sent += some;
    }
    assert_true(sent < BODY_MAX);
    assert_int_equal(world->bytes, 0);
    for (size_t i = 0; i < 20; i++) {
        int other = dial(world);
        say(other, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_int_equal(status_of(other), 204);
        close(other);
    }
    hold(world, false);
    send_all(fd, data, sizeof data, BODY_MAX - sent);
    assert_int_equal(status_of(fd), 201);
    close(fd);
}

static void more_than_may_come_is_refused_and_nothing_kept(void **state) {
    struct world *world = *state;
    static uint8_t data[65536];
    int fd = dial(world);
    head(fd, BODY_MAX + 1);
    send_all(fd, data, sizeof data, BODY_MAX + 1);
    assert_int_equal(status_of(fd), 413);
    close(fd);
    wait_finished(world, 1);
    assert_int_equal(world->ended, 0);
}

static void a_sink_that_fails_is_told_and_asked_no_more(void **state) {
    struct world *world = *state;
    static uint8_t data[65536];
    world->fails = true;
    int fd = dial(world);
    head(fd, 2 * INTAKE_BLOCK);
    send_all(fd, data, sizeof data, 2 * INTAKE_BLOCK);
    assert_int_equal(status_of(fd), 507);
    close(fd);
    wait_finished(world, 1);
    assert_int_equal(world->bytes, INTAKE_BLOCK);
    assert_int_equal(world->ended, 0);
    /* who goes on sending is cut */
    fd = dial(world);
    head(fd, BODY_MAX);
    uint64_t sent = 0;
    for (ssize_t got; sent < BODY_MAX && (got = send(fd, data, sizeof data, MSG_NOSIGNAL)) > 0;)
        sent += (uint64_t)got;
    assert_true(sent < BODY_MAX);
    assert_int_equal(status_of(fd), 0);
    close(fd);
    wait_finished(world, 2);
}

static void one_that_hangs_up_leaves_nothing(void **state) {
    struct world *world = *state;
    static uint8_t data[INTAKE_BLOCK + 5];
    int fd = dial(world);
    head(fd, BODY_MAX);
    send_all(fd, data, sizeof data, sizeof data);
    close(fd);
    wait_finished(world, 1);
    assert_int_equal(world->ended, 0);
}

int main(void) {
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_body_arrives_whole_and_block_by_block),
        IN_WORLD(chunks_of_any_size_arrive),
        IN_WORLD(a_sink_that_waits_holds_up_its_sender_and_nobody_else),
        IN_WORLD(more_than_may_come_is_refused_and_nothing_kept),
        IN_WORLD(a_sink_that_fails_is_told_and_asked_no_more),
        IN_WORLD(one_that_hangs_up_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
