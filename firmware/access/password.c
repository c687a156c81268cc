/* Mode "password": the code and the address of the headend's page stand in the state; who signs in does so there, on a
 * phone, or types the password at the display, from where it goes to the headend, encrypted. None is kept here. */
#include <stdlib.h>

#include "access/person_internal.h"

#define WAIT_STEP_S      10 /* the waiting time on the screen: in these steps, … */
#define WAIT_STEP_LONG_S 60 /* … or, above this, in these */

struct password {
    struct access_person person; /* first */
    enum access_entry entry;
    int64_t wait_until_ms; /* CLOCK_MONOTONIC, of ACCESS_ENTRY_WAIT */
    struct net_timer timer;
};

static void set_entry(struct password *password, enum access_entry entry, int64_t wait_s) {
    password->entry = entry;
    password->person.config.on_entry(password->person.config.arg, entry, wait_s);
}

/* The time that is left goes down on the screen. */
static void show_wait(void *arg) {
    struct password *password = arg;
    int64_t left_ms = password->wait_until_ms - pp_clock_monotonic_ms();
    int64_t left_s = (left_ms + 999) / 1000;
    int64_t step_s = left_s > WAIT_STEP_LONG_S ? WAIT_STEP_LONG_S : WAIT_STEP_S;
    if (left_ms <= 0) {
        set_entry(password, ACCESS_ENTRY_OPEN, 0);
        return;
    }
    int64_t shown_s = (left_s + step_s - 1) / step_s * step_s;
    set_entry(password, ACCESS_ENTRY_WAIT, shown_s);
    net_timer_start_in(&password->timer, password->person.config.loop, left_ms - (shown_s - step_s) * 1000,
                       show_wait, password);
}

static void on_submitted(struct access_person *person, enum access_submitted result, int64_t wait_s,
                         const struct pp_error *why) {
    struct password *password = (struct password *)person;
    (void)why;
    if (password->entry != ACCESS_ENTRY_CHECKING) /* the state that it brought about was quicker */
        return;
    if (result == ACCESS_THROTTLED) {
        password->wait_until_ms = pp_clock_monotonic_ms() + wait_s * 1000;
        show_wait(password);
    } else if (result != ACCESS_TAKEN) {
        set_entry(password, result == ACCESS_REFUSED ? ACCESS_ENTRY_WRONG : ACCESS_ENTRY_UNANSWERED, 0);
    }
}

struct access_person *access_password_create(void) {
    struct password *password = calloc(1, sizeof *password);
    if (!password)
        return NULL;
    password->person.on_submitted = on_submitted;
    return &password->person;
}

void access_password_follow(struct access_person *person, int64_t now_s) {
    struct password *password = (struct password *)person;
    const struct access_policy *policy = &person->policy;
    const struct access_ask ask = {
        .address = policy->url, .qr = policy->url_complete, .user_code = policy->code};
    bool asks = !policy->open && *policy->code;
    (void)now_s;
    access_person_show(person, asks ? &ask : NULL);
    if (asks && password->entry == ACCESS_ENTRY_WAIT)
        return; /* another code shortens nothing */
    net_timer_stop(&password->timer);
    set_entry(password, asks && policy->has_key ? ACCESS_ENTRY_OPEN : ACCESS_ENTRY_NONE, 0);
}

bool access_password_type(struct access_person *person, const char *text) {
    struct password *password = (struct password *)person;
    struct pp_error error = {0};
    bool wanted = password->entry == ACCESS_ENTRY_OPEN || password->entry == ACCESS_ENTRY_WRONG ||
                  password->entry == ACCESS_ENTRY_UNANSWERED;
    if (!wanted)
        return false;
    bool sent = access_person_submit(person, "password", text, &error);
    set_entry(password, sent ? ACCESS_ENTRY_CHECKING : ACCESS_ENTRY_UNANSWERED, 0);
    return true;
}

void access_password_end(struct access_person *person) {
    struct password *password = (struct password *)person;
    net_timer_stop(&password->timer);
    access_person_show(person, NULL); /* the next state has another code */
    set_entry(password, ACCESS_ENTRY_NONE, 0);
}

void access_password_destroy(struct access_person *person) {
    struct password *password = (struct password *)person;
    net_timer_stop(&password->timer);
    pp_wipe(password, sizeof *password);
    free(password);
}
