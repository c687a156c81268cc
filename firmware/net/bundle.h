/*
 * What is wrong with a file of trusted authorities, in words for whoever has put it there: a bundle of PEM certificates
 * (RFC 7468), each of which may issue others. libcurl says of most of it only that it cannot use the file, and of a
 * key in it nothing at all.
 */
#ifndef PP_NET_BUNDLE_H
#define PP_NET_BUNDLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define NET_BUNDLE_CERTIFICATES_MAX 32           /* certificates in a bundle */
#define NET_BUNDLE_SIZE_MAX         (256 * 1024) /* bytes of it */

/* As of `now_s`, in s since 1970; 0: their times are not looked at. PP_E_INVALID, PP_E_EXPIRED (also: not yet valid),
 * PP_E_LIMIT: the first flaw that was found. */
PP_MUST_USE bool net_bundle_check(const void *bundle, size_t size, int64_t now_s, struct pp_error *error);
/* The same of a file; the error names it. Also PP_E_NOTFOUND, PP_E_IO. */
PP_MUST_USE bool net_bundle_check_file(const char *path, int64_t now_s, struct pp_error *error);

#endif
