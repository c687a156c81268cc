/* Whom a weakness of this headend is to be told: /.well-known/security.txt (RFC 9116). */
#ifndef HEADEND_OPS_SECURITY_CONTACT_H
#define HEADEND_OPS_SECURITY_CONTACT_H

#include "headend/base/home.h"

#define SECURITY_CONTACTS_MAX      4
#define SECURITY_CONTACT_URI_MAX   255             /* bytes */
#define SECURITY_CONTACT_EXPIRE_S  (180 * 86400LL) /* of each answer; RFC 9116 §2.5.5 wants less than a year */
#define SECURITY_CONTACTS_TEXT_MAX (SECURITY_CONTACTS_MAX * (SECURITY_CONTACT_URI_MAX + 1)) /* bytes of all */

struct security_contacts {
    char uris[SECURITY_CONTACTS_MAX][SECURITY_CONTACT_URI_MAX + 1]; /* the preferred one first */
    size_t count;
};

/* "mailto:", "https:" or "tel:" and what follows it (RFC 9116 §2.5.3). */
PP_MUST_USE bool security_contacts_add(struct security_contacts *contacts, const char *uri,
                                       struct pp_error *error);
PP_MUST_USE bool security_contacts_save(struct db *db, const struct security_contacts *contacts,
                                        struct pp_error *error);
/* None at first. With db_lock where others use `db`. */
PP_MUST_USE bool security_contacts_load(struct db *db, struct security_contacts *contacts,
                                        struct pp_error *error);

#endif
