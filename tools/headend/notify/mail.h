/*
 * A mail as it goes over the line (RFC 5322, RFC 2045 to 2047): plain text and HTML beside each other, both in
 * base64, so that no line is too long, begins with a dot, or is anything but ASCII.
 */
#ifndef HEADEND_NOTIFY_MAIL_H
#define HEADEND_NOTIFY_MAIL_H

#include <stdint.h>

#include "base/buf.h"

#define MAIL_ADDRESS_MAX 254          /* bytes (RFC 5321 §4.5.3.1.3) */
#define MAIL_MAX         (512 * 1024) /* bytes of a whole one */

struct mail {
    const char *id;   /* the same with each attempt; letters, digits, '-' */
    const char *from; /* addresses: mail_address_check */
    const char *to;
    const char *sender;  /* the name before `from`, in any characters */
    const char *subject; /* likewise */
    const char *text, *html;
    int64_t time; /* s since 1970 */
};

/* NAME@HOST in ASCII, without quotation marks, comments or blanks. `what` is the field. */
PP_MUST_USE bool mail_address_check(const char *what, const char *address, struct pp_error *error);
/* Appended to `out`. */
PP_MUST_USE bool mail_write(const struct mail *mail, struct pp_buf *out, struct pp_error *error);

#endif
