/* A manifest from anywhere; one that is taken answers every question without end or fault. */
#include "channel/manifest.h"
#include "channel/schedule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct pp_error error;
    PP_AUTO(channel_manifest) struct channel_manifest *manifest = channel_manifest_parse(data, size, &error);
    if (!manifest)
        return 0;
    int64_t until = 0;
    if (!channel_layout_at(manifest, 1790000000, "Europe/Paris", &until) || until <= 1790000000)
        abort();
    for (size_t i = 0; i < manifest->playlist_count; i++) {
        size_t index = 0;
        int64_t offset = 0;
        const struct channel_playlist *playlist = &manifest->playlists[i];
        if (channel_playlist_position(playlist, 1790000000123, &index, &offset) &&
            (index >= playlist->item_count || offset >= playlist->items[index].duration_ms))
            abort();
    }
    return 0;
}
