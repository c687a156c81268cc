#include "ctl/held_key.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define EVENTS_AT_ONCE 64
#define LOOK_MS        500 /* between two looks for devices where the kernel tells of none */

/* ---- Devices ---- */

static struct held_key_device *device_find(struct held_key *key, const char *name) {
    for (int i = 0; i < key->count; i++) {
        if (strcmp(key->devices[i].name, name) == 0)
            return &key->devices[i];
    }
    return NULL;
}

/* The first one down begins the time, the last one up ends it. */
static void settle(struct held_key *key, int64_t now_ms) {
    bool down = false;
    for (int i = 0; i < key->count; i++)
        down = down || key->devices[i].down;
    if (!down)
        key->since_ms = 0;
    else if (!key->since_ms)
        key->since_ms = now_ms;
}

/* What the device says of its keys as a whole; one that cannot say it (a test's pipe) has none down. */
static bool device_has_key_down(int fd, uint16_t code) {
    uint8_t bits[KEY_MAX / 8 + 1] = {0};
    return ioctl(fd, EVIOCGKEY(sizeof bits), bits) >= 0 && (bits[code / 8] >> (code % 8) & 1);
}

static void device_open(struct held_key *key, const char *name) {
    if (strncmp(name, "event", 5) != 0 || strlen(name) > HELD_KEY_NAME_MAX ||
        key->count == HELD_KEY_DEVICES_MAX || device_find(key, name))
        return;
    int fd = openat(key->folder, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return; /* not there for us yet: its rights are told of as another change */
    struct held_key_device *device = &key->devices[key->count++];
    *device = (struct held_key_device){.fd = fd, .down = device_has_key_down(fd, key->code)};
    memcpy(device->name, name, strlen(name));
}

static void device_close(struct held_key *key, struct held_key_device *device) {
    pp_close(&device->fd);
    *device = key->devices[--key->count];
}

static void look_for_devices(struct held_key *key) {
    int copy = openat(key->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    pp_autodir DIR *folder = copy < 0 ? NULL : fdopendir(copy);
    const struct dirent *entry;
    if (!folder) {
        pp_close(&copy);
        return;
    }
    while ((entry = readdir(folder)))
        device_open(key, entry->d_name);
}

/* ---- What they say ---- */

static void device_take(struct held_key_device *device, uint16_t code, const struct input_event *event) {
    if (event->type == EV_SYN && event->code == SYN_DROPPED)
        device->down = device_has_key_down(device->fd, code);
    else if (event->type == EV_KEY && event->code == code)
        device->down = event->value != 0; /* 2: it repeats */
}

/* False where it is gone. */
static bool device_read(struct held_key *key, struct held_key_device *device, int64_t now_ms) {
    struct input_event events[EVENTS_AT_ONCE];
    for (;;) {
        ssize_t got = read(device->fd, events, sizeof events);
        if (got < 0)
            return errno == EAGAIN || errno == EINTR;
        if (got == 0)
            return false;
        for (size_t i = 0; i < (size_t)got / sizeof *events; i++) {
            device_take(device, key->code, &events[i]);
            settle(key, now_ms); /* also one that was up for a moment only */
        }
    }
}

void held_key_read(struct held_key *key, int64_t now_ms) {
    char changes[4096];
    /* What changed does not matter: the folder is looked through. */
    while (key->changes >= 0 && read(key->changes, changes, sizeof changes) > 0) {
    }
    look_for_devices(key);
    for (int i = 0; i < key->count;) {
        if (device_read(key, &key->devices[i], now_ms))
            i++;
        else
            device_close(key, &key->devices[i]);
    }
    settle(key, now_ms);
}

bool held_key_is_held(const struct held_key *key, int64_t now_ms) {
    return key->since_ms && now_ms - key->since_ms >= key->hold_ms;
}

bool held_key_wait(struct held_key *key, int64_t until_ms) {
    struct pollfd pollers[HELD_KEY_DEVICES_MAX + 1];
    int64_t now_ms = pp_clock_monotonic_ms();
    int64_t end_ms = key->since_ms ? key->since_ms + key->hold_ms : until_ms;
    if (now_ms >= end_ms)
        return key->since_ms != 0;
    for (int i = 0; i < key->count; i++)
        pollers[i] = (struct pollfd){.fd = key->devices[i].fd, .events = POLLIN};
    pollers[key->count] = (struct pollfd){.fd = key->changes, .events = POLLIN};
    int64_t wait_ms = end_ms - now_ms;
    (void)!poll(pollers, (nfds_t)key->count + 1,
                (int)(key->changes < 0 && wait_ms > LOOK_MS ? LOOK_MS : wait_ms));
    held_key_read(key, pp_clock_monotonic_ms());
    return true;
}

/* ---- Life ---- */

bool held_key_open(struct held_key *key, const char *folder, uint16_t code, int64_t hold_ms, int64_t now_ms,
                   struct pp_error *error) {
    *key = (struct held_key){.code = code, .hold_ms = hold_ms, .folder = -1, .changes = -1};
    key->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (key->folder < 0)
        return pp_fail_errno(error, "%s", folder);
    key->changes = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (key->changes >= 0 && inotify_add_watch(key->changes, folder, IN_CREATE | IN_ATTRIB) < 0)
        pp_close(&key->changes);
    look_for_devices(key);
    settle(key, now_ms);
    return true;
}

void held_key_close(struct held_key *key) {
    while (key->count)
        device_close(key, &key->devices[0]);
    pp_close(&key->changes);
    pp_close(&key->folder);
}
