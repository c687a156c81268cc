/* What JWS and JWE have in common: caps. */
#ifndef PP_JOSE_JOSE_H
#define PP_JOSE_JOSE_H

#define JOSE_HEADER_MAX 2048 /* bytes of a protected header's JSON */
#define JOSE_NAME_MAX   128  /* bytes of "kid" and "typ" */

#endif
