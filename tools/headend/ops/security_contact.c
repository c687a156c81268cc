#include "headend/ops/security_contact.h"

#include "base/buf.h"
#include "headend/db/db.h"

#define META     "security_contacts"
#define LIST_MAX SECURITY_CONTACTS_TEXT_MAX

/* Printable ASCII without a space: it becomes one line of a text that programs read. */
static bool uri_valid(const char *uri) {
    static const char *const schemes[] = {"mailto:", "https://", "tel:"};
    for (const char *at = uri; *at; at++) {
        if (*at <= ' ' || *at > '~')
            return false;
    }
    for (size_t i = 0; i < PP_COUNT(schemes); i++) {
        size_t length = strlen(schemes[i]);
        if (strncmp(uri, schemes[i], length) == 0 && uri[length])
            return true;
    }
    return false;
}

bool security_contacts_add(struct security_contacts *contacts, const char *uri, struct pp_error *error) {
    if (!uri_valid(uri))
        return pp_fail(error, PP_E_INVALID, "not a mailto:, https: or tel: address: %s", uri);
    if (strlen(uri) > SECURITY_CONTACT_URI_MAX)
        return pp_fail(error, PP_E_LIMIT, "a contact is longer than %d bytes", SECURITY_CONTACT_URI_MAX);
    if (contacts->count == SECURITY_CONTACTS_MAX)
        return pp_fail(error, PP_E_LIMIT, "more than %d contacts", SECURITY_CONTACTS_MAX);
    snprintf(contacts->uris[contacts->count++], sizeof contacts->uris[0], "%s", uri);
    return true;
}

bool security_contacts_save(struct db *db, const struct security_contacts *contacts, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(LIST_MAX);
    for (size_t i = 0; i < contacts->count; i++) {
        if (!pp_buf_addf(&text, error, "%s%s", i ? " " : "", contacts->uris[i]))
            return false;
    }
    return db_meta_set(db, META, contacts->count ? pp_buf_text(&text) : "", error);
}

bool security_contacts_load(struct db *db, struct security_contacts *contacts, struct pp_error *error) {
    *contacts = (struct security_contacts){0};
    pp_autofree char *text = db_meta_get(db, META, error);
    if (!text)
        return false;
    char *rest = NULL;
    for (const char *uri = strtok_r(text, " ", &rest); uri; uri = strtok_r(NULL, " ", &rest)) {
        if (!security_contacts_add(contacts, uri, error))
            return false;
    }
    return true;
}
