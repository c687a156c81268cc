#include "headend/signer/ca_change.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "base/shred.h"
#include "crypto/bulk.h"
#include "headend/public/ca_file.h"
#include "headend/public/certificate.h"
#include "headend/signer/ca_issue.h"
#include "headend/signer/ca_key.h"
#include "headend/signer/tuf_sign.h"

/* Another struct ca to be, which begins with what this one has. */
static struct ca *next_create(enum ca_change unfinished, struct pp_error *error) {
    struct ca *next = calloc(1, sizeof *next);
    if (!next) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    atomic_init(&next->holders, 1);
    next->unfinished = unfinished;
    return next;
}

/* The authorities, as many as there is place for, and what ties those together. */
static bool next_take(struct ca *next, const struct ca *ca, struct pp_error *error) {
    for (size_t i = 0; i < ca->count && next->count < CA_KNOWN_MAX; i++) {
        const struct authority *authority = &ca->authorities[i];
        if (!ca_add(next, authority->der.data, authority->der.size, authority->retired, error))
            return false;
    }
    for (size_t i = 0; i < ca->link_count; i++) {
        const struct authority_link *link = &ca->links[i];
        if (ca_find(next, link->of) && ca_find(next, link->by) && !ca_add_link(next, link, error))
            return false;
    }
    memcpy(next->retired, ca->retired, sizeof next->retired);
    next->retired_count = ca->retired_count;
    return true;
}

/* What signs the document that tells screens is here, so that nothing is begun that cannot be ended. */
static bool can_tell_screens(const struct home *home, struct pp_error *error) {
    PP_AUTO(crypto_key) struct crypto_key *key = tuf_key(home, "targets", false, error);
    return key != NULL || pp_wrap(error, "screens cannot be told");
}

/* ---- A new one ---- */

/* The key of the newest, certified by one that is trusted, for as long as both are. */
static bool link_make(const struct home *home, const struct ca *ca, const struct crypto_key *key,
                      const struct authority *by, struct ca *next, struct pp_error *error) {
    struct authority *newest = &next->authorities[0];
    struct authority_link link = {.der = PP_BUF_INIT(CA_CERTIFICATE_MAX)};
    int64_t end = newest->not_after < by->not_after ? newest->not_after : by->not_after;
    memcpy(link.of, newest->sha256, sizeof link.of);
    memcpy(link.by, by->sha256, sizeof link.by);
    PP_AUTO(crypto_key) struct crypto_key *issuer = ca_key_read(home, by->sha256, error);
    bool ok =
        issuer && ca_certify(key, ca->name, issuer, end, &link.der, error) && ca_add_link(next, &link, error);
    pp_buf_finish(&link.der);
    return ok;
}

static bool links_make(const struct home *home, const struct ca *ca, const struct crypto_key *key,
                       struct ca *next, struct pp_error *error) {
    for (size_t i = 0; i < ca->count; i++) {
        const struct authority *by = &ca->authorities[i];
        if (!by->retired && !link_make(home, ca, key, by, next, error))
            return false;
    }
    return true;
}

static bool may_have_one_more(const struct ca *ca, struct pp_error *error) {
    size_t trusted = 0;
    for (size_t i = 0; i < ca->count; i++)
        trusted += !ca->authorities[i].retired;
    return trusted < CA_TRUSTED_MAX ||
           pp_fail(error, PP_E_LIMIT, "%d authorities are trusted already: retire the oldest first",
                   CA_TRUSTED_MAX);
}

/* The first change gives each key a file of its own name; ca.key stays until that is decided. */
static bool first_key_copy(const struct home *home, const struct ca *ca, struct pp_error *error) {
    if (ca_file_exists(home))
        return true;
    PP_AUTO(crypto_key) struct crypto_key *key = ca_issuing_key(home, ca, error);
    return key && ca_key_write(home, ca->authorities[0].sha256, key, error);
}

static bool rotation_decide(const struct home *home, const struct ca *ca, const struct ca_holders *holders,
                            uint8_t sha256[CA_HASH_SIZE], struct pp_error *error) {
    pp_autobuf struct pp_buf der = PP_BUF_INIT(CA_CERTIFICATE_MAX);
    PP_AUTO(crypto_key) struct crypto_key *key = crypto_key_generate(error);
    PP_AUTO(ca) struct ca *next = key ? next_create(CA_ROTATING, error) : NULL;
    return next && ca_certify(key, ca->name, key, 0, &der, error) &&
           ca_add(next, der.data, der.size, false, error) && links_make(home, ca, key, next, error) &&
           next_take(next, ca, error) && first_key_copy(home, ca, error) &&
           ca_key_write(home, next->authorities[0].sha256, key, error) &&
           /* until now there was one only */
           holders->name(holders->arg, ca->authorities[ca->count - 1].sha256, error) &&
           ca_file_write(home, next, error) && memcpy(sha256, next->authorities[0].sha256, CA_HASH_SIZE);
}

bool ca_rotate(const struct home *home, const struct ca_holders *holders, uint8_t sha256[CA_HASH_SIZE],
               struct pp_error *error) {
    PP_AUTO(ca) struct ca *ca = ca_open(home, error);
    if (!ca || !can_tell_screens(home, error))
        return false;
    memcpy(sha256, ca->authorities[0].sha256, CA_HASH_SIZE);
    return ca->unfinished == CA_ROTATING ||
           (may_have_one_more(ca, error) && rotation_decide(home, ca, holders, sha256, error));
}

/* ---- One less ---- */

/* The only one whose hash begins so. */
static const struct authority *find_by_prefix(const struct ca *ca, const char *hex, struct pp_error *error) {
    const struct authority *found = NULL;
    size_t length = strlen(hex);
    if (length < CA_PREFIX_MIN || length >= PP_HEX_SIZE(CA_HASH_SIZE) ||
        strspn(hex, "0123456789abcdefABCDEF") != length) {
        pp_fail(error, PP_E_INVALID, "not the first %d digits or more of a fingerprint: %s", CA_PREFIX_MIN,
                hex);
        return NULL;
    }
    for (size_t i = 0; i < ca->count; i++) {
        char own[PP_HEX_SIZE(CA_HASH_SIZE)];
        pp_hex_encode(ca->authorities[i].sha256, CA_HASH_SIZE, own);
        if (strncasecmp(own, hex, length) == 0)
            found = &ca->authorities[i];
    }
    if (!found)
        pp_fail(error, PP_E_NOTFOUND, "no such authority: %s", hex);
    return found;
}

static bool may_retire(const struct ca *ca, const struct ca_holders *holders,
                       const struct authority *authority, bool force, struct pp_error *error) {
    int64_t screens = 0;
    if (authority == &ca->authorities[0])
        return pp_fail(error, PP_E_STATE, "it is the one that issues: make another one first");
    for (const struct authority *older = authority + 1; older < ca->authorities + ca->count; older++) {
        if (!older->retired)
            return pp_fail(error, PP_E_STATE,
                           "an older one is trusted, which vouches for it: retire the oldest first");
    }
    bool counted = holders->count(holders->arg, ca, authority, &screens, error);
    if (!counted || force || !screens)
        return counted;
    return pp_fail(
        error, PP_E_STATE,
        "%lld screens hold certificates by it, and would have to be approved again: wait until they "
        "have renewed them, or give --force",
        (long long)screens);
}

static bool retirement_decide(const struct home *home, const struct ca *ca, const struct authority *authority,
                              struct pp_error *error) {
    PP_AUTO(ca) struct ca *next = next_create(CA_RETIRING, error);
    if (!next || !next_take(next, ca, error))
        return false;
    next->authorities[authority - ca->authorities].retired = true;
    if (next->retired_count < CA_RETIRED_MAX)
        next->retired_count++;
    memmove(next->retired[1], next->retired[0], sizeof next->retired - sizeof next->retired[0]);
    memcpy(next->retired[0], authority->sha256, CA_HASH_SIZE);
    return ca_file_write(home, next, error);
}

bool ca_retire(const struct home *home, const struct ca_holders *holders, const char *hex, bool force,
               uint8_t sha256[CA_HASH_SIZE], struct pp_error *error) {
    PP_AUTO(ca) struct ca *ca = ca_open(home, error);
    const struct authority *authority = ca ? find_by_prefix(ca, hex, error) : NULL;
    if (!authority || !can_tell_screens(home, error))
        return false;
    memcpy(sha256, authority->sha256, CA_HASH_SIZE);
    /* Again: what was left of it is done. */
    return authority->retired || (may_retire(ca, holders, authority, force, error) &&
                                  retirement_decide(home, ca, authority, error));
}

/* ---- What follows from it ---- */

static bool key_is_needed(const struct ca *ca, const char *name) {
    for (size_t i = 0; i < ca->count; i++) {
        char path[CA_KEY_PATH_MAX];
        ca_key_path(ca->authorities[i].sha256, path);
        if (!ca->authorities[i].retired && strcmp(strrchr(path, '/') + 1, name) == 0)
            return true;
    }
    return false;
}

/* Also one that was not renamed yet; what else lies there is somebody's own. */
static bool is_key(const char *name) {
    return fnmatch("*.pem", name, FNM_PERIOD) == 0 || fnmatch("*.pem.new", name, FNM_PERIOD) == 0;
}

/* Keys of those that are retired, and of such as never were, since their making was interrupted. */
static bool keys_destroy(const struct home *home, const struct ca *ca, bool needed, struct pp_error *error) {
    struct pp_error missing = {0};
    int fd = pp_dir_open(home->fd, HOME_AUTHORITY_KEYS, &missing);
    if (fd < 0)
        return missing.code == PP_E_NOTFOUND || pp_fail(error, missing.code, "%s", missing.message);
    pp_autodir DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return pp_fail_errno(error, HOME_AUTHORITY_KEYS);
    }
    for (const struct dirent *entry; (entry = readdir(dir));) {
        if (!is_key(entry->d_name) || (needed && key_is_needed(ca, entry->d_name)))
            continue;
        if (!pp_shred(fd, entry->d_name, error))
            return false;
    }
    return true;
}

/* ca.pem is what screens are installed with. */
static bool certificate_lay(const struct home *home, const struct ca *ca, struct pp_error *error) {
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(CA_PEM_MAX);
    pp_autobuf struct pp_buf present = PP_BUF_INIT(CA_PEM_MAX);
    if (!certificate_to_pem(&ca->authorities[0].der, &pem, error))
        return false;
    bool there = pp_file_read(home->fd, HOME_CA_CERTIFICATE, &present, NULL);
    if (there && present.size == pem.size && memcmp(present.data, pem.data, pem.size) == 0)
        return true;
    return pp_file_replace(home->fd, HOME_CA_CERTIFICATE, pem.data, pem.size, 0644, error);
}

bool ca_settle(const struct home *home, struct pp_error *error) {
    PP_AUTO(ca) struct ca *ca = ca_open(home, error);
    if (!ca)
        return false;
    if (!ca_file_exists(home))
        return keys_destroy(home, ca, false, error);
    return certificate_lay(home, ca, error) && pp_shred(home->fd, HOME_CA_KEY, error) &&
           pp_shred(home->fd, HOME_CA_KEY ".new", error) && keys_destroy(home, ca, true, error);
}

bool ca_finish(const struct home *home, struct pp_error *error) {
    PP_AUTO(ca) struct ca *ca = ca_open(home, error);
    if (!ca || !ca->unfinished)
        return ca != NULL;
    ca->unfinished = CA_UNCHANGED; /* nobody else has it */
    return ca_file_write(home, ca, error);
}
