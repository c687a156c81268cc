/*
 * Clean-up attributes for locals. `pp_autofree char *name = …;` is freed when it goes out of scope;
 * `pp_steal(&name)` hands it to the caller. Types of our own define theirs with PP_DEFINE_AUTO next to their
 * destroy function.
 */
#ifndef PP_BASE_MEM_H
#define PP_BASE_MEM_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PP_CLEANUP(function) __attribute__((cleanup(function)))

/* PP_DEFINE_AUTO(thing, struct thing, thing_destroy) defines `thing_auto`, used as
 * `PP_AUTO(thing) struct thing *t = NULL;`. The destroy function accepts NULL. */
#define PP_DEFINE_AUTO(name, type, destroy)                                                                  \
    static inline void name##_auto(type **pointer) {                                                         \
        destroy(*pointer);                                                                                   \
    }
#define PP_AUTO(name) PP_CLEANUP(name##_auto)

static inline void pp_auto_free_cleanup(void *pointer) {
    void *memory;
    memcpy(&memory, pointer, sizeof memory);
    free(memory);
}
static inline void pp_auto_close_cleanup(const int *fd) {
    if (*fd >= 0)
        close(*fd);
}
static inline void pp_autofile_cleanup(FILE **file) {
    if (*file)
        fclose(*file);
}
static inline void pp_autodir_cleanup(DIR **dir) {
    if (*dir)
        closedir(*dir);
}

#define pp_autofree  PP_CLEANUP(pp_auto_free_cleanup)
#define pp_autoclose PP_CLEANUP(pp_auto_close_cleanup)
#define pp_autofile  PP_CLEANUP(pp_autofile_cleanup)
#define pp_autodir   PP_CLEANUP(pp_autodir_cleanup)

/* Takes a pointer out of a clean-up variable. */
#define pp_steal(pointer)                                                                                    \
    ({                                                                                                       \
        __typeof__(*(pointer)) pp_stolen = *(pointer);                                                       \
        *(pointer) = NULL;                                                                                   \
        pp_stolen;                                                                                           \
    })

/* The same for a file descriptor in a pp_autoclose variable. */
static inline int pp_steal_fd(int *fd) {
    int stolen = *fd;
    *fd = -1;
    return stolen;
}

/* Closes and forgets a descriptor kept in a struct; -1 is allowed. */
static inline void pp_close(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Clears a secret; the compiler may not remove it. */
#define pp_wipe(pointer, size) explicit_bzero((pointer), (size))

/* Wipes and frees a secret text; NULL is allowed. */
static inline void pp_secret_free(char *text) {
    if (text)
        pp_wipe(text, strlen(text));
    free(text);
}

#define PP_COUNT(array) (sizeof(array) / sizeof *(array))

#endif
