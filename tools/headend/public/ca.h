/*
 * The certificate authorities of one headend. The newest one issues: the server's certificate and those of its screens.
 * Those before it are trusted until they are retired (ca_change.h). All have one subject name, and each a key of its
 * own.
 *
 * A newer one's key is also certified by those that were trusted when it was made: a link (NewWithOld, RFC 4210 §4.4),
 * by which whoever knows but an older one finds a path to the newest. Links are self-issued, so that the path length 0
 * of the authorities that screens were installed with does not count them (RFC 5280 §6.1.4 (l)). The other way round
 * (OldWithNew) there is none: with one, whoever has the key of an authority that was retired would still be believed.
 *
 * A struct ca is what the folder held at one moment, and never changes; any thread may use it.
 */
#ifndef HEADEND_PUBLIC_CA_H
#define HEADEND_PUBLIC_CA_H

#include <stdatomic.h>

#include "base/buf.h"
#include "headend/base/home.h"

#define CA_DAYS              7300 /* 20 years */
#define CA_SERVER_DAYS       397  /* browsers take no more */
#define CA_SERVER_RENEW_DAYS 60   /* renewed by `serve`, also while it runs, when less is left */
#define CA_CERTIFICATE_MAX   4096 /* bytes of DER, of every certificate it issues */
#define CA_PEM_MAX           32768
#define CA_CLOCK_SLACK_S     3600 /* certificates are valid from this long before they are made */

#define CA_NAME_MAX          128 /* bytes of the distinguished name in text, with the NUL */
#define CA_HASH_SIZE         32  /* bytes: SHA-256 of a certificate's DER, by which authorities are known */
#define CA_TRUSTED_MAX       3   /* authorities that are not retired */
#define CA_KNOWN_MAX         8 /* those, and the last that are: their certificates are recognised, and refused */
#define CA_LINKS_MAX         16
#define CA_LINE_MAX          6 /* links that are sent: with a certificate and an authority what screens take at most */
#define CA_RETIRED_MAX       32 /* named to screens */

#define CA_TARGET            "keys/authorities.json" /* of the repository's top-level role */
#define CA_DOCUMENT_MAX      16384                   /* bytes */

/* A change of them that is decided, and not all done (ca_change.h). */
enum ca_change { CA_UNCHANGED, CA_ROTATING, CA_RETIRING, CA_CHANGES };

struct authority {
    uint8_t sha256[CA_HASH_SIZE];
    struct pp_buf der;
    int64_t not_before, not_after; /* s since 1970 */
    bool retired;
};

/* The key of one authority, certified by an older one. */
struct authority_link {
    uint8_t of[CA_HASH_SIZE], by[CA_HASH_SIZE];
    struct pp_buf der;
};

struct ca {
    atomic_uint holders;
    struct authority authorities[CA_KNOWN_MAX]; /* the newest first: it issues */
    size_t count;
    struct authority_link links[CA_LINKS_MAX]; /* those of the newest first */
    size_t link_count;
    uint8_t retired[CA_RETIRED_MAX][CA_HASH_SIZE]; /* all that ever were, the latest first */
    size_t retired_count;
    enum ca_change unfinished;
    char name[CA_NAME_MAX]; /* the subject of all of them, the issuer of others */
};

/* Held once. */
struct ca *ca_open(const struct home *home, struct pp_error *error);
/* One more holder, and one less; from any thread. The last one frees it. */
struct ca *ca_hold(struct ca *ca);
void ca_close(struct ca *ca);
PP_DEFINE_AUTO(ca, struct ca, ca_close)

/* NULL where there is none. */
const struct authority *ca_find(const struct ca *ca, const uint8_t sha256[CA_HASH_SIZE]);
const struct authority_link *ca_link(const struct ca *ca, const struct authority *of,
                                     const struct authority *by);
/* The links from the newest authority to the oldest that it can be reached from, each by the one before; how many. What
 * is sent with a certificate: one way only, since OpenSSL follows the first that it finds. */
size_t ca_line(const struct ca *ca, const struct pp_buf *line[CA_LINE_MAX]);

/* What screens are told of them: appended, the same bytes each time. Its layout is firmware/identity's. */
PP_MUST_USE bool ca_document(const struct home *home, struct pp_buf *document, struct pp_error *error);

#endif
