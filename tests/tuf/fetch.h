/* The fetch callback of the conformance client: one libcurl handle; http on the loopback only, else https. */
#ifndef PP_TESTS_TUF_FETCH_H
#define PP_TESTS_TUF_FETCH_H

#include "trust/trust.h"

#define FETCH_CONNECT_TIMEOUT_S 30L
#define FETCH_TIMEOUT_S         300L

struct fetch;

struct fetch *fetch_create(struct pp_error *error);
void fetch_destroy(struct fetch *fetch);
PP_DEFINE_AUTO(fetch, struct fetch, fetch_destroy)

/* A trust_fetch_function; `arg` is the struct fetch. */
enum trust_fetch_result fetch_url(void *arg, const char *url, size_t max_bytes, struct pp_buf *out,
                                  struct pp_error *error);

#endif
