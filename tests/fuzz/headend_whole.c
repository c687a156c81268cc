/* How long films say that they are. */
#include <sys/mman.h>
#include <unistd.h>

#include "headend/ingest/media_whole.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct media_type types[] = {{.name = "video/mp4", .kind = "video", .moves = true},
                                              {.name = "video/webm", .kind = "video", .moves = true}};
    int fd = memfd_create("film", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        return 0;
    for (size_t i = 0; i < 2; i++)
        (void)!media_is_whole(fd, size, &types[i], NULL);
    close(fd);
    return 0;
}
