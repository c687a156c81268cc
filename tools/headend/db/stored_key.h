/*
 * Channel and object keys as the database holds them: sealed (AES-256-GCM) under keys/database.key, which the
 * signer reads (signer/database_key.h) where something is published, a channel is made or gets another key, and where a
 * channel's key is encrypted for a screen; nowhere else. So the database alone, a dump or a copy of it, opens no
 * content.
 *
 *   key id 8 | nonce 12 | key 32, encrypted | tag 16      key id: the first bytes of the SHA-256 of the file's 32
 *
 * Associated data is whose key it is, "channel/<id>" or "object/<SHA-256 of the sealed object, hex>", "upload/<id>",
 * "content/<file>" or "feed/<name>": put in another's place it is refused. The row "database_key" of `meta` has the id
 * of the key in effect, and triggers refuse what is sealed under another one, so that a change of it loses nothing that
 * is written meanwhile:
 *
 *   keys/database.next.key -> all sealed anew and the row, in one transaction -> renamed to keys/database.key
 *
 * Who was interrupted is finished or undone by what the row says. Callers hold db_lock.
 */
#ifndef HEADEND_DB_STORED_KEY_H
#define HEADEND_DB_STORED_KEY_H

#include "headend/db/db.h"

#define STORED_KEY_SIZE        32 /* bytes */
#define STORED_KEY_SEALED_SIZE (8 + 12 + STORED_KEY_SIZE + 16)
#define STORED_KEY_OWNER_SIZE  80 /* bytes of whose it is, with the NUL */

/* Whose it is. The signer knows these forms, and no other (signer/service.c). */
void stored_key_of_channel(const char *id, char owner[STORED_KEY_OWNER_SIZE]);
void stored_key_of_object(const uint8_t sha256[32], char owner[STORED_KEY_OWNER_SIZE]);
void stored_key_of_upload(const char *id, char owner[STORED_KEY_OWNER_SIZE]);
void stored_key_of_content(const char *file, char owner[STORED_KEY_OWNER_SIZE]);
void stored_key_of_alert(const char *rule, char owner[STORED_KEY_OWNER_SIZE]); /* of its webhook */
void stored_key_of_mail(const char *id, char owner[STORED_KEY_OWNER_SIZE]);
void stored_key_of_feed(const char *name, char owner[STORED_KEY_OWNER_SIZE]);

/* To be written in this transaction or the next statement. */
PP_MUST_USE bool stored_key_seal(struct db *db, const char *owner, const uint8_t key[STORED_KEY_SIZE],
                                 uint8_t sealed[STORED_KEY_SEALED_SIZE], struct pp_error *error);
/* A column of a row. PP_E_AUTH where what stands there is no key of that owner's, PP_E_STATE where the file is not the
 * one that it was sealed under. */
PP_MUST_USE bool stored_key_open(struct db *db, const char *owner, struct db_row *row, int column,
                                 uint8_t key[STORED_KEY_SIZE], struct pp_error *error);

/* Callers of these two hold the publish lock, and not db_lock. A new key, under which all is sealed anew, and the
 * former one is gone. */
PP_MUST_USE bool stored_key_rotate(struct db *db, struct pp_error *error);
PP_MUST_USE bool stored_key_settle(struct db *db, struct pp_error *error);

#endif
