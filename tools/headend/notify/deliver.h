/*
 * Brings a mail to a mail server, and a webhook's message to where it goes, with libcurl. TLS 1.2 or later in
 * both, and the other side is always verified: there is no switch. No redirect is followed, nothing is taken from
 * the environment, and an attempt ends after DELIVER_MAX_S, or when somebody sets `cancel`.
 */
#ifndef HEADEND_NOTIFY_DELIVER_H
#define HEADEND_NOTIFY_DELIVER_H

#include <stdatomic.h>

#include "headend/notify/mail.h"
#include "headend/notify/reach.h"
#include "headend/notify/webhook.h"

#define DELIVER_MAX_S      30          /* s, of an attempt */
#define DELIVER_ANSWER_MAX (64 * 1024) /* bytes */
#define MAIL_HOST_MAX      253         /* bytes */
#define MAIL_SECRET_MAX    255         /* bytes, of a password; of a name as well */

/* How one signs in at the mail server, and by whom mails are. */
struct mail_server {
    char host[MAIL_HOST_MAX + 1];
    int64_t port;
    bool tls_first; /* TLS before anything else (RFC 8314, port 465); else STARTTLS, which it has to offer */
    char user[MAIL_SECRET_MAX + 1]; /* "": nobody signs in */
    char password[MAIL_SECRET_MAX + 1];
    char from[MAIL_ADDRESS_MAX + 1];
};
PP_MUST_USE bool mail_server_check(const struct mail_server *server, struct pp_error *error);
void mail_server_wipe(struct mail_server *server);
#define mail_server_auto PP_CLEANUP(mail_server_wipe)

struct delivery {
    const char *ca_file;       /* PEM, of those who vouch for the other side */
    const struct reach *reach; /* of webhooks */
    const atomic_bool *cancel; /* NULL: nobody does */
};

/* PP_E_NET, PP_E_TLS, PP_E_AUTH (the server does not know us), PP_E_DENIED (it does not take it: with its code),
 * PP_E_CANCELLED. No message of an error has a secret in it. */
PP_MUST_USE bool deliver_mail(const struct delivery *delivery, const struct mail_server *server,
                              const struct mail *mail, struct pp_error *error);
/* PP_E_DENIED also where the address is one that this server may not go to. Any 2xx is good. */
PP_MUST_USE bool deliver_webhook(const struct delivery *delivery, const char *url,
                                 const struct webhook_message *message,
                                 const uint8_t secret[WEBHOOK_SECRET_SIZE], struct pp_error *error);

#endif
