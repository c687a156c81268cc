#include "net/arrival.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH_MAX (16 * 1024) /* bytes of one packet of the kernel's */

struct net_arrival {
    struct net_loop *loop;
    int fd;
    struct net_watch *watch;
    struct net_timer settle_timer;
    net_loop_callback *on_arrived;
    void *arg;
};

/* One that leads out of the machine, and is this machine's for certain. */
static bool leads_out(struct nlmsghdr *header) {
    const struct ifaddrmsg *address = NLMSG_DATA(header);
    return header->nlmsg_type == RTM_NEWADDR && header->nlmsg_len >= NLMSG_LENGTH(sizeof *address) &&
           address->ifa_scope == RT_SCOPE_UNIVERSE &&
           !(address->ifa_flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED));
}

static bool has_one(struct nlmsghdr *header, size_t size) {
    for (; NLMSG_OK(header, size); header = NLMSG_NEXT(header, size)) {
        if (leads_out(header))
            return true;
    }
    return false;
}

static void on_settled(void *arg) {
    struct net_arrival *arrival = arg;
    arrival->on_arrived(arrival->arg);
}

static void on_told(void *arg, short revents) {
    struct net_arrival *arrival = arg;
    union {
        struct nlmsghdr header;
        char bytes[BATCH_MAX];
    } batch;
    struct sockaddr_nl sender = {0};
    socklen_t sender_size = sizeof sender;
    (void)revents;
    ssize_t size =
        recvfrom(arrival->fd, &batch, sizeof batch, MSG_DONTWAIT, (struct sockaddr *)&sender, &sender_size);
    /* More than it keeps: one of them may have been it. Nobody but the kernel is believed. */
    bool missed = size < 0 && errno == ENOBUFS;
    bool told = size > 0 && sender.nl_pid == 0 && has_one(&batch.header, (size_t)size);
    if (missed || told)
        net_timer_start_in(&arrival->settle_timer, arrival->loop, NET_ARRIVAL_SETTLE_MS, on_settled, arrival);
}

static bool begin(struct net_arrival *arrival, struct pp_error *error) {
    const struct sockaddr_nl groups = {.nl_family = AF_NETLINK,
                                       .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
    arrival->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (arrival->fd < 0 || bind(arrival->fd, (const struct sockaddr *)&groups, sizeof groups) != 0)
        return pp_fail_errno(error, "rtnetlink");
    arrival->watch = net_loop_watch(arrival->loop, arrival->fd, POLLIN, on_told, arrival, error);
    return arrival->watch;
}

struct net_arrival *net_arrival_watch(struct net_loop *loop, net_loop_callback *on_arrived, void *arg,
                                      struct pp_error *error) {
    PP_AUTO(net_arrival) struct net_arrival *arrival = calloc(1, sizeof *arrival);
    if (!arrival) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    *arrival = (struct net_arrival){.loop = loop, .fd = -1, .on_arrived = on_arrived, .arg = arg};
    return begin(arrival, error) ? pp_steal(&arrival) : NULL;
}

void net_arrival_destroy(struct net_arrival *arrival) {
    if (!arrival)
        return;
    net_loop_unwatch(arrival->loop, arrival->watch);
    net_timer_stop(&arrival->settle_timer);
    pp_close(&arrival->fd);
    free(arrival);
}
