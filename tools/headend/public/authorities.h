/* The certificate authorities of a folder as they are now: a server that runs follows their change. For any thread. */
#ifndef HEADEND_PUBLIC_AUTHORITIES_H
#define HEADEND_PUBLIC_AUTHORITIES_H

#include "headend/public/ca.h"

struct authorities;

struct authorities *authorities_open(const struct home *home, struct pp_error *error);
void authorities_close(struct authorities *authorities);
PP_DEFINE_AUTO(authorities, struct authorities, authorities_close)

/* As they are in the folder, read again where they have changed; while they cannot be read, as they were. The caller
 * lets it go by ca_close. */
struct ca *authorities_now(struct authorities *authorities);

#endif
