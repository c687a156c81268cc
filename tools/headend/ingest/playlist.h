/*
 * What `publish` is asked to show: content files, or one playlist description
 *
 *   { "title": "Lobby", "items": [ {"file": "a.jpg", "duration": "PT8S", "fit": "cover",
 *                                   "transition": {"kind": "crossfade", "duration": "PT0.6S"}},
 *                                  {"file": "b.mp4", "volume": 0.5} ] }
 *
 * or, with more than one zone or a schedule, "playlists" (each {"align", "items"}), "layouts", "canvas",
 * "schedule" and "default_layout" as in the channel manifest. Plain items fill the display, whatever its shape,
 * unless a "canvas" is described. A description that holds anything else is
 * refused, and so is one that a screen would refuse. Out comes the manifest without its objects, and the
 * list of files that are to be them; the first is object "o1".
 */
#ifndef HEADEND_INGEST_PLAYLIST_H
#define HEADEND_INGEST_PLAYLIST_H

#include "base/file.h"
#include "base/json.h"
#include "headend/ingest/media_type.h"

#define PLAYLIST_FILES_MAX       1024
#define PLAYLIST_DESCRIPTION_MAX (1024 * 1024) /* bytes */
#define PLAYLIST_IMAGE_S         10            /* an image's duration where none is given */
#define PLAYLIST_NOT_GIVEN       UINT64_MAX /* as duration_s: images PLAYLIST_IMAGE_S, animations their own */
#define PLAYLIST_DURATION_MAX    32         /* bytes of a duration's text */

struct playlist {
    cJSON *manifest;            /* without "objects", "channel", "version" */
    char (*files)[PP_PATH_MAX]; /* or the content's ids */
    struct media_type *types;   /* of each file */
    size_t count;
};

struct playlist_options {
    const char *title;   /* NULL: the description's, or the channel's id */
    uint64_t duration_s; /* of images and animations without one of their own, or PLAYLIST_NOT_GIVEN */
};

/* Where content of the library is looked up that items name in the place of files. */
struct playlist_library {
    bool (*find)(void *arg, const char *content, struct media_type *type, struct pp_error *error);
    void *arg;
};

/* From the files' names. */
PP_MUST_USE bool playlist_of_files(const char *const *files, size_t count,
                                   const struct playlist_options *options, struct playlist *playlist,
                                   struct pp_error *error);
/* From a description; its files stand relative to `folder`. */
PP_MUST_USE bool playlist_of_description(const void *json, size_t size, const char *folder,
                                         const struct playlist_options *options, struct playlist *playlist,
                                         struct pp_error *error);
/* The same of content of the library: what playlist_times.h has made of it, or a description without times. */
PP_MUST_USE bool playlist_of_content(const cJSON *description, const struct playlist_options *options,
                                     const struct playlist_library *library, struct playlist *playlist,
                                     struct pp_error *error);
void playlist_finish(struct playlist *playlist);
#define playlist_auto PP_CLEANUP(playlist_finish)

/* Whether it is an ISO 8601 duration as manifests use them: "PT10S", "PT0.6S", "P1DT2H". */
bool duration_valid(const char *text);

#endif
