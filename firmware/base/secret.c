#include "base/secret.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

static size_t whole_pages(size_t size) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (size + page - 1) / page * page;
}

/* The kernel locks such pages, and leaves them out of core files, by itself. */
static void *map_hidden(size_t size) {
    pp_autoclose int fd = (int)syscall(SYS_memfd_secret, 0);
    if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
        return MAP_FAILED;
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

/* Sanitizers take the C library's mlock away, and say that all is locked. */
static void *map_locked(size_t size, enum pp_secret_level *level) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return memory;
    *level = syscall(SYS_mlock, memory, size) == 0 ? PP_SECRET_LOCKED : PP_SECRET_UNLOCKED;
    if (madvise(memory, size, MADV_DONTDUMP) == 0)
        return memory;
    munmap(memory, size);
    return MAP_FAILED;
}

void *pp_secret_create(size_t size, enum pp_secret_level *level, struct pp_error *error) {
    enum pp_secret_level reached = PP_SECRET_HIDDEN;
    size_t pages = whole_pages(size);
    void *memory = map_hidden(pages);
    if (memory == MAP_FAILED)
        memory = map_locked(pages, &reached);
    if (memory != MAP_FAILED && madvise(memory, pages, MADV_DONTFORK) < 0) {
        munmap(memory, pages);
        memory = MAP_FAILED;
    }
    if (memory == MAP_FAILED) {
        pp_fail_errno(error, "memory for a secret");
        return NULL;
    }
    if (level)
        *level = reached;
    return memory;
}

void pp_secret_destroy(void *secret, size_t size) {
    if (!secret)
        return;
    pp_wipe(secret, size);
    munmap(secret, whole_pages(size));
}

const char *pp_secret_level_words(enum pp_secret_level level) {
    static const char *const words[] = {
        [PP_SECRET_HIDDEN] = "hidden (memfd_secret)",
        [PP_SECRET_LOCKED] = "locked",
        [PP_SECRET_UNLOCKED] = "not locked: the limit of locked memory is reached",
    };
    return words[level];
}

struct pp_secret_text {
    atomic_uint references;
    size_t size; /* bytes of all this */
    char text[];
};

struct pp_secret_text *pp_secret_text_create(const char *text, struct pp_error *error) {
    size_t size = sizeof(struct pp_secret_text) + strlen(text) + 1;
    struct pp_secret_text *secret = pp_secret_create(size, NULL, error);
    if (!secret)
        return NULL;
    secret->references = 1;
    secret->size = size;
    memcpy(secret->text, text, strlen(text) + 1);
    return secret;
}

struct pp_secret_text *pp_secret_text_ref(struct pp_secret_text *text) {
    if (text)
        atomic_fetch_add(&text->references, 1);
    return text;
}

void pp_secret_text_destroy(struct pp_secret_text *text) {
    if (text && atomic_fetch_sub(&text->references, 1) == 1)
        pp_secret_destroy(text, text->size);
}

const char *pp_secret_text(const struct pp_secret_text *text) {
    return text ? text->text : NULL;
}
