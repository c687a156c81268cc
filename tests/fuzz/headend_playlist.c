/* Playlist descriptions, and the first bytes of content. */
#include "headend/ingest/media_type.h"
#include "headend/ingest/playlist.h"
#include "headend/ingest/playlist_shape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct media_type type;
    (void)!media_type_detect(data, size < MEDIA_TYPE_PROBE ? size : MEDIA_TYPE_PROBE, &type, NULL);
    /* No file of that folder exists, so nothing is read. */
    const struct playlist_options options = {.duration_s = PLAYLIST_IMAGE_S};
    struct playlist playlist = {0};
    (void)!playlist_of_description(data, size, "/nonexistent", &options, &playlist, NULL);
    playlist_finish(&playlist);
    return 0;
}
