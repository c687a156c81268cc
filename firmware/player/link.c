#include "player/link.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>

#include "base/listener.h"
#include "base/log.h"
#include "ipc/conn.h"

#define RECEIVE_MAX 64 /* messages taken at a time */

void link_init(struct link *link, struct scene *scene, int listener, int agent, uid_t agent_uid,
               struct link_callbacks callbacks) {
    *link = (struct link){
        .scene = scene, .callbacks = callbacks, .agent_uid = agent_uid, .listener = listener, .fd = agent};
}

void link_finish(struct link *link) {
    pp_close(&link->fd);
    pp_close(&link->listener);
}

static void link_close(struct link *link, const char *why) {
    pp_log_info("agent disconnected: %s", why);
    pp_close(&link->fd);
    link->greeted = false;
    link->callbacks.keyboard(link->callbacks.arg, false);
}

void link_send(struct link *link, const struct ipc_message *message) {
    struct pp_error error = {0};
    if (link->fd >= 0 && link->greeted && !ipc_send(link->fd, message, &error))
        link_close(link, error.message);
}

void link_send_display(struct link *link) {
    struct ipc_message message = {.type = IPC_DISPLAY};
    display_info(link->scene->display, &message.display);
    link_send(link, &message);
}

static bool on_hello(struct link *link, struct ipc_message *message, struct pp_error *error) {
    if (link->greeted)
        return pp_fail(error, PP_E_INVALID, "a second HELLO");
    if (message->hello.protocol != IPC_PROTOCOL)
        return pp_fail(error, PP_E_UNSUPPORTED, "HELLO: protocol %u is not %d", message->hello.protocol,
                       IPC_PROTOCOL);
    link->greeted = true;
    scene_agent_begin(link->scene);
    link_send_display(link);
    return true;
}

static bool on_canvas(struct link *link, struct ipc_message *message, struct pp_error *error) {
    (void)error;
    scene_canvas(link->scene, &message->canvas);
    return true;
}

static bool on_layer_add(struct link *link, struct ipc_message *message, struct pp_error *error) {
    pp_autoclose int socket = ipc_message_take(message, 0);
    return ipc_set_nonblocking(socket, error) &&
           scene_layer_add(link->scene, &message->layer_add, pp_steal_fd(&socket), error);
}

static bool on_layer_show(struct link *link, struct ipc_message *message, struct pp_error *error) {
    (void)error;
    scene_layer_show(link->scene, &message->layer_show);
    return true;
}

static bool on_layer_remove(struct link *link, struct ipc_message *message, struct pp_error *error) {
    (void)error;
    scene_layer_remove(link->scene, message->layer_remove.layer);
    return true;
}

static bool on_screenshot(struct link *link, struct ipc_message *message, struct pp_error *error) {
    (void)error;
    link->callbacks.screenshot(link->callbacks.arg, message->screenshot.id, ipc_message_take(message, 0));
    return true;
}

static bool on_mark(struct link *link, struct ipc_message *message, struct pp_error *error) {
    (void)error;
    scene_offline_mark(link->scene, message->mark.offline);
    return true;
}

static bool on_control(struct link *link, struct ipc_message *message, struct pp_error *error) {
    (void)error;
    const struct ipc_control *control = &message->control;
    const struct ipc_message answer = {.type = IPC_CONTROLLED,
                                       .controlled = {control->control, control->value}};
    if (control->control == IPC_CONTROL_POWER)
        scene_set_dark(link->scene, !control->value);
    else
        link->callbacks.control(link->callbacks.arg, control);
    if (control->control != IPC_CONTROL_RESTART)
        link_send(link, &answer);
    return true;
}

static bool on_keyboard(struct link *link, struct ipc_message *message, struct pp_error *error) {
    (void)error;
    link->callbacks.keyboard(link->callbacks.arg, message->keyboard.wanted);
    return true;
}

struct handler {
    unsigned type;
    bool greeted; /* only after HELLO */
    bool (*handle)(struct link *, struct ipc_message *, struct pp_error *);
};

static const struct handler handlers[] = {
    {IPC_HELLO, false, on_hello},
    {IPC_CANVAS, true, on_canvas},
    {IPC_LAYER_ADD, true, on_layer_add},
    {IPC_LAYER_SHOW, true, on_layer_show},
    {IPC_LAYER_REMOVE, true, on_layer_remove},
    {IPC_SCREENSHOT, true, on_screenshot},
    {IPC_MARK, true, on_mark},
    {IPC_CONTROL, true, on_control},
    {IPC_KEYBOARD, true, on_keyboard},
};

static bool link_handle(struct link *link, struct ipc_message *message, struct pp_error *error) {
    for (size_t i = 0; i < PP_COUNT(handlers); i++) {
        if (handlers[i].type != message->type)
            continue;
        if (handlers[i].greeted && !link->greeted)
            return pp_fail(error, PP_E_INVALID, "%s before HELLO", ipc_type_name(message->type));
        return handlers[i].handle(link, message, error);
    }
    return pp_fail(error, PP_E_INVALID, "%s is not the agent's to send", ipc_type_name(message->type));
}

void link_receive(struct link *link) {
    for (int i = 0; i < RECEIVE_MAX && link->fd >= 0; i++) {
        struct pp_error error = {0};
        ipc_automessage struct ipc_message message = {0};
        bool ok = ipc_receive(link->fd, &message, &error);
        if (!ok && error.code == PP_E_STATE)
            return;
        if (!ok || !link_handle(link, &message, &error))
            link_close(link, error.message);
    }
}

static bool peer_may(const struct link *link, int fd, struct pp_error *error) {
    uid_t uid = 0;
    if (!ipc_peer_uid(fd, &uid, error))
        return false;
    if (uid == 0 || uid == getuid() || uid == link->agent_uid)
        return true;
    return pp_fail(error, PP_E_DENIED, "user %u may not be the agent", (unsigned)uid);
}

int link_listen_fd(const struct link *link, int64_t now_us) {
    return now_us < link->accept_us ? -1 : link->listener;
}

int64_t link_due_us(const struct link *link, int64_t now_us) {
    return now_us < link->accept_us ? link->accept_us : PLAYER_NEVER;
}

/* A peer that has gone again is no reason to pause. */
static void link_pause(struct link *link, int64_t now_us, const struct pp_error *why) {
    if (why->code == PP_E_STATE || why->code == PP_E_NET)
        return;
    if (!link->accept_us)
        pp_log_warning("a connection waits: %s", why->message);
    link->accept_us = now_us + LINK_ACCEPT_PAUSE_US;
}

void link_accept(struct link *link, int64_t now_us) {
    struct pp_error error = {0};
    pp_autoclose int fd = ipc_accept(link->listener, &error);
    if (fd < 0) {
        link_pause(link, now_us, &error);
        return;
    }
    link->accept_us = 0;
    if (!peer_may(link, fd, &error)) {
        pp_log_warning("connection refused: %s", error.message);
        return;
    }
    if (link->fd >= 0)
        link_close(link, "another agent takes over");
    link->fd = pp_steal_fd(&fd);
    pp_log_info("agent connected");
}

int link_systemd_listener(void) {
    pp_autoclose int fd = pp_systemd_listener();
    return fd >= 0 && ipc_set_nonblocking(fd, NULL) ? pp_steal_fd(&fd) : -1;
}

bool link_user_find(const char *name, uid_t *uid, struct pp_error *error) {
    char *end = NULL;
    unsigned long number = strtoul(name, &end, 10);
    if (*name >= '0' && *name <= '9' && !*end && number < UINT32_MAX) {
        *uid = (uid_t)number;
        return true;
    }
    const struct passwd *user = getpwnam(name);
    if (!user)
        return pp_fail(error, PP_E_NOTFOUND, "--agent-user: no user %s", name);
    *uid = user->pw_uid;
    return true;
}
