/* For LD_PRELOAD: a disk on which every fsync and fdatasync takes SLOW_SYNC_MS milliseconds longer. Adds a byte to the
 * file SLOW_SYNC_COUNT for each. While the file SLOW_SYNC_BROKEN is there, they fail. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int slow_sync(const char *name, int fd) {
    int (*sync)(int) = NULL;
    void *found = dlsym(RTLD_NEXT, name);
    const char *text = getenv("SLOW_SYNC_MS");
    const char *count = getenv("SLOW_SYNC_COUNT");
    long ms = text ? strtol(text, NULL, 10) : 0;
    memcpy(&sync, &found, sizeof sync);
    int log = count ? open(count, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (log >= 0) {
        if (write(log, ".", 1) != 1)
            abort();
        close(log);
    }
    const char *failing = getenv("SLOW_SYNC_BROKEN");
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
    if (failing && access(failing, F_OK) == 0) {
        errno = EIO;
        return -1;
    }
    return sync(fd);
}

int fsync(int fd) {
    return slow_sync("fsync", fd);
}

int fdatasync(int fd) {
    return slow_sync("fdatasync", fd);
}
