#include "headend/ingest/content_look.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/seal.h"
#include "headend/ingest/media_whole.h"

static bool clear_read(void *arg, void *data, size_t size, uint64_t at, struct pp_error *error) {
    size_t got = 0;
    return seal_reader_read(arg, at, data, size, &got, error) &&
           (got == size || pp_fail(error, PP_E_IO, "the file ends too early"));
}

static bool kind_find(struct seal_reader *reader, struct media_type *type, struct pp_error *error) {
    const struct media_bytes bytes = {.read = clear_read, .arg = reader};
    size_t got = 0;
    pp_autofree uint8_t *data = malloc(MEDIA_TYPE_PROBE);
    if (!data)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    bool ok = seal_reader_read(reader, 0, data, MEDIA_TYPE_PROBE, &got, error) &&
              media_type_detect(data, got, type, error);
    pp_wipe(data, MEDIA_TYPE_PROBE);
    return ok && media_bytes_whole(&bytes, seal_reader_size(reader), type, error);
}

/* A film begins in black more often than not. Where it has nothing to show further on, its first picture stays. */
static void poster_find(const struct content_renderers *renderers, int object, uint64_t length,
                        const uint8_t key[IPC_KEY_SIZE], struct content_facts *facts) {
    char warning[CONTENT_WARNING_MAX];
    uint32_t start_ms = facts->seen.duration_ms / 10;
    pp_autobuf struct pp_buf poster = PP_BUF_INIT(facts->seen.thumbnail->max);
    struct content_seen seen = {.thumbnail = &poster};
    if (start_ms > CONTENT_POSTER_MS)
        start_ms = CONTENT_POSTER_MS;
    if (!start_ms ||
        !content_see(renderers, object, length, key, IPC_MEDIA_VIDEO, start_ms, warning, &seen, NULL))
        return;
    pp_buf_finish(facts->seen.thumbnail);
    (void)!pp_buf_add(facts->seen.thumbnail, poster.data, poster.size, NULL);
}

bool content_look(const struct content_renderers *renderers, int object, uint64_t length,
                  const uint8_t key[IPC_KEY_SIZE], struct content_facts *facts, struct pp_error *error) {
    PP_AUTO(seal_reader)
    struct seal_reader *reader = seal_reader_create(object, 0, length, key, SEAL_AD_OBJECT, NULL, error);
    if (!reader || !kind_find(reader, &facts->type, error))
        return false;
    bool film = strcmp(facts->type.kind, "video") == 0;
    if (!content_see(renderers, object, length, key, film ? IPC_MEDIA_VIDEO : IPC_MEDIA_IMAGE, 0,
                     facts->warning, &facts->seen, error))
        return false;
    if (film)
        poster_find(renderers, object, length, key, facts);
    return true;
}
