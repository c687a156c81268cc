/*
 * Where a PostgreSQL is: postgresql://[USER@]HOST[:PORT]/DATABASE[?NAME=VALUE&...] (libpq, "Connection URIs").
 *
 *   postgresql:///pingplay?host=/run/postgresql                         a socket on this machine
 *   postgresql://headend@db.example.org/pingplay?passfile=/etc/pingplay-headend/pgpass
 *
 * Over a network the server has to show a certificate for its name by an authority of `sslrootcert` (verify-full).
 * There is no way to go without: what says otherwise is refused. A password stands in a file (passfile), since an
 * address is written on command lines.
 */
#ifndef HEADEND_DB_POSTGRES_ADDRESS_H
#define HEADEND_DB_POSTGRES_ADDRESS_H

#include <stddef.h>

#include "base/error.h"

#define POSTGRES_ADDRESS_MAX  2048 /* bytes */
#define POSTGRES_SETTINGS_MAX 32

/* What libpq is to connect with: names and values, NULL after the last. Both are borrowed from `parsed`. */
struct postgres_settings {
    const char *names[POSTGRES_SETTINGS_MAX + 1], *values[POSTGRES_SETTINGS_MAX + 1];
    size_t count;
    void *parsed;
};

/* PP_E_INVALID where it is none, or names what may not be. The caller finishes it, also after a failure. */
PP_MUST_USE bool postgres_address_read(const char *address, struct postgres_settings *settings,
                                       struct pp_error *error);
void postgres_settings_finish(struct postgres_settings *settings);

#endif
