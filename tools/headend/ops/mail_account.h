/*
 * The mail server that takes our mails, and who we are there. The password stands sealed in the database
 * (AES-256-GCM) under a key of its own, which stands sealed under keys/database.key as all keys do: key 32 bytes,
 * then nonce 12, password, tag 16. Callers hold db_lock.
 */
#ifndef HEADEND_OPS_MAIL_ACCOUNT_H
#define HEADEND_OPS_MAIL_ACCOUNT_H

#include "headend/db/db.h"
#include "headend/notify/deliver.h"

PP_MUST_USE bool mail_account_save(struct db *db, const struct mail_server *server, struct pp_error *error);
/* PP_E_NOTFOUND where none is named. Wipe it when done (mail_server_auto). */
PP_MUST_USE bool mail_account_load(struct db *db, struct mail_server *server, struct pp_error *error);
/* The same without the password. */
PP_MUST_USE bool mail_account_find(struct db *db, struct mail_server *server, struct pp_error *error);
PP_MUST_USE bool mail_account_remove(struct db *db, struct pp_error *error);

#endif
