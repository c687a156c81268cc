/*
 * What whoever has our private keys does for the rest (signing/message.h): each row is checked and carried out here,
 * whether a command asks in its own process or the server from another. What is signed is composed here; who asks says
 * only what the row has.
 */
#ifndef HEADEND_SIGNER_SERVICE_H
#define HEADEND_SIGNER_SERVICE_H

#include "headend/signing/signing.h"

/* Held by the signer's process while it carries out a row that changes keys, the repository or the authorities, and by
 * commands as long as they hold the publish lock. A request can outlive the server that asked it, and with that the
 * publish lock: by this one two never write at a time. */
#define SIGNER_LOCK HOME_KEYS "/signer.lock"

struct signer_service;

/* The lock, which lasts until the descriptor is closed; -1 on failure, PP_E_STATE where another has it. */
int signer_lock(const struct home *home, bool wait, struct pp_error *error);

/* Of the headend's folder, for another process that asks. Keys are read when they are first asked for. */
struct signer_service *signer_service_create(const char *folder, struct pp_error *error);
void signer_service_destroy(struct signer_service *service);
PP_DEFINE_AUTO(signer_service, struct signer_service, signer_service_destroy)

/* One request, from any thread. */
PP_MUST_USE bool signer_service_answer(struct signer_service *service, const struct signing_message *request,
                                       struct signing_answer *answer, struct pp_error *error);

/* Asked within this process, as commands do: they are run by who owns the folder and may read the keys himself, take
 * nothing from a network and end when they are done. All rows, also those for commands only. */
struct signing *signer_local(const char *folder, struct pp_error *error);

#endif
