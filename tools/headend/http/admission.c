#include "headend/http/admission.h"

#include <stdlib.h>
#include <string.h>

#define PLACES_BUCKETS  1024
#define SCREENS_BUCKETS 4096

/* An address or a network that somebody is connected from. */
struct place {
    char name[ADDRESS_TEXT_SIZE];
    uint64_t guests, strangers; /* those that count */
    uint64_t references;        /* guests that point here, those who are leaving too */
    struct place *next;         /* in the bucket */
};

struct admission {
    uint64_t limit, per_address;
    uint64_t counts[STANDINGS];
    struct guest *first, *last;
    uint64_t arrivals;
    struct place *places[PLACES_BUCKETS];
    struct guest *screens[SCREENS_BUCKETS]; /* by the screen */
};

uint64_t admission_carried(uint64_t descriptors, uint64_t spare, uint64_t memory) {
    uint64_t by_descriptors = descriptors > spare ? (descriptors - spare) / 5 * 4 : 0;
    uint64_t by_memory = memory ? memory / 2 / ADMISSION_MEMORY : UINT64_MAX;
    return by_descriptors < by_memory ? by_descriptors : by_memory;
}

struct admission *admission_create(uint64_t limit, uint64_t per_address, struct pp_error *error) {
    struct admission *admission = calloc(1, sizeof *admission);
    if (!admission) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    admission->limit = limit;
    admission->per_address = per_address;
    return admission;
}

void admission_destroy(struct admission *admission) {
    free(admission);
}

/* FNV-1a. Who chooses addresses so that they fall together only slows down the counting. */
static uint32_t name_hash(const char *name) {
    uint32_t hash = 2166136261U;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619U;
    return hash;
}

static struct place **place_bucket(struct admission *admission, const char *name) {
    return &admission->places[name_hash(name) % PLACES_BUCKETS];
}

static struct guest **screen_bucket(struct admission *admission, const char *screen) {
    return &admission->screens[name_hash(screen) % SCREENS_BUCKETS];
}

static void screen_link(struct admission *admission, struct guest *guest) {
    struct guest **bucket = screen_bucket(admission, guest->screen);
    guest->screen_previous = NULL;
    guest->screen_next = *bucket;
    if (*bucket)
        (*bucket)->screen_previous = guest;
    *bucket = guest;
}

static void screen_unlink(struct admission *admission, struct guest *guest) {
    if (guest->standing != STANDING_SCREEN)
        return;
    *(guest->screen_previous ? &guest->screen_previous->screen_next
                             : screen_bucket(admission, guest->screen)) = guest->screen_next;
    if (guest->screen_next)
        guest->screen_next->screen_previous = guest->screen_previous;
    guest->screen_previous = guest->screen_next = NULL;
}

static struct place *place_take(struct admission *admission, const char *name) {
    struct place **bucket = place_bucket(admission, name);
    struct place *place = *bucket;
    while (place && strcmp(place->name, name) != 0)
        place = place->next;
    if (!place && (place = calloc(1, sizeof *place))) {
        strncpy(place->name, name, sizeof place->name - 1);
        place->next = *bucket;
        *bucket = place;
    }
    if (place)
        place->references++;
    return place;
}

static void place_drop(struct admission *admission, struct place *place) {
    if (!place || --place->references)
        return;
    struct place **link = place_bucket(admission, place->name);
    while (*link != place)
        link = &(*link)->next;
    *link = place->next;
    free(place);
}

/* Adds him to all counts that he is of, or takes him out. */
static void guest_count(struct admission *admission, const struct guest *guest, bool in) {
    struct place *const places[] = {guest->at_address, guest->at_network};
    uint64_t one = in ? 1 : UINT64_MAX;
    admission->counts[guest->standing] += one;
    for (size_t i = 0; i < 2; i++) {
        places[i]->guests += one;
        if (guest->standing == STANDING_STRANGER)
            places[i]->strangers += one;
    }
}

static void guest_unlink(struct admission *admission, struct guest *guest) {
    *(guest->previous ? &guest->previous->next : &admission->first) = guest->next;
    *(guest->next ? &guest->next->previous : &admission->last) = guest->previous;
    guest->previous = guest->next = NULL;
}

static void guest_link(struct admission *admission, struct guest *guest) {
    guest->previous = admission->last;
    guest->next = NULL;
    *(admission->last ? &admission->last->next : &admission->first) = guest;
    admission->last = guest;
}

/* Whether `a` is rather to go than `b`, who came before him. */
static bool is_evicted_before(const struct guest *a, const struct guest *b) {
    if (a->at_network->strangers != b->at_network->strangers)
        return a->at_network->strangers > b->at_network->strangers;
    if (a->at_address->strangers != b->at_address->strangers)
        return a->at_address->strangers > b->at_address->strangers;
    return !a->busy && b->busy;
}

/* The stranger who is to go, from `place` if not NULL; never the newest guest. */
static struct guest *next_stranger_to_evict(const struct admission *admission, const struct place *place) {
    struct guest *found = NULL;
    for (struct guest *guest = admission->first; guest && guest != admission->last; guest = guest->next) {
        bool there = !place || guest->at_address == place || guest->at_network == place;
        if (there && !guest->leaving && guest->standing == STANDING_STRANGER &&
            (!found || is_evicted_before(guest, found)))
            found = guest;
    }
    return found;
}

static uint64_t admission_total(const struct admission *admission) {
    uint64_t total = 0;
    for (size_t i = 0; i < STANDINGS; i++)
        total += admission->counts[i];
    return total;
}

/* What the newest guest, who is counted already, is too many of; false where he is not. */
static bool is_over_limit(const struct admission *admission, const struct guest *guest,
                          const struct place **place) {
    uint64_t per_network = admission->per_address * ADMISSION_NETWORK_TIMES;
    *place = NULL;
    if (guest->at_address->guests > admission->per_address)
        *place = guest->at_address;
    else if (guest->six && guest->at_network->guests > per_network)
        *place = guest->at_network;
    return *place || admission_total(admission) > admission->limit;
}

bool admission_enter(struct admission *admission, struct guest *guest, struct guest **evicted) {
    const struct place *place;
    *evicted = NULL;
    guest->standing = STANDING_STRANGER;
    guest->leaving = false;
    guest->arrival = ++admission->arrivals;
    guest->at_address = place_take(admission, guest->address);
    guest->at_network = place_take(admission, guest->network);
    if (!guest->at_address || !guest->at_network) {
        place_drop(admission, guest->at_address);
        place_drop(admission, guest->at_network);
        guest->at_address = guest->at_network = NULL;
        return false;
    }
    guest_link(admission, guest);
    guest_count(admission, guest, true);
    if (!is_over_limit(admission, guest, &place))
        return true;
    *evicted = next_stranger_to_evict(admission, place);
    if (*evicted)
        admission_dismiss(admission, *evicted);
    else
        admission_leave(admission, guest);
    return *evicted != NULL;
}

/* The oldest other connection of the screen, where it has as many as it may. */
static struct guest *next_screen_to_evict(struct admission *admission, const char *screen) {
    struct guest *oldest = NULL;
    size_t count = 0;
    for (struct guest *other = *screen_bucket(admission, screen); other; other = other->screen_next) {
        if (other->leaving || strcmp(other->screen, screen) != 0)
            continue;
        count++;
        if (!oldest || other->arrival < oldest->arrival)
            oldest = other;
    }
    return count >= ADMISSION_SCREEN_MAX ? oldest : NULL;
}

bool admission_recognise(struct admission *admission, struct guest *guest, enum standing standing,
                         const char *screen, struct guest **evicted) {
    *evicted = NULL;
    if (guest->leaving || !guest->at_address || guest->standing != STANDING_STRANGER ||
        standing == STANDING_STRANGER)
        return true;
    if (standing == STANDING_SCREEN) {
        uint64_t reserve = (admission->limit + ADMISSION_RESERVE_PART - 1) / ADMISSION_RESERVE_PART;
        *evicted = next_screen_to_evict(admission, screen);
        if (!*evicted && admission->counts[STANDING_SCREEN] + reserve >= admission->limit)
            return false;
        strncpy(guest->screen, screen, sizeof guest->screen - 1);
    }
    if (*evicted)
        admission_dismiss(admission, *evicted);
    guest_count(admission, guest, false);
    guest->standing = standing;
    guest_count(admission, guest, true);
    if (standing == STANDING_SCREEN)
        screen_link(admission, guest);
    return true;
}

void admission_dismiss(struct admission *admission, struct guest *guest) {
    if (guest->leaving || !guest->at_address)
        return;
    guest_count(admission, guest, false);
    guest->leaving = true;
}

void admission_leave(struct admission *admission, struct guest *guest) {
    if (!guest->at_address)
        return;
    admission_dismiss(admission, guest);
    screen_unlink(admission, guest);
    guest_unlink(admission, guest);
    place_drop(admission, guest->at_address);
    place_drop(admission, guest->at_network);
    guest->at_address = guest->at_network = NULL;
}

uint64_t admission_count(const struct admission *admission, enum standing standing) {
    return admission->counts[standing];
}

struct guest *admission_first(const struct admission *admission) {
    return admission->first;
}
