/* The screen's own access point as a part of pingplay-network(8): what phone.h decides is seen, asked for and done
 * here. */
#ifndef PP_NETWORK_PHONE_SERVICE_H
#define PP_NETWORK_PHONE_SERVICE_H

#include "network/access_point.h"
#include "network/phone.h"
#include "network/service.h"

#define PHONE_LOOK_MS 5000 /* between two looks at whether it is needed */

struct phone_service {
    const struct network_service *service;
    struct access_point_places places;
    uint64_t open_s, rest_s; /* s; PHONE_OPEN_S, PHONE_REST_S */

    enum phone_state state;
    int64_t due_ms, look_ms; /* ms, CLOCK_MONOTONIC; INT64_MAX never */
    unsigned after_s;        /* s without a network until it opens by itself; 0 never. Of the agent */
    unsigned losses;         /* how often it was gone since it was opened anew */
    bool asked;              /* for by an administrator: it is not the agent's state that counts */
    struct access_point point;
    struct setup_opening opening; /* what the page is to say */
    struct network_request given; /* of the page, until it was tried */
    struct pp_error trouble;      /* why it was not opened */
};

/* Clears what a killed process has left. */
void phone_service_start(struct phone_service *phone);
void phone_service_stop(struct phone_service *phone);

/* ms until phone_service_turn has something to do, which is at once where its descriptor is readable (-1: none). */
int phone_service_wait_ms(const struct phone_service *phone);
int phone_service_fd(const struct phone_service *phone);
void phone_service_turn(struct phone_service *phone);

/* Of an administrator: opens or closes it. PP_E_STATE: there is a network; PP_E_CANCELLED: not known yet. */
PP_MUST_USE bool phone_service_ask(struct phone_service *phone, bool open, struct pp_error *error);
/* Before another change of the network. */
void phone_service_yield(struct phone_service *phone);

#endif
