#include "network/phone_service.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "network/change.h"
#include "network/dot1x.h"
#include "network/first_start.h"

/* ---- What the screen says ---- */

static void tell(const struct phone_service *phone, enum local_notice_kind kind) {
    struct local_notice notice = {.kind = kind};
    bool open = kind == LOCAL_PHONE_OPEN;
    notice.detail = local_text_of(open ? network_reason_word(phone->opening.reason) : "");
    notice.network = local_text_of(open ? phone->point.name : "");
    notice.passphrase = local_text_of(open ? phone->point.passphrase : "");
    notice.address = local_text_of(open ? phone->opening.host : "");
    first_start_say(phone->service, &notice);
}

/* ---- What is done ---- */

static int64_t state_ms(const struct phone_service *phone) {
    const uint64_t seconds[PHONE_STATES] = {[PHONE_WAITING] = phone->after_s,
                                            [PHONE_OPEN] = phone->open_s,
                                            [PHONE_TAKEN] = PHONE_LINGER_S,
                                            [PHONE_RESTING] = phone->rest_s};
    return (int64_t)seconds[phone->state] * 1000;
}

/* Said once, however often it is tried. */
static void note_trouble(struct phone_service *phone, const struct pp_error *error) {
    if (strcmp(error->message, phone->trouble.message) != 0)
        pp_log_warning("the access point is not opened: %s", error->message);
    phone->trouble = *error;
}

static enum phone_event open_point(struct phone_service *phone) {
    char interface[NETWORK_INTERFACE_MAX + 1];
    struct pp_error error = {0}, scanned = {0};
    struct scan scan;
    if (!scan_radio(phone->places.nmcli, interface, &error)) {
        note_trouble(phone, &error);
        return PHONE_FAILED;
    }
    /* Before: a radio that is an access point hears no other channel. */
    if (scan_run(phone->places.nmcli, interface, &scan, &scanned))
        phone->opening.scan = scan;
    else
        pp_log_info("what is in reach is not known: %s", scanned.message);
    if (!access_point_open(&phone->point, &phone->places, interface, &phone->opening, &error)) {
        note_trouble(phone, &error);
        return PHONE_FAILED;
    }
    phone->trouble = (struct pp_error){0};
    pp_log_info("access point %s on %s: open, %zu networks in reach", phone->point.name, interface,
                phone->opening.scan.count);
    tell(phone, LOCAL_PHONE_OPEN);
    return PHONE_DONE;
}

static enum phone_event open_new(struct phone_service *phone) {
    struct pp_error error = {0};
    phone->opening = (struct setup_opening){0};
    phone->losses = 0;
    if (access_point_name(&phone->point, &error))
        return open_point(phone);
    note_trouble(phone, &error);
    return PHONE_FAILED;
}

static void close_point(struct phone_service *phone) {
    bool open = !access_point_is_closed(&phone->point);
    access_point_close(&phone->point, &phone->places);
    if (*phone->point.name)
        tell(phone, LOCAL_PHONE_CLOSED);
    if (open && access_point_is_closed(&phone->point))
        pp_log_info("access point %s: closed", phone->point.name);
    access_point_forget(&phone->point);
    network_request_finish(&phone->given);
    phone->asked = false;
}

/* False: it cannot be told now. */
static bool look_at_need(struct phone_service *phone, struct first_start_need *need) {
    first_start_look(phone->service, phone->asked, need);
    if (need->known)
        phone->after_s = need->after_s;
    return need->known;
}

static bool is_needed(struct phone_service *phone, bool *needed) {
    struct first_start_need need;
    if (!look_at_need(phone, &need))
        return false;
    *needed = need.needed;
    return true;
}

/* What was there before the trial may be up again: the radio is left to that. */
static enum phone_event reopen(struct phone_service *phone) {
    bool needed = true;
    access_point_close(&phone->point, &phone->places);
    return is_needed(phone, &needed) && !needed ? PHONE_NOT_NEEDED : open_point(phone);
}

static enum phone_event try_given(struct phone_service *phone) {
    struct pp_error error = {0};
    tell(phone, LOCAL_PHONE_TRYING);
    access_point_close(&phone->point, &phone->places);
    pp_log_info("access point %s: closed, what a phone has handed over is tried", phone->point.name);
    phone->given.keep = false; /* where nothing is reached the phone has to come back */
    bool done = change_run(phone->service, &phone->service->profiles, &phone->given, NULL, &error);
    phone->opening.reason = done ? NETWORK_NO_REASON : network_reason_of(error.message);
    phone->opening.tried_size = (uint8_t)phone->given.wifi.ssid_size;
    memcpy(phone->opening.tried, phone->given.wifi.ssid, phone->given.wifi.ssid_size);
    network_request_finish(&phone->given);
    if (!done)
        pp_log_warning("wifi, of a phone: %s", error.message);
    /* It may have been one of 802.1X before. */
    if (done && !dot1x_tidy(&phone->service->profiles, &error))
        pp_log_warning("%s", error.message);
    return done ? PHONE_DONE : PHONE_FAILED;
}

static void tell_done(struct phone_service *phone) {
    pp_log_info("wifi, of a phone: done");
    tell(phone, LOCAL_PHONE_DONE);
    access_point_forget(&phone->point);
    phone->asked = false;
}

/* What follows at once; PHONE_EVENTS: nothing. */
static enum phone_event act(struct phone_service *phone, enum phone_action action) {
    switch (action) {
    case PHONE_WAIT:
        phone->due_ms = pp_clock_monotonic_ms() + state_ms(phone);
        break;
    case PHONE_OPEN_NEW:
        return open_new(phone);
    case PHONE_REOPEN:
        return reopen(phone);
    case PHONE_CLOSE:
        close_point(phone);
        break;
    case PHONE_CLOSE_AND_WAIT:
        close_point(phone);
        phone->due_ms = pp_clock_monotonic_ms() + state_ms(phone);
        break;
    case PHONE_TRY:
        return try_given(phone);
    case PHONE_TELL_DONE:
        tell_done(phone);
        break;
    case PHONE_CANNOT_COME:
    case PHONE_DO_NOTHING:
        break;
    }
    return PHONE_EVENTS;
}

static void happen(struct phone_service *phone, enum phone_event event) {
    while (event != PHONE_EVENTS) {
        struct phone_step step = phone_step(phone->state, event);
        if (step.action == PHONE_CANNOT_COME)
            pp_log_error("phone: %s while it is %s", phone_event_name(event), phone_state_name(phone->state));
        if (step.next != phone->state) {
            pp_log_debug("phone: %s, %s", phone_event_name(event), phone_state_name(step.next));
            phone->due_ms = INT64_MAX;
        }
        phone->state = step.next;
        event = act(phone, step.action);
    }
}

/* ---- What is seen ---- */

static bool is_open(const struct phone_service *phone) {
    return phone->state == PHONE_OPEN || phone->state == PHONE_TAKEN;
}

/* One that does not stay is left alone after a while, as one that does not open. */
static void be_gone(struct phone_service *phone) {
    pp_log_warning("access point %s: somebody else has ended it", phone->point.name);
    phone->losses++;
    happen(phone, phone->losses > PHONE_LOSSES_MAX ? PHONE_DUE : PHONE_GONE);
}

static void look(struct phone_service *phone) {
    struct first_start_need need;
    phone->look_ms = pp_clock_monotonic_ms() + PHONE_LOOK_MS;
    /* What NetworkManager would not delete. */
    if (!is_open(phone))
        access_point_close(&phone->point, &phone->places);
    if (!look_at_need(phone, &need))
        return;
    if (is_open(phone) && need.needed && !need.own_up)
        be_gone(phone);
    else
        happen(phone, need.needed ? PHONE_NEEDED : PHONE_NOT_NEEDED);
    /* Again and again: the screen, or its player, may have been started anew. */
    if (phone->state == PHONE_OPEN)
        tell(phone, LOCAL_PHONE_OPEN);
}

/* A network, by the page; it has nothing else to say. */
static void hear(struct phone_service *phone) {
    uint8_t packet[NETWORK_REQUEST_MAX + 1];
    struct pp_error error = {0};
    bool needed = true;
    ssize_t size = recv(phone->point.page, packet, sizeof packet, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    bool read = size > 0 && phone->state == PHONE_OPEN &&
                network_request_decode(packet, (size_t)size, &phone->given, &error);
    pp_wipe(packet, sizeof packet);
    if (size > 0 && phone->state != PHONE_OPEN)
        return;
    if (read && phone->given.verb != NETWORK_WIFI) {
        network_request_finish(&phone->given);
        read = pp_fail(&error, PP_E_STATE, "it may not ask for that");
    }
    if (!read) {
        pp_log_warning("the page has ended%s%s", *error.message ? ": " : "", error.message);
        happen(phone, PHONE_LOST);
        return;
    }
    pp_log_info("a phone hands over a Wi-Fi");
    happen(phone, is_needed(phone, &needed) && !needed ? PHONE_NOT_NEEDED : PHONE_GIVEN);
}

/* Before it opens by itself it looks once more; as long as nothing can be told, later. */
static void be_due(struct phone_service *phone) {
    bool opens = phone->state == PHONE_WAITING || phone->state == PHONE_RESTING, needed = true;
    phone->due_ms = INT64_MAX;
    if (opens && !is_needed(phone, &needed))
        phone->due_ms = pp_clock_monotonic_ms() + PHONE_LOOK_MS;
    else
        happen(phone, needed ? PHONE_DUE : PHONE_NOT_NEEDED);
}

void phone_service_turn(struct phone_service *phone) {
    int64_t now = pp_clock_monotonic_ms();
    if (phone->point.page >= 0)
        hear(phone);
    if (now >= phone->due_ms)
        be_due(phone);
    if (now >= phone->look_ms)
        look(phone);
}

int phone_service_wait_ms(const struct phone_service *phone) {
    int64_t next = phone->due_ms < phone->look_ms ? phone->due_ms : phone->look_ms;
    int64_t left = next - pp_clock_monotonic_ms();
    return left < 0 ? 0 : left > PHONE_LOOK_MS ? PHONE_LOOK_MS : (int)left;
}

int phone_service_fd(const struct phone_service *phone) {
    return phone->point.page;
}

void phone_service_start(struct phone_service *phone) {
    phone->point = (struct access_point){.page = -1};
    phone->due_ms = INT64_MAX;
    phone->look_ms = pp_clock_monotonic_ms();
    access_point_clear(&phone->point, &phone->places);
}

void phone_service_stop(struct phone_service *phone) {
    close_point(phone);
}

/* ---- What others ask for ---- */

bool phone_service_ask(struct phone_service *phone, bool open, struct pp_error *error) {
    bool needed, asked = phone->asked;
    if (!open) {
        happen(phone, PHONE_ENDED);
        return true;
    }
    phone->asked = true;
    if (is_needed(phone, &needed) && needed) {
        happen(phone, PHONE_ASKED);
        if (is_open(phone))
            return true;
        return pp_fail(error, PP_E_IO, "%s", phone->trouble.message);
    }
    phone->asked = asked;
    return pp_fail(error, PP_E_STATE, "this machine has a network, or is still being started");
}

void phone_service_yield(struct phone_service *phone) {
    if (phone->state != PHONE_AWAY)
        happen(phone, PHONE_YIELD);
}
