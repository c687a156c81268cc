/* The certificate authority of one headend: it issues the server's certificate and those of its screens. */
#ifndef HEADEND_CA_H
#define HEADEND_CA_H

#include "crypto/key.h"
#include "headend/csr.h"
#include "headend/home.h"

#define CA_DAYS              7300 /* 20 years */
#define CA_SERVER_DAYS       397  /* browsers take no more */
#define CA_SERVER_RENEW_DAYS 60   /* renewed by `serve`, also while it runs, when less is left */
#define CA_CERTIFICATE_MAX   4096 /* bytes of DER, of every certificate it issues */
#define CA_PEM_MAX           16384
#define CA_CLOCK_SLACK_S     3600 /* certificates are valid from this long before they are made */

struct ca;

/* Makes key and certificate and writes both into the folder. */
bool ca_create(const struct home *home, struct pp_error *error);
struct ca *ca_open(const struct home *home, struct pp_error *error);
void ca_close(struct ca *ca);
PP_DEFINE_AUTO(ca, struct ca, ca_close)

/* Its own certificate. Borrowed. */
const struct pp_buf *ca_der(const struct ca *ca);
const struct pp_buf *ca_pem(const struct ca *ca);

/* A screen's certificate: subject CN = its id, SAN urn:uuid:<id>, clientAuth. Appends DER. */
bool ca_issue_device(const struct ca *ca, const char *id, const uint8_t point[CRYPTO_POINT_SIZE],
                     int64_t not_after, struct pp_buf *der, struct pp_error *error);

/* Makes a new server certificate for the hosts, and its key the first time. */
bool ca_issue_server(const struct ca *ca, const struct home *home, const struct host_list *hosts,
                     struct pp_error *error);
/* Issues it anew where it is missing, not valid yet or soon ends. */
bool ca_renew_server(const struct ca *ca, const struct home *home, const struct host_list *hosts,
                     bool *renewed, struct pp_error *error);

#endif
