/* net/arrival.h: in a network namespace of its own, whose addresses are set by rtnetlink. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/arrival.h"

#define LOOPBACK 1 /* its index, in every namespace */

struct stage {
    struct net_loop *loop;
    struct net_arrival *arrival;
    struct net_timer end;
    int arrivals;
};

struct address_request {
    struct nlmsghdr header;
    struct ifaddrmsg address;
    struct rtattr attribute;
    uint8_t bytes[16];
};

static void set_address(const char *text, uint8_t scope) {
    struct address_request request = {
        .header = {.nlmsg_type = RTM_NEWADDR, .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_ACK},
        .address = {.ifa_scope = scope, .ifa_index = LOOPBACK}};
    bool six = strchr(text, ':');
    size_t size = six ? 16 : 4;
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
    } answer = {0};
    request.address.ifa_family = six ? AF_INET6 : AF_INET;
    request.address.ifa_prefixlen = (uint8_t)(8 * size);
    request.attribute = (struct rtattr){.rta_len = (unsigned short)RTA_LENGTH(size), .rta_type = IFA_LOCAL};
    request.header.nlmsg_len = (uint32_t)(offsetof(struct address_request, bytes) + size);
    assert_int_equal(inet_pton(request.address.ifa_family, text, request.bytes), 1);
    pp_autoclose int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    assert_true(fd >= 0);
    assert_int_equal(send(fd, &request, request.header.nlmsg_len, 0), request.header.nlmsg_len);
    assert_true(recv(fd, &answer, sizeof answer, MSG_TRUNC) >= (ssize_t)sizeof answer.header);
    assert_int_equal(answer.error.error, 0);
}

static void on_arrived(void *arg) {
    struct stage *stage = arg;
    stage->arrivals++;
    net_loop_stop(stage->loop);
}

static void stop(void *arg) {
    struct stage *stage = arg;
    net_loop_stop(stage->loop);
}

static int setup(void **state) {
    static struct stage stage;
    struct pp_error error = {0};
    assert_true(unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0);
    stage = (struct stage){.loop = net_loop_create(&error)};
    assert_non_null(stage.loop);
    stage.arrival = net_arrival_watch(stage.loop, on_arrived, &stage, &error);
    assert_non_null(stage.arrival);
    *state = &stage;
    return 0;
}

static int teardown(void **state) {
    struct stage *stage = *state;
    net_timer_stop(&stage->end);
    net_arrival_destroy(stage->arrival);
    net_loop_destroy(stage->loop);
    return 0;
}

static void run(struct stage *stage) {
    assert_true(net_loop_run(stage->loop, NULL));
}

/* For longer than it would take to be said. */
static void run_in_vain(struct stage *stage) {
    net_timer_start_in(&stage->end, stage->loop, 2 * NET_ARRIVAL_SETTLE_MS, stop, stage);
    run(stage);
}

static void an_address_is_said_once_it_has_settled(void **state) {
    struct stage *stage = *state;
    set_address("192.0.2.1", RT_SCOPE_UNIVERSE);
    run(stage);
    assert_int_equal(stage->arrivals, 1);
    set_address("2001:db8::1", RT_SCOPE_UNIVERSE);
    run(stage);
    assert_int_equal(stage->arrivals, 2);
}

static void several_at_once_are_one_arrival(void **state) {
    struct stage *stage = *state;
    set_address("192.0.2.1", RT_SCOPE_UNIVERSE);
    set_address("192.0.2.2", RT_SCOPE_UNIVERSE);
    set_address("2001:db8::1", RT_SCOPE_UNIVERSE);
    run(stage);
    run_in_vain(stage);
    assert_int_equal(stage->arrivals, 1);
}

static void what_leads_nowhere_is_no_arrival(void **state) {
    struct stage *stage = *state;
    set_address("127.0.0.2", RT_SCOPE_HOST);
    set_address("169.254.1.1", RT_SCOPE_LINK);
    set_address("fe80::1", RT_SCOPE_LINK);
    run_in_vain(stage);
    assert_int_equal(stage->arrivals, 0);
}

/* Who runs on the same machine and sends to that socket is not the kernel. */
static void nobody_but_the_kernel_is_believed(void **state) {
    struct stage *stage = *state;
    const struct address_request told = {.header = {.nlmsg_len = sizeof told, .nlmsg_type = RTM_NEWADDR},
                                         .address = {.ifa_family = AF_INET, .ifa_scope = RT_SCOPE_UNIVERSE}};
    /* The first netlink socket of a process has its number. */
    const struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_pid = (uint32_t)getpid()};
    pp_autoclose int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    assert_int_equal(sendto(fd, &told, sizeof told, 0, (const struct sockaddr *)&to, sizeof to), sizeof told);
    run_in_vain(stage);
    assert_int_equal(stage->arrivals, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_address_is_said_once_it_has_settled, setup, teardown),
        cmocka_unit_test_setup_teardown(several_at_once_are_one_arrival, setup, teardown),
        cmocka_unit_test_setup_teardown(what_leads_nowhere_is_no_arrival, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_but_the_kernel_is_believed, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
