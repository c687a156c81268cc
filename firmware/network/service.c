#include "network/service.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/mem.h"
#include "ipc/conn.h"
#include "network/change.h"
#include "network/credentials.h"
#include "network/dot1x.h"
#include "network/first_start.h"
#include "network/phone_service.h"

static bool on_change(const struct network_service *service, const struct network_request *request,
                      struct pp_buf *out, struct pp_error *error) {
    struct pp_error left = {0};
    if (service->phone)
        phone_service_yield(service->phone);
    if (!change_run(service, &service->profiles, request, out, error))
        return false;
    /* It may have been one of 802.1X before. */
    if (!dot1x_tidy(&service->profiles, &left))
        pp_log_warning("%s", left.message);
    return true;
}

/* Of a name, but what was set after `before` (NULL: all of it); PP_E_NOTFOUND where there is nothing of that name. */
static bool remove_profiles(const struct profiles *profiles, const char *interface,
                            const struct pp_boot_time *before, struct pp_error *error) {
    const struct pp_boot_time now = pp_boot_time_now();
    char name[PROFILE_NAME_MAX];
    struct profile profile;
    unsigned found = 0;
    profile_name(interface, name);
    for (int place = 0; place < PROFILE_PLACES; place++) {
        struct pp_error own = {0};
        found += profile_read(profiles, name, place, &profile, &own) || own.code != PP_E_NOTFOUND;
        if (before && pp_boot_time_is_later(&profile.set, before, &now))
            pp_log_info("erase: a Wi-Fi that was set after that was asked for is left");
        else if (!profile_remove(profiles, &profile, error))
            return false;
    }
    return found || pp_fail(error, PP_E_NOTFOUND, "there is no profile of it");
}

static bool on_forget(const struct network_service *service, const struct network_request *request,
                      struct pp_buf *out, struct pp_error *error) {
    const struct profiles *profiles = &service->profiles;
    struct pp_error left = {0};
    (void)out;
    bool removed = remove_profiles(profiles, request->interface, NULL, error);
    return dot1x_tidy(profiles, removed ? error : &left) && removed;
}

/* Done where there is none. The key goes with it, unless the agent has another one by now. */
static bool on_erase(const struct network_service *service, const struct network_request *request,
                     struct pp_buf *out, struct pp_error *error) {
    struct pp_error own = {0}, left = {0};
    (void)out;
    if (!dot1x_follow(service, &left) && !credentials_remove(service->profiles.keys, error))
        return false;
    if (remove_profiles(&service->profiles, "", &request->decided, &own) || own.code == PP_E_NOTFOUND)
        return dot1x_tidy(&service->profiles, error);
    *error = own;
    return false;
}

static bool on_show(const struct network_service *service, const struct network_request *request,
                    struct pp_buf *out, struct pp_error *error) {
    (void)request;
    return network_show(&service->profiles, out, error);
}

/* Its reason is told by whoever asked for the row. */
static bool on_refused(const struct network_service *service, const struct network_request *request,
                       struct pp_buf *out, struct pp_error *error) {
    (void)service, (void)out;
    return pp_fail(error, PP_E_INVALID, "%s", request->reason);
}

static bool on_8021x(const struct network_service *service, const struct network_request *request,
                     struct pp_buf *out, struct pp_error *error) {
    (void)out;
    if (service->phone)
        phone_service_yield(service->phone);
    return dot1x_change(service, request, error);
}

static bool on_key(const struct network_service *service, const struct network_request *request,
                   struct pp_buf *out, struct pp_error *error) {
    (void)request, (void)out;
    return dot1x_follow(service, error);
}

static bool on_phone(const struct network_service *service, const struct network_request *request,
                     struct pp_buf *out, struct pp_error *error) {
    (void)out;
    return service->phone ? phone_service_ask(service->phone, request->open, error)
                          : pp_fail(error, PP_E_UNSUPPORTED, "there is no access point here");
}

struct row {
    const char *name;
    bool (*run)(const struct network_service *service, const struct network_request *request,
                struct pp_buf *out, struct pp_error *error);
    unsigned who; /* may ask for it */
};

enum { ADMINISTRATOR = 1, AGENT = 2, STICK = 4 };

/* clang-format off */
static const struct row rows[] = {
    [NETWORK_SHOW]    = {"show",    on_show,    ADMINISTRATOR},
    [NETWORK_WIFI]    = {"wifi",    on_change,  ADMINISTRATOR | STICK},
    [NETWORK_STATIC]  = {"static",  on_change,  ADMINISTRATOR | STICK},
    [NETWORK_DHCP]    = {"dhcp",    on_change,  ADMINISTRATOR | STICK},
    [NETWORK_FORGET]  = {"forget",  on_forget,  ADMINISTRATOR},
    [NETWORK_ERASE]   = {"erase",   on_erase,   ADMINISTRATOR | AGENT},
    [NETWORK_REFUSED] = {"refused", on_refused, STICK},
    [NETWORK_8021X]   = {"8021x",   on_8021x,   ADMINISTRATOR},
    [NETWORK_KEY]     = {"key",     on_key,     ADMINISTRATOR | AGENT},
    [NETWORK_PHONE]   = {"phone",   on_phone,   ADMINISTRATOR},
};
/* clang-format on */

static unsigned role_of(const struct network_service *service, uid_t uid) {
    return uid == service->agent ? AGENT : uid == service->stick ? STICK : ADMINISTRATOR;
}

static bool run(const struct network_service *service, const struct row *row,
                const struct network_request *request, struct pp_buf *out, struct pp_error *error) {
    const char *gap = *request->interface ? " " : "";
    bool done = row->run(service, request, out, error);
    if (done)
        pp_log_info("%s%s%s: done", row->name, gap, request->interface);
    else
        pp_log_warning("%s%s%s: %s", row->name, gap, request->interface, error->message);
    return done;
}

/* Each end of it is said on the screen; not that it has to wait. */
static bool run_of_stick(const struct network_service *service, const struct row *row,
                         const struct network_request *request, struct pp_buf *out, struct pp_error *error) {
    if (request->verb == NETWORK_REFUSED || !first_start_allows(service, error)) {
        bool refused = request->verb == NETWORK_REFUSED && run(service, row, request, out, error);
        if (error->code != PP_E_CANCELLED)
            first_start_tell(service, LOCAL_STICK_REFUSED, error->message);
        return refused;
    }
    first_start_tell(service, LOCAL_STICK_TRYING, "");
    bool done = run(service, row, request, out, error);
    first_start_tell(service, done ? LOCAL_STICK_DONE : LOCAL_STICK_FAILED, done ? "" : error->message);
    return done;
}

/* Who asks for what, and what became of it; never a field of it but the interface. */
static bool carry_out(const struct network_service *service, int peer, const struct network_request *request,
                      struct pp_buf *out, struct pp_error *error) {
    const struct row *row = &rows[request->verb];
    uid_t uid;
    if (!ipc_peer_uid(peer, &uid, error))
        return false;
    unsigned role = role_of(service, uid);
    if (request->verb == NETWORK_SHOW && role == ADMINISTRATOR)
        return row->run(service, request, out, error);
    bool may = (row->who & role) && !(request->keep && role == STICK);
    pp_log_info("user %u%s asks for: %s%s%s%s", (unsigned)uid,
                role == AGENT   ? ", the agent's,"
                : role == STICK ? ", of USB sticks,"
                                : "",
                row->name, *request->interface ? " " : "", request->interface, may ? "" : ": refused");
    if (!may)
        return pp_fail(error, PP_E_STATE, "%s may not ask for that",
                       role == AGENT   ? "the agent"
                       : role == STICK ? "a USB stick"
                                       : "an administrator");
    return role == STICK ? run_of_stick(service, row, request, out, error)
                         : run(service, row, request, out, error);
}

static void answer(int peer, enum network_status status, const char *text) {
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(NETWORK_ANSWER_MAX + 1);
    const uint8_t first = (uint8_t)status;
    if (pp_buf_add(&packet, &first, 1, NULL) && pp_buf_add_text(&packet, text, NULL))
        (void)!send(peer, packet.data, packet.size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void network_answer(const struct network_service *service, int peer) {
    uint8_t packet[NETWORK_REQUEST_MAX + 1];
    struct pollfd fd = {.fd = peer, .events = POLLIN};
    struct pp_error error = {0};
    network_autorequest struct network_request request;
    pp_autobuf struct pp_buf out = PP_BUF_INIT(NETWORK_ANSWER_MAX);
    ssize_t size = poll(&fd, 1, NETWORK_PEER_MS) > 0 ? recv(peer, packet, sizeof packet, MSG_DONTWAIT) : 0;
    bool read = size > 0 && network_request_decode(packet, (size_t)size, &request, &error);
    pp_wipe(packet, sizeof packet);
    if (size <= 0)
        return;
    bool done = read && carry_out(service, peer, &request, &out, &error);
    enum network_status status = done                           ? NETWORK_DONE
                                 : error.code == PP_E_CANCELLED ? NETWORK_LATER
                                                                : NETWORK_NOT_DONE;
    answer(peer, status, done ? pp_buf_text(&out) : error.message);
}

bool network_serve(const struct network_service *service, int listener, struct pp_error *error) {
    for (;;) {
        struct phone_service *phone = service->phone;
        struct pollfd fds[2] = {{.fd = listener, .events = POLLIN},
                                {.fd = phone ? phone_service_fd(phone) : -1, .events = POLLIN}};
        if (poll(fds, PP_COUNT(fds), phone ? phone_service_wait_ms(phone) : -1) < 0 && errno != EINTR)
            return pp_fail_errno(error, "poll");
        if (service->stop && *service->stop)
            return true;
        pp_autoclose int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (peer < 0 && errno != EINTR && errno != ECONNABORTED && errno != EAGAIN)
            return pp_fail_errno(error, "accept");
        if (peer >= 0)
            network_answer(service, peer);
        if (phone)
            phone_service_turn(phone);
    }
}
