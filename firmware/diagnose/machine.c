/* Clock, flash, display, and what only the agent knows. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/wall_clock.h"
#include "diagnose/checks.h"

#define PROBE_SIZE    4096
#define CONNECTOR_MAX 32 /* bytes of a connector's state */
#define DRM_FOLDER    "/sys/class/drm"

/* ---- Time ---- */

static int64_t now_s_of(const struct diagnose_config *config) {
    return (config->now_ms ? config->now_ms : pp_clock_realtime_ms()) / 1000;
}

/* The agent alone knows it; before an enrolment there is none. */
void check_certificate(struct diagnosis *diagnosis) {
    const struct diagnose_config *config = diagnosis->config;
    char end[PP_RFC3339_SIZE];
    if (!config->certificate_end_s) {
        diagnosis_add(diagnosis, "certificate", "skipped", "%s", "");
        return;
    }
    pp_time_format(config->certificate_end_s, end);
    bool ended = config->certificate_end_s <= now_s_of(config);
    diagnosis_add(diagnosis, "certificate", ended ? "certificate-ended" : "certificate-good", "%s", end);
}

/* Unless it is known that another clock decides. */
static bool by_network(const struct diagnose_config *config) {
    return !*config->time_source || strcmp(config->time_source, "network") == 0;
}

void check_time(struct diagnosis *diagnosis) {
    const struct pp_wall_clock_kernel *kernel = pp_wall_clock_kernel();
    const struct diagnose_config *config = diagnosis->config;
    int64_t now_s = now_s_of(config);
    int64_t off_s = diagnosis->has_date ? diagnosis->date_s - now_s : 0;
    char text[2][PP_RFC3339_SIZE];
    pp_time_format(now_s, text[0]);
    pp_time_format(diagnosis->date_s, text[1]);
    if (llabs(off_s) > DIAGNOSE_OFF_S)
        diagnosis_add(diagnosis, "time", "clock-off", "here %s, at the headend %s", text[0], text[1]);
    else if (!kernel->synchronised(kernel->arg) || !by_network(config))
        diagnosis_add(diagnosis, "time", "clock-free", "%s%s%s", text[0],
                      *config->time_source ? ", by: " : "", config->time_source);
    else
        diagnosis_add(diagnosis, "time", "clock-synchronised", "%s", text[0]);
}

/* ---- Storage ---- */

/* Writes a page that no name leads to, and waits until it is on the flash: 0, or why not. */
static int probe(const char *folder) {
    char page[PROBE_SIZE] = {0};
    struct pp_error error;
    pp_autoclose int fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    if (!pp_write_all(fd, page, sizeof page, &error) || fsync(fd) != 0)
        return errno;
    return 0;
}

static const char *finding_of_probe(int failure) {
    switch (failure) {
    case ENOSPC:
    case EDQUOT:
        return "storage-full";
    case EROFS:
        return "storage-read-only";
    case EACCES:
    case EPERM:
        return "storage-unseen";
    case ENOENT:
    case ENOTDIR:
        return "storage-absent";
    default:
        return "storage-failing";
    }
}

void check_storage(struct diagnosis *diagnosis) {
    const char *folder = diagnosis->config->state_dir;
    struct statvfs space = {0};
    if (!*folder) {
        diagnosis_add(diagnosis, "storage", "skipped", "%s", "");
        return;
    }
    int failure = probe(folder);
    if (failure && failure != EOPNOTSUPP) {
        diagnosis_add(diagnosis, "storage", finding_of_probe(failure), "%s: %s", folder, strerror(failure));
        return;
    }
    (void)statvfs(folder, &space);
    if (space.f_flag & ST_RDONLY) {
        diagnosis_add(diagnosis, "storage", "storage-read-only", "%s", folder);
        return;
    }
    uint64_t free_bytes = (uint64_t)space.f_bavail * space.f_frsize;
    diagnosis_add(diagnosis, "storage", free_bytes < DIAGNOSE_LOW_BYTES ? "storage-low" : "storage-good",
                  "%s: %llu MiB free", folder, (unsigned long long)(free_bytes >> 20));
}

/* ---- Display ---- */

/* What the kernel says of one socket for a screen, "card0-HDMI-A-1": true where it says anything. */
static bool connector_read(int folder, const char *name, bool *plugged) {
    char path[288];
    char status[CONNECTOR_MAX] = "";
    snprintf(path, sizeof path, "%s/status", name);
    pp_autoclose int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, status, sizeof status - 1);
    *plugged = strncmp(status, "connected", 9) == 0;
    return got > 0;
}

/* How many sockets there are, and which have a screen. */
static int list_connectors(char plugged[DIAGNOSE_DETAIL_MAX]) {
    pp_autodir DIR *folder = opendir(DRM_FOLDER);
    const struct dirent *entry;
    int count = 0;
    while (folder && (entry = readdir(folder))) {
        bool has_screen = false;
        if (*entry->d_name == '.' || !connector_read(dirfd(folder), entry->d_name, &has_screen))
            continue;
        size_t used = strlen(plugged);
        count++;
        if (has_screen)
            snprintf(plugged + used, DIAGNOSE_DETAIL_MAX - used, "%s%s", used ? ", " : "", entry->d_name);
    }
    return count;
}

void check_display(struct diagnosis *diagnosis) {
    const struct diagnose_config *config = diagnosis->config;
    char plugged[DIAGNOSE_DETAIL_MAX] = "";
    int sockets = list_connectors(plugged);
    if (sockets && !*plugged)
        diagnosis_add(diagnosis, "display", "display-unplugged", "%s", "");
    else if (config->has_agent && !config->has_player)
        diagnosis_add(diagnosis, "display", "display-no-player", "%s", plugged);
    else if (config->has_agent)
        diagnosis_add(diagnosis, "display", "display-shown", "%ux%u, %s", config->width, config->height,
                      config->driver);
    else
        diagnosis_add(diagnosis, "display", sockets ? "display-plugged" : "display-unseen", "%s", plugged);
}

/* ---- The agent ---- */

void check_sandbox(struct diagnosis *diagnosis) {
    const struct diagnose_config *config = diagnosis->config;
    const char *finding = !config->has_agent || !config->sandboxed ? "sandbox-unseen"
                          : config->sandbox_whole                  ? "sandbox-whole"
                                                                   : "sandbox-partial";
    diagnosis_add(diagnosis, "sandbox", finding, "%s", config->sandbox);
}

void check_agent(struct diagnosis *diagnosis) {
    const struct diagnose_config *config = diagnosis->config;
    if (!config->has_agent)
        diagnosis_add(diagnosis, "agent", *config->url ? "agent-down" : "config-missing", "%s",
                      config->trouble);
    else if (*config->code)
        diagnosis_add(diagnosis, "agent", "agent-trouble", "%s: %s", config->code, config->trouble);
    else
        diagnosis_add(diagnosis, "agent", "agent-well", "%s", "");
}
