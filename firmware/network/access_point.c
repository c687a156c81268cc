#include "network/access_point.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "ipc/conn.h"
#include "network/nmcli.h"

#define PROFILE_ID "pingplay-phone"
#define LISTEN_MAX 16 /* that wait to be taken */
#define RULE_PRIORITY                                                                                        \
    100 /* before the tables that lead anywhere, behind the one of this machine's own addresses */

#define STRING(number)  #number
#define SECONDS(number) STRING(number)

/* ---- Its name, passphrase and channel ---- */

/* Uniformly, of an alphabet of at most 128. */
static bool make_letters(const char *alphabet, char *text, size_t size, struct pp_error *error) {
    size_t count = strlen(alphabet), limit = 256 - 256 % count;
    for (size_t i = 0; i < size;) {
        uint8_t byte;
        if (getrandom(&byte, 1, 0) != 1)
            return pp_fail_errno(error, "getrandom");
        if (byte < limit)
            text[i++] = alphabet[byte % count];
    }
    return true;
}

/* Left to NetworkManager it may be 13, on which a radio that does not know its country may not be the first to send. */
static bool choose_channel(struct access_point *point, struct pp_error *error) {
    static const unsigned channels[] = {1, 6, 11};
    char digit;
    if (!make_letters("012", &digit, 1, error))
        return false;
    point->channel = channels[digit - '0'];
    return true;
}

bool access_point_name(struct access_point *point, struct pp_error *error) {
    static const char capitals[] = "ABCDEFGHJKLMNPQRSTUVWXYZ", letters[] = "abcdefghjkmnpqrstuvwxyz";
    strcpy(point->name, "Pingplay-XXXX");
    strcpy(point->passphrase, "xxxxx-xxxxx-xxxxx");
    return make_letters(capitals, point->name + 9, 4, error) &&
           make_letters(letters, point->passphrase, 5, error) &&
           make_letters(letters, point->passphrase + 6, 5, error) &&
           make_letters(letters, point->passphrase + 12, 5, error) && choose_channel(point, error);
}

void access_point_forget(struct access_point *point) {
    pp_wipe(point->name, sizeof point->name);
    pp_wipe(point->passphrase, sizeof point->passphrase);
}

/* ---- Its profile ---- */

static struct profile profile_of(const struct access_point *point) {
    struct profile profile = {.name = PROFILE_ID, .kept = true};
    memcpy(profile.uuid, point->uuid, sizeof profile.uuid);
    return profile;
}

static struct profiles profiles_of(const struct access_point_places *places) {
    return (struct profiles){.folder = places->folder, .nmcli = places->nmcli};
}

bool access_point_write(const struct access_point *point, const char *interface, const char *address,
                        struct pp_buf *out, struct pp_error *error) {
    return pp_buf_addf(out, error,
                       "[connection]\nid=" PROFILE_ID "\nuuid=%s\ntype=wifi\ninterface-name=%s\n"
                       "autoconnect=false\n\n",
                       point->uuid, interface) &&
           pp_buf_addf(out, error, "[wifi]\nmode=ap\nband=bg\nchannel=%u\nap-isolation=1\nssid=%s\n\n",
                       point->channel, point->name) &&
           pp_buf_addf(
               out, error,
               "[wifi-security]\nkey-mgmt=wpa-psk\nproto=rsn;\npairwise=ccmp;\ngroup=ccmp;\npsk=%s\n\n",
               point->passphrase) &&
           pp_buf_addf(out, error,
                       "[ipv4]\nmethod=shared\naddress1=%s/%d\n"
                       "routing-rule1=priority %d from 0.0.0.0/0 iif %s type prohibit\n\n"
                       "[ipv6]\nmethod=disabled\n",
                       address, ACCESS_POINT_PREFIX, RULE_PRIORITY, interface);
}

static bool load(struct access_point *point, const struct access_point_places *places, const char *interface,
                 struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(KEYFILE_MAX);
    char path[PP_PATH_MAX];
    if (!keyfile_make_uuid(point->uuid, error) ||
        !access_point_write(point, interface, places->address, &text, error))
        return false;
    const struct profile profile = profile_of(point);
    const struct profiles profiles = profiles_of(places);
    return profile_path(&profiles, &profile, path, error) &&
           pp_file_replace(AT_FDCWD, path, text.data, text.size, 0600, error) &&
           profile_load(&profiles, &profile, error);
}

static bool bring_up(const struct access_point *point, const struct access_point_places *places,
                     struct pp_error *error) {
    const char *const words[] = {
        "--wait", SECONDS(ACCESS_POINT_UP_S), "connection", "up", "uuid", point->uuid, NULL};
    return nmcli_run(places->nmcli, words, ACCESS_POINT_UP_S * 1000 + NMCLI_SHORT_MS, NULL, error);
}

/* ---- Every name is the page's ---- */

static bool names_path(const struct access_point_places *places, char path[PP_PATH_MAX],
                       struct pp_error *error) {
    return pp_path_format(path, error, "%s/" ACCESS_POINT_NAMES_FILE, places->names_folder);
}

bool access_point_write_names(const char *address, struct pp_buf *out, struct pp_error *error) {
    return pp_buf_addf(out, error, "leasefile-ro\nno-resolv\nlocal=/#/\naddress=/#/%s\n", address);
}

static bool put_names(const struct access_point_places *places, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(ACCESS_POINT_NAMES_MAX);
    char path[PP_PATH_MAX];
    return names_path(places, path, error) && access_point_write_names(places->address, &text, error) &&
           pp_file_replace(AT_FDCWD, path, text.data, text.size, 0644, error);
}

/* Without it the page is there, but no phone opens it by itself; and dnsmasq notes who was there until the access
 * point is closed (board/dispatcher). */
static void write_names(const struct access_point_places *places) {
    struct pp_error error = {0};
    if (!put_names(places, &error))
        pp_log_warning("no phone opens the page by itself: %s", error.message);
}

/* And half of it, of a power cut: dnsmasq reads each file of its folder, whatever it is called. */
static void remove_names(const struct access_point_places *places) {
    char path[PP_PATH_MAX], half[PP_PATH_MAX];
    struct pp_error error = {0};
    if (!names_path(places, path, &error) || !pp_path_format(half, &error, "%s.new", path) ||
        !pp_file_remove(AT_FDCWD, path, &error) || !pp_file_remove(AT_FDCWD, half, &error))
        pp_log_warning("%s", error.message);
}

/* NetworkManager turns forwarding on, and not off again; its dispatcher does, where it was off, and removes the note:
 * one that is there is of before. */
static void note_forwarding(const struct access_point_places *places) {
    pp_autobuf struct pp_buf value = PP_BUF_INIT(16);
    struct pp_error error = {0};
    if (access(places->forwarding, F_OK) == 0)
        return;
    if (!pp_file_read(AT_FDCWD, "/proc/sys/net/ipv4/ip_forward", &value, &error) ||
        !pp_file_replace(AT_FDCWD, places->forwarding, value.data, value.size, 0644, &error))
        pp_log_warning("whether this machine forwards is not noted: %s", error.message);
}

/* ---- The page ---- */

/* Of that interface alone: no other network of the machine reaches it. */
static int listen_on(const struct access_point_places *places, const char *interface,
                     struct pp_error *error) {
    const int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(places->port)};
    pp_autoclose int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (inet_pton(AF_INET, places->address, &address.sin_addr) != 1) {
        pp_fail(error, PP_E_INVALID, "%s: not an IPv4 address", places->address);
        return -1;
    }
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 || listen(fd, LISTEN_MAX) != 0) {
        pp_fail_errno(error, "%s:%u on %s", places->address, places->port, interface);
        return -1;
    }
    return pp_steal_fd(&fd);
}

static bool start_page(struct access_point *point, const struct access_point_places *places,
                       const char *interface, struct setup_opening *opening, struct pp_error *error) {
    char port[8] = "";
    if (places->port != ACCESS_POINT_PORT)
        snprintf(port, sizeof port, ":%u", places->port);
    snprintf(opening->host, sizeof opening->host, "%s%s", places->address, port);
    pp_autoclose int listener = listen_on(places, interface, error);
    pp_autoclose int page = listener < 0 ? -1 : ipc_connect(places->setup_socket, error);
    if (page < 0 || !setup_opening_send(page, opening, listener, error) || !ipc_set_nonblocking(page, error))
        return false;
    point->page = pp_steal_fd(&page);
    return true;
}

/* ---- Open and closed ---- */

/* From NetworkManager first: the file says to the next start which one is to be closed. */
static bool remove_profile(const struct access_point *point, const struct access_point_places *places,
                           struct pp_error *error) {
    const char *const words[] = {"connection", "delete", "uuid", point->uuid, NULL};
    const struct profiles profiles = profiles_of(places);
    struct profile profile = profile_of(point);
    struct pp_error own = {0};
    if (!nmcli_run(places->nmcli, words, NMCLI_SHORT_MS, NULL, &own) && own.code != PP_E_NOTFOUND)
        return pp_fail(error, own.code, "the access point is not closed yet: %s", own.message);
    profile.uuid[0] = 0;
    return profile_remove(&profiles, &profile, error);
}

bool access_point_open(struct access_point *point, const struct access_point_places *places,
                       const char *interface, struct setup_opening *opening, struct pp_error *error) {
    if (!access_point_is_closed(point) && !remove_profile(point, places, error))
        return false;
    write_names(places);
    note_forwarding(places);
    if (load(point, places, interface, error) && bring_up(point, places, error) &&
        start_page(point, places, interface, opening, error))
        return true;
    access_point_close(point, places);
    return false;
}

void access_point_close(struct access_point *point, const struct access_point_places *places) {
    struct pp_error error = {0};
    if (point->page >= 0)
        close(point->page);
    point->page = -1;
    if (access_point_is_closed(point))
        return;
    remove_names(places);
    if (remove_profile(point, places, &error))
        point->uuid[0] = 0;
    else
        pp_log_warning("%s", error.message);
}

bool access_point_is_closed(const struct access_point *point) {
    return !*point->uuid;
}

void access_point_clear(struct access_point *point, const struct access_point_places *places) {
    const struct profiles profiles = profiles_of(places);
    struct profile profile;
    if (!profile_read(&profiles, PROFILE_ID, 0, &profile, NULL)) {
        remove_names(places);
        return;
    }
    memcpy(point->uuid, profile.uuid, sizeof point->uuid);
    access_point_close(point, places);
}
