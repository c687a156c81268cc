#include "network/change.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "network/gateway.h"
#include "network/nmcli.h"
#include "network/reach.h"

#define STRING(number)  #number
#define SECONDS(number) STRING(number)

enum step { NOTE, WRITE, LOAD, UP, PROBE, KEEP, CLEAN, DISCARD, RETURN, DONE, FAILED };

struct change {
    const struct network_service *service;
    const struct profiles *profiles;
    const struct network_request *request;
    struct pp_buf *note; /* NULL: nobody reads it */
    struct profile old, new;
    bool has_old;
    char active[KEYFILE_UUID_SIZE]; /* before; "" none */
};

/* One that is going away, as the screen's own access point does for a change, is none to come back to. */
static bool is_active(const char *state) {
    return strcmp(state, "activated") == 0 || strcmp(state, "activating") == 0;
}

/* Of "UUID:STATE:TYPE:DEVICE" lines the first that is of this kind of network, or interface. */
static void find_active(struct change *change, const char *lines) {
    bool wifi = network_request_is_wifi(change->request);
    char uuid[KEYFILE_UUID_SIZE], state[16], type[32], device[32];
    for (const char *line = lines; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        if (sscanf(line, "%36[0-9a-f-]:%15[a-z]:%31[a-z0-9-]:%31[^:\n]", uuid, state, type, device) == 4 &&
            keyfile_is_uuid(uuid) && is_active(state) &&
            (wifi ? strcmp(type, "802-11-wireless") == 0 : strcmp(device, change->request->interface) == 0)) {
            memcpy(change->active, uuid, sizeof uuid);
            return;
        }
    }
}

static bool on_note(struct change *change, struct pp_error *error) {
    static const char *const words[] = {"-t",       "-f", "UUID,STATE,TYPE,DEVICE", "connection", "show",
                                        "--active", NULL};
    pp_autobuf struct pp_buf lines = PP_BUF_INIT(NMCLI_OUTPUT_MAX);
    struct profile left;
    if (!nmcli_run(change->profiles->nmcli, words, NMCLI_SHORT_MS, &lines, error))
        return false;
    find_active(change, pp_buf_text(&lines));
    profile_name(change->request->interface, change->new.name);
    change->has_old = profile_find(change->profiles, change->new.name, &change->old, NULL);
    change->new.place = change->has_old ? 1 - change->old.place : 0;
    change->new.set = pp_boot_time_now();
    /* An interrupted trial may have left one there. */
    (void)!profile_read(change->profiles, change->new.name, change->new.place, &left, NULL);
    return profile_remove(change->profiles, &left, error) && keyfile_make_uuid(change->new.uuid, error);
}

static bool on_write(struct change *change, struct pp_error *error) {
    return profile_write(change->profiles, &change->new, change->request, error);
}

static bool on_load(struct change *change, struct pp_error *error) {
    return profile_load(change->profiles, &change->new, error);
}

bool change_bring_up(const struct profiles *profiles, const char *uuid, struct pp_error *error) {
    const char *const words[] = {"--wait", SECONDS(CHANGE_UP_S), "connection", "up", "uuid", uuid, NULL};
    return nmcli_run(profiles->nmcli, words, CHANGE_UP_S * 1000 + NMCLI_SHORT_MS, NULL, error);
}

static bool on_up(struct change *change, struct pp_error *error) {
    return change_bring_up(change->profiles, change->new.uuid, error);
}

/* The value of a line "name:value", "" where there is none or it does not fit. */
static void read_value(const char *lines, const char *name, char *value, size_t size) {
    size_t length = strlen(name);
    *value = 0;
    for (const char *line = lines; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        size_t used = strcspn(line, "\n");
        if (used > length && strncmp(line, name, length) == 0 && line[length] == ':' && used - length <= size)
            snprintf(value, size, "%.*s", (int)(used - length - 1), line + length + 1);
    }
}

/* The gateway that the network has named. One that names none may be meant so. */
static bool probe_wifi(const struct change *change, struct pp_error *error) {
    const char *const words[] = {
        "-t", "-f", "GENERAL.DEVICES,IP4.GATEWAY", "connection", "show", "uuid", change->new.uuid, NULL};
    pp_autobuf struct pp_buf lines = PP_BUF_INIT(NMCLI_OUTPUT_MAX);
    char device[NETWORK_INTERFACE_MAX + 1], address[NETWORK_IP_TEXT];
    struct network_ip gateway;
    if (!nmcli_run(change->profiles->nmcli, words, NMCLI_SHORT_MS, &lines, NULL))
        return true;
    read_value(pp_buf_text(&lines), "GENERAL.DEVICES", device, sizeof device);
    read_value(pp_buf_text(&lines), "IP4.GATEWAY", address, sizeof address);
    return !*device || !network_ip_parse(address, &gateway, NULL, NULL) || gateway.family != 4 ||
           gateway_answers(&gateway, device, error);
}

static bool probe_gateways(const struct change *change, struct pp_error *error) {
    const struct network_request *request = change->request;
    if (request->verb == NETWORK_WIFI)
        return probe_wifi(change, error);
    if (request->verb != NETWORK_STATIC)
        return true;
    const struct network_ip *const gateways[] = {&request->fixed.v4.gateway, &request->fixed.v6.gateway};
    for (size_t i = 0; i < PP_COUNT(gateways); i++) {
        if (gateways[i]->family != 0 && !gateway_answers(gateways[i], request->interface, error))
            return false;
    }
    return true;
}

/* A gateway is there to be gone through: what reaches the headend without it is right. */
static bool on_probe(struct change *change, struct pp_error *error) {
    if (probe_gateways(change, error))
        return true;
    enum reach reach = reach_headend(change->service);
    if (reach == REACH_HEADEND) {
        pp_log_info("%s, but the headend is reached", error->message);
        return true;
    }
    if (reach == REACH_NOTHING) {
        const struct pp_error why = *error;
        pp_fail(error, why.code, "%s, and the headend is not reached", why.message);
    }
    if (!change->request->keep)
        return false;
    pp_log_warning("it is kept, as was asked for: %s", error->message);
    return !change->note || pp_buf_add_text(change->note, error->message, error);
}

static bool on_keep(struct change *change, struct pp_error *error) {
    change->new.kept = true;
    return profile_write(change->profiles, &change->new, change->request, error) &&
           profile_load(change->profiles, &change->new, error);
}

static bool on_clean(struct change *change, struct pp_error *error) {
    return !change->has_old || profile_remove(change->profiles, &change->old, error);
}

static bool on_discard(struct change *change, struct pp_error *error) {
    return profile_remove(change->profiles, &change->new, error);
}

static bool on_return(struct change *change, struct pp_error *error) {
    return !*change->active || change_bring_up(change->profiles, change->active, error);
}

struct row {
    bool (*run)(struct change *change, struct pp_error *error);
    enum step right, wrong;
    const char
        *trouble; /* what is put before the first reason where this, too, goes wrong; NULL: it is the first */
};

/* clang-format off */
static const struct row rows[] = {
    [NOTE]    = {on_note,    WRITE,  FAILED,  NULL},
    [WRITE]   = {on_write,   LOAD,   DISCARD, NULL},
    [LOAD]    = {on_load,    UP,     DISCARD, NULL},
    [UP]      = {on_up,      PROBE,  DISCARD, NULL},
    [PROBE]   = {on_probe,   KEEP,   DISCARD, NULL},
    [KEEP]    = {on_keep,    CLEAN,  DISCARD, NULL},
    [CLEAN]   = {on_clean,   DONE,   DONE,    "the former profile could not be removed"},
    [DISCARD] = {on_discard, RETURN, RETURN,  "the new profile could not be removed"},
    [RETURN]  = {on_return,  FAILED, FAILED,  "the former connection did not come up again"},
};
/* clang-format on */

bool change_run(const struct network_service *service, const struct profiles *profiles,
                const struct network_request *request, struct pp_buf *note, struct pp_error *error) {
    struct change change = {.service = service, .profiles = profiles, .request = request, .note = note};
    enum step step = NOTE;
    while (step != DONE && step != FAILED) {
        const struct row *row = &rows[step];
        struct pp_error own = {0};
        bool right = row->run(&change, &own);
        step = right ? row->right : row->wrong;
        if (right)
            continue;
        if (!row->trouble) {
            pp_fail(error, own.code, "%s", own.message);
            continue;
        }
        pp_log_warning("%s: %s", row->trouble, own.message);
        if (step != DONE)
            pp_wrap(error, "%s", row->trouble);
    }
    return step == DONE;
}
