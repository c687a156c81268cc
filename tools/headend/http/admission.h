/*
 * Who may be connected at a time, so that strangers cannot keep others out.
 *
 * Whoever connects is a stranger, until a request of his shows a screen's certificate or cookie, or an
 * administrator's. A stranger is always let in: where that is one more than may be here, another stranger goes, the
 * longest idle one of the address that has most, in the network that has most. Somebody with a thousand connections
 * so pushes out himself. Those who are known stay; some places are kept from screens, so that an administrator and
 * whoever looks after the server's health find one even where all screens are here.
 *
 * Nothing is locked and nothing closed in here: the caller does both.
 */
#ifndef HEADEND_HTTP_ADMISSION_H
#define HEADEND_HTTP_ADMISSION_H

#include <stdint.h>

#include "base/error.h"
#include "headend/base/address.h"
#include "headend/base/secret.h"

#define ADMISSION_RESERVE_PART 16 /* one place in so many is not for screens */
#define ADMISSION_SCREEN_MAX   16 /* connections of one screen; one more, and its oldest goes */
#define ADMISSION_NETWORK_TIMES                                                                              \
    4 /* a network of IPv6 (/48) may have so many times what an address (/64) may */

#define ADMISSION_MEMORY                                                                                     \
    (128 * 1024) /* bytes of a connection: TLS's and libmicrohttpd's buffers, and an answer's */

enum standing { STANDING_STRANGER, STANDING_SCREEN, STANDING_ADMIN };
#define STANDINGS 3

struct place;

/* One connection. The caller's memory; all but the marked fields belong to admission.c. */
struct guest {
    char address[ADDRESS_TEXT_SIZE], network[ADDRESS_TEXT_SIZE]; /* the caller's, see address.h */
    bool six;                                                    /* the caller's: of IPv6 */
    bool busy; /* the caller's: a request of his is being answered */
    enum standing standing;
    char screen[UUID_TEXT_SIZE]; /* of STANDING_SCREEN */
    bool leaving;                /* was told to go, and counts no more */
    struct place *at_address, *at_network;
    struct guest *previous, *next;               /* the older and the newer one */
    uint64_t arrival;                            /* his number, from the first one */
    struct guest *screen_previous, *screen_next; /* in his screen's bucket, of STANDING_SCREEN */
};

struct admission;
/* At most `limit` guests, `per_address` of them from one address. */
struct admission *admission_create(uint64_t limit, uint64_t per_address, struct pp_error *error);
/* Once nobody is here. */
void admission_destroy(struct admission *admission);

/* How many connections a machine carries: four fifths of the descriptors but `spare` others, the rest being for files
 * that they download; and ADMISSION_MEMORY of half its memory, which is 0 where that is not known. */
uint64_t admission_carried(uint64_t descriptors, uint64_t spare, uint64_t memory);

/* Lets somebody in, as a stranger. *evicted is the one who has to go for that, if not NULL. False where he cannot
 * come in: close his connection; admission_leave is then neither needed nor harmful. */
bool admission_enter(struct admission *admission, struct guest *guest, struct guest **evicted);
/* He has shown who he is; a standing is never lost. False where there is no place for one more screen: he stays a
 * stranger. *evicted as above. */
bool admission_recognise(struct admission *admission, struct guest *guest, enum standing standing,
                         const char *screen, struct guest **evicted);
/* His connection was told to close. */
void admission_dismiss(struct admission *admission, struct guest *guest);
/* It is closed. */
void admission_leave(struct admission *admission, struct guest *guest);

/* How many are here with a standing. */
uint64_t admission_count(const struct admission *admission, enum standing standing);
/* From the oldest to the newest, those that were told to go too: for (g = admission_first(a); g; g = g->next) */
struct guest *admission_first(const struct admission *admission);

#endif
