#include "headend/public/authorities.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

#include "base/log.h"

struct authorities {
    pthread_mutex_t mutex; /* over all but `home` */
    const struct home *home;
    struct stat file; /* that they were read from; all 0 where there was none */
    struct ca *ca;
    char trouble[PP_ERROR_MESSAGE_MAX]; /* told; "" none */
};

static struct stat file_now(const struct home *home) {
    struct stat now = {0};
    return fstatat(home->fd, HOME_AUTHORITIES, &now, 0) == 0 ? now : (struct stat){0};
}

static bool is_same(const struct stat *a, const struct stat *b) {
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
           a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

struct authorities *authorities_open(const struct home *home, struct pp_error *error) {
    struct authorities *authorities = calloc(1, sizeof *authorities);
    if (!authorities) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&authorities->mutex, NULL);
    authorities->home = home;
    authorities->file = file_now(home); /* before: what changes meanwhile is read again */
    authorities->ca = ca_open(home, error);
    if (authorities->ca)
        return authorities;
    authorities_close(authorities);
    return NULL;
}

void authorities_close(struct authorities *authorities) {
    if (!authorities)
        return;
    ca_close(authorities->ca);
    pthread_mutex_destroy(&authorities->mutex);
    free(authorities);
}

static void follow(struct authorities *authorities, const struct stat *now) {
    struct pp_error error = {0};
    struct ca *ca = ca_open(authorities->home, &error);
    if (!ca) {
        /* It is tried again with each look. */
        if (strcmp(error.message, authorities->trouble) != 0)
            pp_log_error("the certificate authorities: %s; those before are used", error.message);
        memcpy(authorities->trouble, error.message, sizeof authorities->trouble);
        return;
    }
    ca_close(authorities->ca);
    authorities->ca = ca;
    authorities->file = *now;
    authorities->trouble[0] = 0;
}

struct ca *authorities_now(struct authorities *authorities) {
    pthread_mutex_lock(&authorities->mutex);
    struct stat now = file_now(authorities->home);
    if (!is_same(&now, &authorities->file))
        follow(authorities, &now);
    struct ca *ca = ca_hold(authorities->ca);
    pthread_mutex_unlock(&authorities->mutex);
    return ca;
}
