/* In place of the C library's fsync in a test program: a flash that lets the test say when an fsync is over, and
 * whether it goes well. Included by one file of the program. */
#ifndef PP_TESTS_SUPPORT_HELD_FLASH_H
#define PP_TESTS_SUPPORT_HELD_FLASH_H

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
    pthread_mutex_t lock; /* over everything below */
    pthread_cond_t changed;
    bool held;
    int waiting; /* fsyncs that wait for the end of it */
    int syncs;   /* so far */
    int fails;   /* so many from here on */
} flash = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

int fsync(int fd) {
    pthread_mutex_lock(&flash.lock);
    flash.syncs++;
    flash.waiting++;
    pthread_cond_broadcast(&flash.changed);
    while (flash.held)
        pthread_cond_wait(&flash.changed, &flash.lock);
    flash.waiting--;
    bool fails = flash.fails > 0;
    flash.fails -= fails;
    pthread_mutex_unlock(&flash.lock);
    errno = EIO;
    return fails ? -1 : (int)syscall(SYS_fsync, fd);
}

static inline void flash_hold(bool held) {
    pthread_mutex_lock(&flash.lock);
    flash.held = held;
    pthread_cond_broadcast(&flash.changed);
    pthread_mutex_unlock(&flash.lock);
}

/* Until a thread is in an fsync. */
static inline void flash_wait(void) {
    pthread_mutex_lock(&flash.lock);
    while (!flash.waiting)
        pthread_cond_wait(&flash.changed, &flash.lock);
    pthread_mutex_unlock(&flash.lock);
}

static inline void flash_fail(int times) {
    pthread_mutex_lock(&flash.lock);
    flash.fails = times;
    pthread_mutex_unlock(&flash.lock);
}

#endif
