/* Mode "password": the code and the address of the headend's page stand in the state; who signs in does so there, on a
 * phone. */
#include <stdlib.h>

#include "access/person_internal.h"

struct access_person *access_password_create(void) {
    return calloc(1, sizeof(struct access_person));
}

void access_password_follow(struct access_person *person, int64_t now_s) {
    const struct access_policy *policy = &person->policy;
    const struct access_ask ask = {
        .address = policy->url, .qr = policy->url_complete, .user_code = policy->code};
    (void)now_s;
    access_person_show(person, policy->open || !*policy->code ? NULL : &ask);
}

void access_password_end(struct access_person *person) {
    access_person_show(person, NULL); /* the next state has another code */
}

void access_password_destroy(struct access_person *person) {
    pp_wipe(person, sizeof *person);
    free(person);
}
