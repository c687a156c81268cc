#include "agent/player_link.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "ipc/conn.h"

struct player_link {
    struct net_loop *loop;
    char *path; /* NULL: there is only the connection that was given */
    struct player_link_events events;
    void *arg;
    int fd;
    bool up;               /* DISPLAY has come */
    bool leaving;          /* it said so */
    bool broken;           /* to be closed from the loop */
    bool missing_reported; /* that nobody listens is logged once */
    struct net_watch *watch;
    struct net_timer timer;
};

#define PLAYER_LINK_REST_MAX 256 /* messages read of one that is gone */

static void link_connect(void *arg);

static void link_schedule(struct player_link *link, int64_t delay_ms) {
    net_timer_start_in(&link->timer, link->loop, delay_ms, link_connect, link);
}

static void link_close(struct player_link *link) {
    net_loop_unwatch(link->loop, link->watch);
    link->watch = NULL;
    pp_close(&link->fd);
    bool was_up = link->up, orderly = link->leaving;
    link->up = false;
    link->broken = false;
    link->leaving = false;
    if (was_up)
        link->events.on_lost(link->arg, orderly);
}

/* What it said before it went is waiting behind a send that failed. */
static void link_read_rest(struct player_link *link) {
    struct pp_error error = {0};
    struct ipc_message message = {0};
    for (int i = 0; i < PLAYER_LINK_REST_MAX && ipc_receive(link->fd, &message, &error); i++) {
        link->leaving = link->leaving || message.type == IPC_LEAVING;
        ipc_message_finish(&message);
    }
}

static void link_break(struct player_link *link, const char *why) {
    link_read_rest(link);
    pp_log_warning("the player's connection ended: %s", why);
    link_close(link);
    if (link->path)
        link_schedule(link, PLAYER_LINK_RETRY_MS);
}

static void on_player(void *arg, short revents) {
    struct player_link *link = arg;
    (void)revents;
    struct pp_error error = {0};
    ipc_automessage struct ipc_message message = {0};
    if (!ipc_receive(link->fd, &message, &error)) {
        if (error.code != PP_E_STATE)
            link_break(link, error.message);
        return;
    }
    if (message.type == IPC_DISPLAY && !link->up) {
        link->up = true;
        link->events.on_connected(link->arg, &message.display);
    } else if (message.type == IPC_LEAVING && link->up) {
        link->leaving = true;
    } else if (message.type >> 8 == IPC_DISPLAY >> 8 && link->up) {
        link->events.on_message(link->arg, &message);
    } else {
        link_break(link, "a message that is not its to send");
    }
}

static bool link_send_hello(struct player_link *link, struct pp_error *error) {
    struct ipc_message hello = {.type = IPC_HELLO, .hello = {.protocol = IPC_PROTOCOL}};
    return ipc_set_nonblocking(link->fd, error) && ipc_send(link->fd, &hello, error);
}

static bool link_begin(struct player_link *link, struct pp_error *error) {
    if (!link_send_hello(link, error))
        return false;
    link->watch = net_loop_watch(link->loop, link->fd, POLLIN, on_player, link, error);
    return link->watch;
}

/* Also closes a connection that broke while something was sent. */
static void link_connect(void *arg) {
    struct player_link *link = arg;
    if (link->fd >= 0) {
        link_break(link, "the player takes no messages");
        return;
    }
    struct pp_error error = {0};
    link->fd = ipc_connect(link->path, &error);
    if (link->fd >= 0 && link_begin(link, &error)) {
        link->missing_reported = false;
        return;
    }
    if (!link->missing_reported)
        pp_log_warning("no player yet at %s: %s", link->path, error.message);
    link->missing_reported = true;
    pp_close(&link->fd);
    link_schedule(link, PLAYER_LINK_RETRY_MS);
}

struct player_link *player_link_create(struct net_loop *loop, const char *path,
                                       const struct player_link_events *events, void *arg,
                                       struct pp_error *error) {
    struct player_link *link = calloc(1, sizeof *link);
    if (link)
        *link =
            (struct player_link){.loop = loop, .path = strdup(path), .events = *events, .arg = arg, .fd = -1};
    if (!link || !link->path) {
        free(link);
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    link_schedule(link, 0);
    return link;
}

struct player_link *player_link_take(struct net_loop *loop, int fd, const struct player_link_events *events,
                                     void *arg, struct pp_error *error) {
    struct player_link *link = calloc(1, sizeof *link);
    if (!link) {
        close(fd);
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    *link = (struct player_link){.loop = loop, .events = *events, .arg = arg, .fd = fd};
    if (link_begin(link, error))
        return link;
    player_link_destroy(link);
    return NULL;
}

void player_link_hang_up(struct player_link *link) {
    if (!link)
        return;
    net_timer_stop(&link->timer);
    link->up = false;
    link_close(link);
}

void player_link_destroy(struct player_link *link) {
    if (!link)
        return;
    player_link_hang_up(link);
    free(link->path);
    free(link);
}

bool player_link_is_up(const struct player_link *link) {
    return link->up && !link->broken;
}

bool player_link_send(struct player_link *link, const struct ipc_message *message) {
    if (!player_link_is_up(link))
        return false;
    struct pp_error error = {0};
    if (ipc_send(link->fd, message, &error))
        return true;
    pp_log_warning("message to the player: %s", error.message);
    link->broken = true;
    link_schedule(link, 0);
    return false;
}
