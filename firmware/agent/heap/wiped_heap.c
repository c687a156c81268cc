/*
 * The heap of a process that holds secrets: what is given back is wiped first. Libraries copy keys and cookies into
 * buffers of their own (request headers, TLS records, JSON) and free them as they are; without this the copies would
 * stay readable in the process, and in its core, for as long as nobody takes that place. It takes glibc's place for
 * all of the process.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* glibc's own, which it keeps for whoever stands in front of it. */
void *__libc_malloc(size_t size);
void __libc_free(void *memory);

void free(void *memory) {
    int kept = errno;
    if (memory)
        explicit_bzero(memory, malloc_usable_size(memory));
    __libc_free(memory);
    errno = kept;
}

/* Never in glibc's way, which moves a block and leaves the old one as it was. */
void *realloc(void *memory, size_t size) {
    size_t room = memory ? malloc_usable_size(memory) : 0;
    if (memory && !size) {
        free(memory);
        return NULL;
    }
    if (size <= room && size > room / 2)
        return memory;
    void *other = __libc_malloc(size);
    if (!other)
        return NULL;
    if (memory)
        memcpy(other, memory, room < size ? room : size);
    free(memory);
    return other;
}
