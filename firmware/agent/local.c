#include "agent/local.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/visible.h"
#include "ipc/conn.h"

#define LOCAL_GROUPS_MAX  1024         /* of a client that are looked through */
#define LOCAL_SEND_BUFFER (256 * 1024) /* bytes: the largest answer fits in where nothing is unread */

enum client_state {
    CLIENT_ASKS,     /* its request is waited for */
    CLIENT_WAITS,    /* its answer is */
    CLIENT_FOLLOWS,  /* it gets lines of the log */
    CLIENT_ANSWERED, /* to be closed */
};

struct local_client {
    TAILQ_ENTRY(local_client) link;
    struct local *local;
    enum client_state state;
    int fd;
    bool root, owner; /* enum local_who */
    char name[24];
    struct net_watch *watch;
    short events; /* that it waits for */
    struct net_timer timer;
    uint64_t position, end; /* CLIENT_FOLLOWS: the next line, and the one not to send any more */
};

struct local {
    struct local_config config;
    char path[PP_PATH_MAX];
    gid_t group;
    bool has_group;
    int listener;
    struct net_watch *listener_watch;
    struct net_timer accept_timer;
    struct net_watch *log_watch;
    size_t count, others;
    TAILQ_HEAD(local_clients, local_client) clients;
};

/* ---- Who it is ---- */

static bool is_member(int fd, gid_t primary, gid_t group) {
    gid_t groups[LOCAL_GROUPS_MAX];
    socklen_t size = sizeof groups;
    if (primary == group)
        return true;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) != 0)
        return false;
    for (size_t i = 0; i < size / sizeof *groups; i++) {
        if (groups[i] == group)
            return true;
    }
    return false;
}

static bool client_may_connect(const struct local *local, struct local_client *client) {
    struct ucred peer = {0};
    socklen_t size = sizeof peer;
    if (getsockopt(client->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return false;
    snprintf(client->name, sizeof client->name, "uid %lld", (long long)peer.uid);
    client->root = peer.uid == 0;
    client->owner = client->root || peer.uid == geteuid();
    return client->owner || (local->has_group && is_member(client->fd, peer.gid, local->group));
}

bool local_client_is(const struct local_client *client, enum local_who who) {
    return who == LOCAL_MEMBERS || (who == LOCAL_OWNERS ? client->owner : client->root);
}

const char *local_client_name(const struct local_client *client) {
    return client->name;
}

/* ---- A client's end ---- */

static void watch_log(struct local *local);

static void client_free(struct local_client *client) {
    struct local *local = client->local;
    net_loop_unwatch(local->config.loop, client->watch);
    net_timer_stop(&client->timer);
    pp_close(&client->fd);
    TAILQ_REMOVE(&local->clients, client, link);
    local->count--;
    local->others -= !client->owner;
    free(client);
}

static void client_hang_up(struct local_client *client) {
    struct local *local = client->local;
    bool waits = client->state == CLIENT_WAITS;
    if (waits)
        local->config.on_gone(local->config.arg, client);
    client_free(client);
    watch_log(local);
}

/* ---- Answers ---- */

/* An answer may come from within the client's own callback: it is closed from the loop, once it was sent. */
static void on_answered(void *arg) {
    client_hang_up(arg);
}

static void client_finish(struct local_client *client) {
    const struct local_message end = {.type = LOCAL_END};
    struct pp_error error = {0};
    (void)!local_send(client->fd, &end, &error);
    client->state = CLIENT_ANSWERED;
    net_timer_start_in(&client->timer, client->local->config.loop, 0, on_answered, client);
}

static void client_answer(struct local_client *client, const struct local_message *message) {
    struct pp_error error = {0};
    if (!local_send(client->fd, message, &error))
        pp_log_debug("%s: %s", client->name, error.message);
    client_finish(client);
}

void local_answer(struct local_client *client, const cJSON *document) {
    pp_autojsontext char *text = cJSON_PrintUnformatted(document);
    pp_autobuf struct pp_buf visible = PP_BUF_INIT(LOCAL_TEXT_MAX);
    struct pp_error error = {0};
    if (!text || !pp_visible_add(&visible, text, "", &error)) {
        local_refuse(client, LOCAL_FAILED, "%s", text ? error.message : "out of memory");
        return;
    }
    const struct local_message message = {.type = LOCAL_DOCUMENT,
                                          .document = local_text_of(pp_buf_text(&visible))};
    client_answer(client, &message);
}

void local_answer_credentials(struct local_client *client, const struct local_credentials *credentials) {
    const struct local_message message = {.type = LOCAL_CREDENTIALS, .credentials = *credentials};
    client_answer(client, &message);
}

void local_refuse(struct local_client *client, enum local_refusal refusal, const char *format, ...) {
    char reason[LOCAL_REASON_MAX + 1];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    pp_json_tidy(reason);
    const struct local_message message = {
        .type = LOCAL_REFUSED, .refused = {.refusal = (uint8_t)refusal, .reason = local_text_of(reason)}};
    client_answer(client, &message);
}

/* ---- Lines of the log ---- */

static void client_watch(struct local_client *client, short events);

/* False: it takes no more now, or there is none; the position is behind it else. */
static bool client_send_line(struct local_client *client, struct pp_error *error) {
    struct pp_log_line line;
    uint64_t lost = 0, position = client->position;
    if (!pp_log_ring_read(client->local->config.log, &position, &line, &lost))
        return false;
    const struct local_message message = {.type = LOCAL_LINE,
                                          .line = {.lost = lost,
                                                   .time_s = line.time_ms < 0 ? 0 : line.time_ms / 1000,
                                                   .level = (uint8_t)line.level,
                                                   .text = local_text_of(line.text)}};
    if (!local_send(client->fd, &message, error))
        return false;
    client->position = position;
    return true;
}

/* As many lines as it takes, and no more than a turn of the loop is for. Does not free the client: that it has gone is
 * told by its watch. */
static void client_send_lines(struct local_client *client) {
    struct pp_error error = {0};
    for (int i = 0; i < LOCAL_BATCH_MAX && client->position < client->end; i++) {
        if (!client_send_line(client, &error)) {
            client_watch(client, error.code == PP_OK ? POLLIN : POLLIN | POLLOUT);
            return;
        }
    }
    if (client->position >= client->end)
        client_finish(client);
    else
        client_watch(client, POLLIN | POLLOUT);
}

static void on_log(void *arg, short revents) {
    struct local *local = arg;
    struct local_client *client;
    (void)revents;
    pp_log_ring_watch(local->config.log, true);
    TAILQ_FOREACH(client, &local->clients, link) {
        if (client->state == CLIENT_FOLLOWS)
            client_send_lines(client);
    }
}

/* The ring wakes the loop only while somebody follows. */
static void watch_log(struct local *local) {
    struct local_client *client;
    struct pp_error error = {0};
    bool wanted = false;
    TAILQ_FOREACH(client, &local->clients, link)
    wanted = wanted || client->state == CLIENT_FOLLOWS;
    if (wanted == (local->log_watch != NULL))
        return;
    pp_log_ring_watch(local->config.log, wanted);
    if (!wanted) {
        net_loop_unwatch(local->config.loop, pp_steal(&local->log_watch));
        return;
    }
    local->log_watch =
        net_loop_watch(local->config.loop, pp_log_ring_fd(local->config.log), POLLIN, on_log, local, &error);
    if (!local->log_watch)
        pp_log_warning("the log: %s", error.message);
}

void local_answer_log(struct local_client *client, const struct local_logs *request) {
    struct local *local = client->local;
    client->state = CLIENT_FOLLOWS;
    client->position = pp_log_ring_position(local->config.log, request->lines);
    client->end = request->follow ? UINT64_MAX : pp_log_ring_position(local->config.log, 0);
    watch_log(local);
    client_send_lines(client);
}

/* ---- What comes ---- */

static void client_read(struct local_client *client) {
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_REQUEST_MAX);
    struct local_message message;
    struct pp_error error = {0};
    struct local *local = client->local;
    bool ok = local_receive(client->fd, LOCAL_REQUEST_MAX, &packet, &message, &error);
    if (!ok && error.code == PP_E_STATE)
        return;
    if (!ok && error.code == PP_E_NET) {
        client_hang_up(client);
    } else if (client->state != CLIENT_ASKS || (ok && !local_is_request(message.type))) {
        pp_log_warning("a local client, %s, was hung up: a message that is not its to send", client->name);
        client_hang_up(client);
    } else if (!ok) {
        pp_log_warning("a local client, %s, was refused: %s", client->name, error.message);
        local_refuse(client, LOCAL_FAILED, "%s", error.message);
    } else {
        client->state = CLIENT_WAITS;
        net_timer_stop(&client->timer);
        local->config.on_request(local->config.arg, client, &message);
    }
}

static void on_client(void *arg, short revents) {
    struct local_client *client = arg;
    if (client->state == CLIENT_ANSWERED)
        return; /* its timer is due */
    if (revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL))
        client_read(client);
    else if (client->state == CLIENT_FOLLOWS)
        client_send_lines(client);
}

/* A watch that cannot be changed, for want of memory, leaves the one that is there. */
static void client_watch(struct local_client *client, short events) {
    struct pp_error error = {0};
    struct net_loop *loop = client->local->config.loop;
    if (client->watch && events == client->events)
        return;
    struct net_watch *watch = net_loop_watch(loop, client->fd, events, on_client, client, &error);
    if (!watch)
        return;
    net_loop_unwatch(loop, client->watch);
    client->watch = watch;
    client->events = events;
}

static void on_silent(void *arg) {
    struct local_client *client = arg;
    pp_log_debug("a local client, %s, asks nothing: hung up", client->name);
    client_hang_up(client);
}

/* ---- New ones ---- */

static bool has_place(const struct local *local, const struct local_client *client) {
    return local->count < LOCAL_CLIENTS_MAX && (client->owner || local->others < LOCAL_CLIENTS_OTHERS_MAX);
}

static void client_add(struct local *local, struct local_client *client) {
    int size = LOCAL_SEND_BUFFER;
    bool may = client_may_connect(local, client);
    bool fits = has_place(local, client);
    client->local = local;
    local->count++;
    local->others += !client->owner;
    TAILQ_INSERT_TAIL(&local->clients, client, link);
    (void)setsockopt(client->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size); /* as far as it may */
    net_timer_start_in(&client->timer, local->config.loop, LOCAL_ASK_MS, on_silent, client);
    client_watch(client, POLLIN);
    if (!may)
        pp_log_warning("a local client, %s, is neither root nor of the group that may ask",
                       *client->name ? client->name : "of no known user");
    if (!may)
        local_refuse(client, LOCAL_DENIED, "only root and members of the group %s may ask",
                     local->config.group);
    else if (!fits)
        local_refuse(client, LOCAL_BUSY, "the agent has as many clients as it takes");
    else if (!client->watch)
        client_hang_up(client);
}

static void on_listener(void *arg, short revents);

static void on_accept_again(void *arg) {
    struct local *local = arg;
    struct pp_error error = {0};
    local->listener_watch =
        net_loop_watch(local->config.loop, local->listener, POLLIN, on_listener, local, &error);
    if (!local->listener_watch)
        net_timer_start_in(&local->accept_timer, local->config.loop, LOCAL_ACCEPT_AGAIN_MS, on_accept_again,
                           local);
}

static void on_listener(void *arg, short revents) {
    struct local *local = arg;
    struct pp_error error = {0};
    (void)revents;
    struct local_client *client = calloc(1, sizeof *client);
    if (client) {
        client->fd = ipc_accept(local->listener, &error);
        if (client->fd >= 0) {
            client_add(local, client);
            return;
        }
        free(client);
        if (error.code == PP_E_STATE)
            return;
    }
    /* It would be ready at once again. */
    net_loop_unwatch(local->config.loop, pp_steal(&local->listener_watch));
    net_timer_start_in(&local->accept_timer, local->config.loop, LOCAL_ACCEPT_AGAIN_MS, on_accept_again,
                       local);
}

/* ---- Life ---- */

/* The kernel keeps everybody else out already, where we may give the socket to the group; who connects is asked in any
 * case. */
static void give_to_group(struct local *local) {
    const struct group *group = getgrnam(local->config.group);
    local->has_group = group != NULL;
    local->group = group ? group->gr_gid : 0;
    if (!group || chown(local->path, (uid_t)-1, local->group) != 0)
        pp_log_info("%s is for root and our own user only: the group %s %s", local->path, local->config.group,
                    group ? "is not ours to give" : "does not exist");
}

struct local *local_start(const struct local_config *config, struct pp_error *error) {
    struct local *local = calloc(1, sizeof *local);
    if (!local) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    local->config = *config;
    local->listener = -1;
    TAILQ_INIT(&local->clients);
    if (pp_path_format(local->path, error, "%s", config->path))
        local->listener = ipc_listen(local->path, error);
    if (local->listener >= 0)
        local->listener_watch =
            net_loop_watch(config->loop, local->listener, POLLIN, on_listener, local, error);
    if (!local->listener_watch) {
        local_stop(local);
        return NULL;
    }
    give_to_group(local);
    return local;
}

void local_stop(struct local *local) {
    if (!local)
        return;
    struct local_client *client;
    while ((client = TAILQ_FIRST(&local->clients)))
        client_free(client);
    watch_log(local);
    net_timer_stop(&local->accept_timer);
    net_loop_unwatch(local->config.loop, local->listener_watch);
    if (local->listener >= 0)
        unlink(local->path);
    pp_close(&local->listener);
    free(local);
}
