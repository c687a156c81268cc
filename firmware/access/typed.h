/* A password while it is typed at the display: wiped with every character that goes. */
#ifndef PP_ACCESS_TYPED_H
#define PP_ACCESS_TYPED_H

#include <stdbool.h>
#include <stddef.h>

#define ACCESS_TYPED_MAX 200 /* bytes: as the headend takes it */

struct access_typed {
    char text[ACCESS_TYPED_MAX + 1]; /* UTF-8; secret */
    size_t size;                     /* bytes */
    unsigned count;                  /* characters: what the screen shows of it */
};

/* All of `text`, or nothing: false where it is none that can be typed, or does not fit. */
bool access_typed_add(struct access_typed *typed, const char *text);
/* The last character. */
void access_typed_erase(struct access_typed *typed);
void access_typed_wipe(struct access_typed *typed);

#endif
