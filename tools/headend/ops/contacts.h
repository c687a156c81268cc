/* When screens were last heard of. Whoever reads notes it here, and does not wait for a write; it is put into the
 * database together with others', every second. A power cut may lose it: it is soon noted again. */
#ifndef HEADEND_OPS_CONTACTS_H
#define HEADEND_OPS_CONTACTS_H

#include "headend/ops/device.h"

#define CONTACTS_MAX 4096 /* between two writes; one more is noted at the screen's next contact */

struct contacts;
struct contacts *contacts_create(struct pp_error *error);
void contacts_destroy(struct contacts *contacts);

/* The screen has just been heard of. */
void contacts_note(struct contacts *contacts, const struct device *device);
/* Writes down what was noted. Takes db_lock. */
PP_MUST_USE bool contacts_write(struct contacts *contacts, struct db *db, struct pp_error *error);

#endif
