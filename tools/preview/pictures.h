/*
 * The pictures on their way to the headend, on a stream socket:
 *
 *      0      4
 *      +------+-------------------------+------+----------
 *      | size | a JPEG of so many bytes | size | …            size: u32, big endian
 *      +------+-------------------------+------+----------
 *
 * One that was begun is sent whole; meanwhile no other is taken, so that whoever reads slowly gets fewer of them.
 */
#ifndef PREVIEW_PICTURES_H
#define PREVIEW_PICTURES_H

#include "net/loop.h"
#include "preview/jpeg.h"

#define PICTURES_HEAD 4 /* bytes */

struct pictures {
    struct net_loop *loop;
    int out; /* borrowed */
    struct pp_buf waiting;
    size_t sent; /* of what waits */
    struct net_watch *watch;
    struct pixels last;         /* that was taken */
    void (*on_sent)(void *arg); /* all that waited has gone */
    void (*on_gone)(void *arg); /* nobody looks any more */
    void *arg;
};

PP_MUST_USE bool pictures_init(struct pictures *pictures, struct net_loop *loop, int out,
                               struct pp_error *error);
void pictures_finish(struct pictures *pictures);

/* One is being sent still. */
bool pictures_busy(const struct pictures *pictures);
/* Takes the pixels: they are sent where they are others than the last ones, or where `always`. *changed says so. */
PP_MUST_USE bool pictures_send(struct pictures *pictures, struct pixels *pixels, bool always, bool *changed,
                               struct pp_error *error);

#endif
