/*
 * The authorities in the folder (home.h). Before the first change of them there are ca.pem and ca.key alone. From then
 * on ca.json says which there are, and its replacement is the instant that decides:
 *
 *   {"format": 1, "unfinished": "" | "rotation" | "retirement",
 *    "authorities": [{"certificate": "<base64 of the DER>", "retired": false} …],     the newest first
 *    "links": [{"of": "<hex SHA-256>", "by": "<hex SHA-256>", "certificate": "<base64>"} …],
 *    "retired": ["<hex SHA-256>" …]}
 *
 * The private keys of those that are not retired are keys/authorities/SHA256.pem then.
 */
#ifndef HEADEND_PUBLIC_CA_FILE_H
#define HEADEND_PUBLIC_CA_FILE_H

#include "base/json.h"
#include "headend/public/ca.h"

#define CA_FILE_MAX (256 * 1024) /* bytes */

/* Whether there was a change of the authorities. */
bool ca_file_exists(const struct home *home);
/* Appends one authority behind those that are there. */
PP_MUST_USE bool ca_add(struct ca *ca, const void *der, size_t size, bool retired, struct pp_error *error);
PP_MUST_USE bool ca_add_link(struct ca *ca, const struct authority_link *link, struct pp_error *error);
PP_MUST_USE bool ca_file_read(const struct home *home, struct ca *ca, struct pp_error *error);
PP_MUST_USE bool ca_file_write(const struct home *home, const struct ca *ca, struct pp_error *error);

/* {"sha256", "certificate"} and so on: a hash and a certificate as members. */
bool ca_json_hash(cJSON *object, const char *name, const uint8_t sha256[CA_HASH_SIZE]);
PP_MUST_USE bool ca_json_certificate(cJSON *object, const struct pp_buf *der, struct pp_error *error);
/* "retired": those of `ca`. */
PP_MUST_USE bool ca_json_retired(const struct ca *ca, cJSON *object, struct pp_error *error);

#endif
