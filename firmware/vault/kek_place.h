/*
 * Internal: a provider's one file in STATE/kek, mode 0400, made atomically and never replaced:
 *
 *   NAME           whole on flash
 *   NAME.new       being made
 *   NAME.erasing   being destroyed: from here on there is no way back
 */
#ifndef PP_VAULT_KEK_PLACE_H
#define PP_VAULT_KEK_PLACE_H

#include "base/buf.h"
#include "base/error.h"

/* Whether there is any of the three. */
bool kek_place_present(int dirfd, const char *name);
/* Appends the content. Completes what was interrupted first. PP_E_NOTFOUND. */
PP_MUST_USE bool kek_place_read(int dirfd, const char *name, struct pp_buf *content, struct pp_error *error);
/* Never replaces one. */
PP_MUST_USE bool kek_place_write(int dirfd, const char *name, const void *content, size_t size,
                                 struct pp_error *error);
PP_MUST_USE bool kek_place_destroy(int dirfd, const char *name, struct pp_error *error);

#endif
