/* The authorities of a PEM file, for a test: whatever is in it. */
#ifndef PP_TESTS_SUPPORT_AUTHORITIES_H
#define PP_TESTS_SUPPORT_AUTHORITIES_H

#include <fcntl.h>

#include "base/buf.h"
#include "base/file.h"
#include "net/authorities.h"

static inline struct net_authorities *test_authorities(const char *path, struct pp_error *error) {
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(NET_TRUST_PEM_MAX);
    return pp_file_read(AT_FDCWD, path, &pem, error)
               ? net_authorities_create(pp_buf_text(&pem), NULL, 0, error)
               : NULL;
}

#endif
