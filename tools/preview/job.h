/*
 * What is to be shown, as the headend hands it over: one packet on the control socket, of one byte, with three
 * descriptors:
 *
 *   0  a file with this JSON, at most PREVIEW_JOB_MAX bytes. It has keys of objects in it, and so is no file that has a
 *      name (memfd_create(2)):
 *
 *      {"width": 960, "height": 540, "still": false, "ahead_ms": 0, "time_zone": "Europe/Paris",
 *       "programs": "/usr/libexec/pingplay-headend", "manifest": {…},
 *       "files": {"<SHA-256 of the sealed object>": "ab/<name>"},
 *       "message": {"severity": "severe", "band": false, "title": "…", "text": "…"}}
 *
 *      An urgent message is above all else; with one there may be no manifest, and no files.
 *
 *   1  the folder that the files are in, sealed
 *   2  a stream socket for the pictures (pictures.h)
 */
#ifndef PREVIEW_JOB_H
#define PREVIEW_JOB_H

#include "base/file.h"
#include "base/json.h"
#include "channel/manifest.h"

#define PREVIEW_JOB_MAX   (CHANNEL_MANIFEST_SIZE_MAX + 1024 * 1024) /* bytes */
#define PREVIEW_SIDE_MAX  960                                       /* pixels */
#define PREVIEW_SIDE_MIN  16
#define PREVIEW_AHEAD_MAX (INT64_C(50) * 366 * 24 * 60 * 60 * 1000) /* ms, either way */

struct preview_job {
    int64_t width, height; /* pixels of the display */
    bool still;            /* one picture, and the end */
    int64_t ahead_ms;      /* of our clock before the system's */
    char time_zone[CHANNEL_ZONE_MAX + 1];
    char programs[PP_PATH_MAX];        /* the folder of the player and the renderers */
    struct channel_manifest *manifest; /* for the director to take */
    cJSON *files;
    cJSON *message; /* NULL none */
    int folder;     /* of the files */
    int out;        /* for the pictures; non-blocking */
};
void preview_job_finish(struct preview_job *job);
#define preview_job_auto PP_CLEANUP(preview_job_finish)

/* Waits for it at `control`. */
PP_MUST_USE bool preview_job_receive(int control, struct preview_job *job, struct pp_error *error);

/* A descriptor of the sealed object, which the caller closes; -1 with PP_E_NOTFOUND, or another code. */
int preview_job_open(const struct preview_job *job, const uint8_t sha256[CHANNEL_HASH_SIZE],
                     struct pp_error *error);

#endif
