/* bench-read FILE MIB PASSES: makes a sealed object of MIB MiB in FILE, reads it from its begin to its end
 * PASSES times as a renderer does, out of the page cache, and prints each pass's bytes a second of processor
 * time. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/random.h"
#include "crypto/seal.h"

#define PIECE_SIZE SEAL_SEGMENT_DEFAULT /* bytes, the renderers' buffer (render/media/source.c) */

static bool write_all(void *arg, const void *data, size_t size, struct pp_error *error) {
    const int *fd = arg;
    while (size > 0) {
        ssize_t written = write(*fd, data, size);
        if (written <= 0)
            return pp_fail_errno(error, "write");
        data = (const uint8_t *)data + written;
        size -= (size_t)written;
    }
    return true;
}

static bool make_object(int fd, size_t pieces, const uint8_t *key, struct pp_error *error) {
    pp_autofree uint8_t *piece = malloc(PIECE_SIZE);
    PP_AUTO(seal_writer)
    struct seal_writer *writer = seal_writer_create(write_all, &fd, key, SEAL_AD_OBJECT, NULL, error);
    if (!piece || !writer || !crypto_random(piece, PIECE_SIZE, error))
        return false;
    for (size_t i = 0; i < pieces; i++) {
        if (!seal_writer_write(writer, piece, PIECE_SIZE, error))
            return false;
    }
    return seal_writer_finish(writer, error);
}

/* Processor time, as `openssl speed` counts it: other programs do not disturb it. */
static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Opening counts: it is part of reading an object. */
static bool read_object(int fd, uint64_t length, const uint8_t *key, double *bytes_per_s,
                        struct pp_error *error) {
    pp_autofree uint8_t *piece = aligned_alloc(64, PIECE_SIZE); /* as av_malloc() gives it */
    double begun_s = now_s();
    PP_AUTO(seal_reader)
    struct seal_reader *reader = seal_reader_create(fd, 0, length, key, SEAL_AD_OBJECT, NULL, error);
    if (!piece || !reader)
        return false;
    uint64_t offset = 0;
    size_t got = PIECE_SIZE;
    while (got > 0) {
        size_t wanted = (size_t)seal_reader_run(reader, offset);
        if (!seal_reader_read(reader, offset, piece, wanted, &got, error))
            return false;
        offset += got;
    }
    *bytes_per_s = (double)offset / (now_s() - begun_s);
    return true;
}

static bool run(const char *path, size_t mib, long passes, struct pp_error *error) {
    uint8_t key[SEAL_KEY_SIZE];
    pp_autoclose int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return pp_fail_errno(error, "%s", path);
    struct stat about;
    if (!crypto_random(key, sizeof key, error) || !make_object(fd, mib * (1048576 / PIECE_SIZE), key, error))
        return false;
    if (fstat(fd, &about) != 0)
        return pp_fail_errno(error, "%s", path);
    for (long i = 0; i < passes; i++) {
        double bytes_per_s = 0;
        if (!read_object(fd, (uint64_t)about.st_size, key, &bytes_per_s, error))
            return false;
        printf("%.0f\n", bytes_per_s);
    }
    return true;
}

int main(int argc, char **argv) {
    struct pp_error error = {0};
    if (argc != 4) {
        fputs("usage: bench-read FILE MIB PASSES\n", stderr);
        return 2;
    }
    if (run(argv[1], strtoul(argv[2], NULL, 10), strtol(argv[3], NULL, 10), &error))
        return 0;
    fprintf(stderr, "bench-read: %s\n", error.message);
    return 1;
}
