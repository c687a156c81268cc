#include "identity/authorities.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "identity/chain.h"
#include "identity/pkcs7.h"

/* ---- What is trusted ---- */

static bool is_retired(const struct authority_record *record, const authority_hash sha256) {
    return authority_hash_among(sha256, record->retired, record->retired_count);
}

/* Also one that another list has: that comes once, with the first. */
static bool counts(const struct authorities *authorities, const struct authority_record *record,
                   size_t index) {
    const struct authority *one = &authorities->configured[index];
    for (size_t i = 0; i < index; i++) {
        if (memcmp(authorities->configured[i].sha256, one->sha256, sizeof one->sha256) == 0)
            return false;
    }
    return !is_retired(record, one->sha256) && !authority_listed(record, one->sha256);
}

const struct authority *authorities_at(const struct authorities *authorities,
                                       const struct authority_record *record, size_t place) {
    if (place < record->listed_count)
        return &record->listed[place];
    place -= record->listed_count;
    for (size_t i = 0; i < authorities->configured_count; i++) {
        if (counts(authorities, record, i) && place-- == 0)
            return &authorities->configured[i];
    }
    return NULL;
}

const struct authority *authorities_find(const struct authorities *authorities,
                                         const struct authority_record *record, const authority_hash sha256) {
    const struct authority *one = NULL;
    for (size_t i = 0; (one = authorities_at(authorities, record, i)); i++) {
        if (memcmp(one->sha256, sha256, AUTHORITY_HASH_SIZE) == 0)
            return one;
    }
    return NULL;
}

/* An authority that goes on under the same key has another certificate, and that is trusted. */
static bool trusts_key(const struct authorities *authorities, const struct authority_record *record,
                       const authority_hash key) {
    const struct authority *one = NULL;
    for (size_t i = 0; (one = authorities_at(authorities, record, i)); i++) {
        if (memcmp(one->key, key, AUTHORITY_HASH_SIZE) == 0)
            return true;
    }
    return false;
}

struct trust {
    struct pp_buf pem;
    authority_hash refused[AUTHORITY_KEYS_MAX];
    size_t refused_count;
};

static void trust_finish(struct trust *trust) {
    pp_buf_finish(&trust->pem);
}

static bool make_trust(const struct authorities *authorities, const struct authority_record *record,
                       struct trust *trust, struct pp_error *error) {
    const struct authority *one = NULL;
    *trust = (struct trust){.pem = PP_BUF_INIT(NET_TRUST_PEM_MAX)};
    for (size_t i = 0; (one = authorities_at(authorities, record, i)); i++) {
        if (!authority_write_pem(one, &trust->pem, error))
            return false;
    }
    for (size_t i = 0; i < record->retired_key_count; i++) {
        if (!trusts_key(authorities, record, record->retired_keys[i]))
            memcpy(trust->refused[trust->refused_count++], record->retired_keys[i], AUTHORITY_HASH_SIZE);
    }
    return trust->pem.size || pp_fail(error, PP_E_INVALID, "no authority would be left");
}

bool authorities_use(struct authorities *authorities, struct authority_record *next, struct pp_error *error) {
    PP_CLEANUP(trust_finish) struct trust trust = {0};
    if (!make_trust(authorities, next, &trust, error) ||
        !net_authorities_set(authorities->shared, pp_buf_text(&trust.pem), trust.refused, trust.refused_count,
                             error))
        return pp_wrap(error, "authorities");
    authority_record_finish(&authorities->record);
    authorities->record = *next;
    *next = (struct authority_record){0};
    return true;
}

/* ---- Opening ---- */

/* One that cannot be read is no reason to refuse the others. */
static void read_configured(struct authorities *authorities, const char *pem) {
    pp_autobuf struct pp_buf der = PP_BUF_INIT(CHAIN_CA_FILE_MAX);
    struct pp_error why = {0};
    bool valid = false;
    for (size_t number = 1; authorities->configured_count < AUTHORITIES_CONFIGURED_MAX &&
                            chain_next_certificate(&pem, &der, &valid, &why);
         number++) {
        if (valid &&
            authority_read(der.data, der.size, &authorities->configured[authorities->configured_count], &why))
            authorities->configured_count++;
        else
            pp_log_warning("certificate %zu of the trusted authorities is left out: %s", number, why.message);
    }
}

static bool load_configured(struct authorities *authorities, const char *ca_file, struct pp_error *error) {
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(CHAIN_CA_FILE_MAX);
    authorities->configured = calloc(AUTHORITIES_CONFIGURED_MAX, sizeof *authorities->configured);
    if (!authorities->configured)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (!pp_file_read(AT_FDCWD, ca_file, &pem, error))
        return pp_wrap(error, "trusted authorities");
    read_configured(authorities, pp_buf_text(&pem));
    return authorities->configured_count ||
           pp_fail(error, PP_E_INVALID, "trusted authorities: %s: there is no certificate", ca_file);
}

/* Without it the file counts, and the repository says again what it has said. */
static bool load_record(struct authorities *authorities, struct vault *vault, struct pp_error *error) {
    pp_autobuf struct pp_buf json = PP_BUF_INIT(AUTHORITY_RECORD_MAX);
    struct authority_record record = {0};
    struct pp_error why = {0};
    if (!vault_get(vault, AUTHORITIES_VAULT_RECORD, &json, &why)) {
        if (why.code != PP_E_NOTFOUND && why.code != PP_E_AUTH)
            return pp_fail(error, why.code, "authorities: %s", why.message);
        if (why.code == PP_E_AUTH)
            pp_log_warning("record \"" AUTHORITIES_VAULT_RECORD "\": %s", why.message);
        return true;
    }
    authorities->recorded = authority_record_read(pp_buf_text(&json), json.size, &record, &why);
    if (!authorities->recorded || !authorities_use(authorities, &record, &why)) {
        pp_log_warning("record \"" AUTHORITIES_VAULT_RECORD "\": %s", why.message);
        authority_record_finish(&record);
    }
    return true;
}

bool authorities_open(struct authorities *authorities, const char *ca_file, struct vault *vault,
                      struct pp_error *error) {
    *authorities = (struct authorities){0};
    PP_CLEANUP(trust_finish) struct trust trust = {0};
    if (load_configured(authorities, ca_file, error) &&
        make_trust(authorities, &authorities->record, &trust, error) &&
        (authorities->shared = net_authorities_create(pp_buf_text(&trust.pem), NULL, 0, error)) &&
        (!vault || load_record(authorities, vault, error)))
        return true;
    authorities_finish(authorities);
    return false;
}

void authorities_finish(struct authorities *authorities) {
    for (size_t i = 0; i < authorities->configured_count; i++)
        authority_finish(&authorities->configured[i]);
    free(authorities->configured);
    authority_record_finish(&authorities->record);
    net_authorities_destroy(authorities->shared);
    *authorities = (struct authorities){0};
}

/* ---- What the repository says ---- */

static bool same_hashes(const authority_hash *one, size_t one_count, const authority_hash *other,
                        size_t other_count) {
    return one_count == other_count && memcmp(one, other, one_count * sizeof *one) == 0;
}

static bool same_listed(const struct authority_record *one, const struct authority_record *other) {
    bool same = one->listed_count == other->listed_count;
    for (size_t i = 0; same && i < one->listed_count; i++)
        same = memcmp(one->listed[i].sha256, other->listed[i].sha256, AUTHORITY_HASH_SIZE) == 0;
    return same;
}

static bool same_record(const struct authority_record *one, const struct authority_record *other) {
    return one->by_target == other->by_target && same_listed(one, other) &&
           one->has_issuing == other->has_issuing &&
           memcmp(one->issuing, other->issuing, sizeof one->issuing) == 0 &&
           same_hashes(one->retired, one->retired_count, other->retired, other->retired_count) &&
           same_hashes(one->retired_keys, one->retired_key_count, other->retired_keys,
                       other->retired_key_count);
}

/* None goes for another: it would be good again, and nobody would know. */
static bool add_key(struct authority_record *next, const authority_hash key, struct pp_error *error) {
    if (next->retired_key_count == AUTHORITY_KEYS_MAX &&
        !authority_hash_among(key, next->retired_keys, next->retired_key_count))
        return pp_fail(error, PP_E_LIMIT, "more than %d keys of retired authorities", AUTHORITY_KEYS_MAX);
    authority_hash_add(key, next->retired_keys, &next->retired_key_count, AUTHORITY_KEYS_MAX);
    return true;
}

/* The file goes on naming what was retired: that stays retired until it is listed again. */
static bool keep_retired(const struct authorities *authorities, struct authority_record *next,
                         struct pp_error *error) {
    for (size_t i = 0; i < authorities->configured_count; i++) {
        const struct authority *one = &authorities->configured[i];
        if (!is_retired(&authorities->record, one->sha256) || is_retired(next, one->sha256) ||
            authority_listed(next, one->sha256))
            continue;
        if (next->retired_count == AUTHORITY_RETIRED_KEPT)
            return pp_fail(error, PP_E_LIMIT, "more than %d retired authorities", AUTHORITY_RETIRED_KEPT);
        authority_hash_add(one->sha256, next->retired, &next->retired_count, AUTHORITY_RETIRED_KEPT);
    }
    return true;
}

/* The keys of those that are retired now, where this screen knows them; and of those that were, for good. */
static bool collect_retired_keys(const struct authorities *authorities, struct authority_record *next,
                                 struct pp_error *error) {
    const struct authority_record *now = &authorities->record;
    bool ok = true;
    for (size_t i = 0; ok && i < now->retired_key_count; i++)
        ok = add_key(next, now->retired_keys[i], error);
    for (size_t i = 0; ok && i < now->listed_count; i++)
        ok = !is_retired(next, now->listed[i].sha256) || add_key(next, now->listed[i].key, error);
    for (size_t i = 0; ok && i < authorities->configured_count; i++)
        ok = !is_retired(next, authorities->configured[i].sha256) ||
             add_key(next, authorities->configured[i].key, error);
    return ok;
}

bool authorities_take_target(const struct authorities *authorities, const char *json, size_t size,
                             struct authority_record *next, struct pp_error *error) {
    if (!authority_target_read(json, size, next, error))
        return false;
    bool ok = keep_retired(authorities, next, error) && collect_retired_keys(authorities, next, error);
    if (ok && same_record(next, &authorities->record))
        ok = pp_fail(error, PP_E_STATE, "the authorities are what they were");
    if (!ok)
        authority_record_finish(next);
    return ok;
}

/* ---- What an EST server says ---- */

struct answer {
    struct authority items[IDENTITY_CHAIN_MAX];
    size_t count;
};

static void answer_finish(struct answer *answer) {
    for (size_t i = 0; i < answer->count; i++)
        authority_finish(&answer->items[i]);
}

static bool answer_read(struct answer *answer, const uint8_t *pkcs7, size_t size, struct pp_error *error) {
    struct pkcs7_certificates list;
    if (!pkcs7_parse(pkcs7, size, &list, error))
        return false;
    for (size_t i = 0; i < list.count; i++) {
        struct authority *item = &answer->items[answer->count];
        if (!authority_read(list.items[i].der, list.items[i].size, item, error))
            return pp_wrap(error, "certificate %zu of the answer", i + 1);
        answer->count++;
        if (!authority_check(item, error))
            return pp_wrap(error, "certificate %zu of the answer", i + 1);
    }
    return true;
}

static bool self_signed(const struct authority *item) {
    X509 *certificate = item->certificate;
    return X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0 &&
           X509_verify(certificate, X509_get0_pubkey(certificate)) == 1;
}

static bool is_valid_at(const struct authority *item, int64_t now_s) {
    time_t now = (time_t)now_s;
    return X509_cmp_time(X509_get0_notBefore(item->certificate), &now) < 0 &&
           X509_cmp_time(X509_get0_notAfter(item->certificate), &now) > 0;
}

static void free_store(X509_STORE **store) {
    X509_STORE_free(*store);
}

static void free_context(X509_STORE_CTX **context) {
    X509_STORE_CTX_free(*context);
    ERR_clear_error();
}

/* How many certificates a path has from it to an authority that is trusted, all being valid then, in OpenSSL's eyes; 0:
 * there is none. `between`: what may stand in it, NULL nothing. Never a root: OpenSSL would take that for the end. */
static int path_length(const struct authorities *authorities, const struct authority_record *record,
                       const struct authority *item, STACK_OF(X509) * between, int64_t now_s) {
    PP_CLEANUP(free_store) X509_STORE *store = X509_STORE_new();
    PP_CLEANUP(free_context) X509_STORE_CTX *context = X509_STORE_CTX_new();
    const struct authority *one = NULL;
    for (size_t i = 0; store && (one = authorities_at(authorities, record, i)); i++)
        X509_STORE_add_cert(store, one->certificate);
    if (!store || !context || X509_STORE_CTX_init(context, store, item->certificate, between) != 1)
        return 0;
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(param, (time_t)now_s);
    X509_VERIFY_PARAM_set_auth_level(param, CHAIN_AUTH_LEVEL);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
    if (X509_verify_cert(context) <= 0)
        return 0;
    const STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(context);
    return chain_keys_strong(chain) ? sk_X509_num(chain) : 0;
}

/* By one of them itself. */
static bool signed_by_trusted(const struct authorities *authorities, const struct authority_record *record,
                              const struct authority *item, int64_t now_s) {
    return path_length(authorities, record, item, NULL, now_s) == 2;
}

/* In both, with the same value, or not in the first. */
static bool binds_no_further(X509 *proof, X509 *root, int kind) {
    int at = X509_get_ext_by_NID(proof, kind, -1);
    int other = X509_get_ext_by_NID(root, kind, -1);
    return at < 0 ||
           (other >= 0 && ASN1_OCTET_STRING_cmp(X509_EXTENSION_get_data(X509_get_ext(proof, at)),
                                                X509_EXTENSION_get_data(X509_get_ext(root, other))) == 0);
}

/* Self-issued (RFC 5280 §3.2): what follows an authority has its name. What is signed for another name is one below it,
 * and that becomes no root. Nor does what may do less by its signer's word than by its own. */
static bool is_of_a_successor(const struct authority *proof, const struct authority *root) {
    X509 *certificate = proof->certificate;
    const X509_NAME *subject = X509_get_subject_name(certificate);
    return memcmp(proof->key, root->key, sizeof root->key) == 0 &&
           X509_NAME_cmp(subject, X509_get_subject_name(root->certificate)) == 0 &&
           X509_NAME_cmp(subject, X509_get_issuer_name(certificate)) == 0 &&
           binds_no_further(certificate, root->certificate, NID_name_constraints) &&
           binds_no_further(certificate, root->certificate, NID_ext_key_usage);
}

/* NewWithOld: the same subject and key, vouched for by one that is trusted. */
static bool is_proven(const struct authorities *authorities, const struct authority_record *record,
                      const struct answer *answer, const struct authority *root, int64_t now_s) {
    for (size_t i = 0; i < answer->count; i++) {
        const struct authority *item = &answer->items[i];
        if (item != root && is_of_a_successor(item, root) &&
            signed_by_trusted(authorities, record, item, now_s))
            return true;
    }
    return false;
}

static bool is_retired_key(const struct authority_record *record, const authority_hash key) {
    return authority_hash_among(key, record->retired_keys, record->retired_key_count);
}

static bool may_be_accepted(const struct authorities *authorities, const struct authority_record *record,
                            const struct answer *answer, const struct authority *item, int64_t now_s) {
    return !is_retired(record, item->sha256) && !is_retired_key(record, item->key) &&
           !authorities_find(authorities, record, item->sha256) && is_valid_at(item, now_s) &&
           self_signed(item) && is_proven(authorities, record, answer, item, now_s);
}

/* Those that have expired leave for it. */
static bool make_room(struct authority_record *record, int64_t now_s) {
    size_t left = 0;
    for (size_t i = 0; i < record->listed_count; i++) {
        if (record->listed[i].not_after > now_s)
            record->listed[left++] = record->listed[i];
        else
            authority_finish(&record->listed[i]);
    }
    record->listed_count = left;
    return left < AUTHORITY_LISTED_MAX;
}

static void list_first(struct authority_record *record, const struct authority *item) {
    memmove(record->listed + 1, record->listed, record->listed_count++ * sizeof *record->listed);
    authority_copy(item, &record->listed[0]);
}

/* One that is accepted may vouch for the next. */
static bool accept_proven(const struct authorities *authorities, const struct answer *answer, int64_t now_s,
                          struct authority_record *next) {
    bool any = false;
    for (size_t i = 0; i < answer->count; i++) {
        if (!may_be_accepted(authorities, next, answer, &answer->items[i], now_s) || !make_room(next, now_s))
            continue;
        list_first(next, &answer->items[i]);
        any = true;
        i = (size_t)-1; /* from the beginning */
    }
    return any;
}

static void free_stack(STACK_OF(X509) * *stack) {
    sk_X509_free(*stack);
}

/* Those of it that may stand between an authority and a root. Borrowed. */
static STACK_OF(X509) * between_of(const struct answer *answer) {
    STACK_OF(X509) *between = sk_X509_new_null();
    for (size_t i = 0; between && i < answer->count; i++) {
        if (!self_signed(&answer->items[i]))
            sk_X509_push(between, answer->items[i].certificate);
    }
    return between;
}

/* What is left, and is neither known nor vouched for by somebody who is: told once. */
static bool refuse_rest(const struct authorities *authorities, const struct answer *answer, int64_t now_s,
                        struct authority_record *next, char told[PP_ERROR_MESSAGE_MAX]) {
    PP_CLEANUP(free_stack) STACK_OF(X509) *between = between_of(answer);
    size_t length = 0;
    *told = 0;
    for (size_t i = 0; i < answer->count; i++) {
        const struct authority *item = &answer->items[i];
        if (authorities_find(authorities, next, item->sha256) || is_retired(next, item->sha256) ||
            authority_hash_among(item->sha256, next->refused, next->refused_count) ||
            path_length(authorities, next, item, between, now_s))
            continue;
        bool full = may_be_accepted(authorities, next, answer, item, now_s);
        authority_hash_add(item->sha256, next->refused, &next->refused_count, AUTHORITY_REFUSED_MAX);
        if (length < PP_ERROR_MESSAGE_MAX)
            length += (size_t)snprintf(told + length, PP_ERROR_MESSAGE_MAX - length, "%s\"%s\"%s",
                                       length ? ", " : "", item->name, full ? " (there are too many)" : "");
    }
    return length > 0;
}

static bool knows_any(const struct authorities *authorities, const struct answer *answer) {
    for (size_t i = 0; i < answer->count; i++) {
        if (authorities_find(authorities, &authorities->record, answer->items[i].sha256))
            return true;
    }
    return false;
}

bool authorities_take_answer(const struct authorities *authorities, const uint8_t *pkcs7, size_t size,
                             int64_t now_s, struct authority_record *next, char told[PP_ERROR_MESSAGE_MAX],
                             struct pp_error *error) {
    PP_CLEANUP(answer_finish) struct answer answer = {0};
    *told = 0;
    if (authorities->record.by_target)
        return pp_fail(error, PP_E_STATE, "the repository says who is trusted");
    if (!answer_read(&answer, pkcs7, size, error))
        return false;
    if (!knows_any(authorities, &answer))
        return pp_fail(error, PP_E_AUTH, "the server's authority is not the configured one");
    authority_record_copy(&authorities->record, next);
    bool accepted = accept_proven(authorities, &answer, now_s, next);
    bool refused = refuse_rest(authorities, &answer, now_s, next, told);
    if (accepted || refused)
        return true;
    authority_record_finish(next);
    return pp_fail(error, PP_E_STATE, "the authorities are what they were");
}

/* ---- Whose a certificate is ---- */

bool authorities_issued(const struct authorities *authorities, const char *chain_pem) {
    const struct authority *issuing =
        authorities->record.has_issuing ? authority_listed(&authorities->record, authorities->record.issuing)
                                        : NULL;
    pp_autobuf struct pp_buf der = PP_BUF_INIT(IDENTITY_CHAIN_DER_MAX);
    bool valid = false;
    bool found = !issuing;
    while (!found && chain_next_certificate(&chain_pem, &der, &valid, NULL)) {
        struct authority one = {0};
        found = valid && authority_read(der.data, der.size, &one, NULL) &&
                X509_verify(one.certificate, X509_get0_pubkey(issuing->certificate)) == 1;
        authority_finish(&one);
    }
    ERR_clear_error();
    return found;
}
