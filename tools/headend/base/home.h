/*
 * The headend's folder, made by `init` (0700):
 *
 *   database              where the database is, if that is a PostgreSQL (0600): several headends may share it
 *   headend.db            else, SQLite: screens, administrators, channel keys (sealed), reports (0600)
 *   keys/database.key     what they are sealed under (stored_key.h; 0600)
 *   ca.pem  ca.key        the certificate authority that issues (key 0600)
 *   ca.json               once there was another one: all of them, and what ties them (ca_file.h)
 *   keys/authorities/     the keys of all that are not retired, then; ca.key is gone (0600)
 *   server.pem server.key the server's own certificate and key, issued by it (key 0600)
 *   keys/ROLE.pem         the repository's signing keys (0600)
 *   keys/signer.lock      held by who changes any of them (signer/service.h)
 *   root.json             the first TUF root; with ca.pem the install bundle of a screen
 *   repo/                 the static repository: metadata/ targets/ objects/
 *   uploads/COMMAND       what screens sent because they were asked to, sealed (0600)
 *   incoming/UPLOAD/FIRST what administrators upload while it comes, sealed (ops/upload_pieces.h; 0600)
 *   serve.conf            options of `serve`, where somebody has made it (serve/config.h)
 *   content/ab/FILE       originals of the library and their thumbnails, sealed (ops/content_store.h; 0600)
 *   publish.lock          held while a publish changes repo/
 *   wake                  touched by every command that changed something a running `serve` should see
 */
#ifndef HEADEND_BASE_HOME_H
#define HEADEND_BASE_HOME_H

#include "base/buf.h"
#include "base/file.h"

struct db;
struct signing;

#define HOME_DATABASE           "database"
#define HOME_CA_CERTIFICATE     "ca.pem"
#define HOME_CA_KEY             "ca.key"
#define HOME_AUTHORITIES        "ca.json"
#define HOME_AUTHORITY_KEYS     "keys/authorities" /* of a backup that copies ca.* and keys, all is there */
#define HOME_SERVER_CERTIFICATE "server.pem"
#define HOME_SERVER_KEY         "server.key"
#define HOME_KEYS               "keys"
#define HOME_ROOT               "root.json"
#define HOME_REPO               "repo"
#define HOME_LOCK               "publish.lock"
#define HOME_WAKE               "wake"

#define HOME_HOSTS_MAX          16
#define HOME_HOST_MAX           254 /* bytes with the NUL: DNS names (RFC 1035 §2.3.4) and addresses */

struct home {
    char path[PP_PATH_MAX];
    int fd;                  /* the folder */
    struct db *db;           /* opened with it (db/home_open.h); who has no database knows nothing of it */
    struct signing *signing; /* of whom what needs a private key is asked (signing/signing.h) */
    bool asks_another;       /* who is borrowed, and not this process itself */
    /* Of home_read, in a process that may not open such files itself; NULL in others. */
    bool (*read)(const struct home *home, const char *name, struct pp_buf *out, struct pp_error *error);
};

/* Appends a file of the folder itself that others may replace: HOME_CA_CERTIFICATE, HOME_AUTHORITIES,
 * HOME_SERVER_CERTIFICATE, HOME_SERVER_KEY. PP_E_NOTFOUND. */
PP_MUST_USE bool home_read(const struct home *home, const char *name, struct pp_buf *out,
                           struct pp_error *error);
/* Tells a running server that something has changed. */
void home_wake(const struct home *home);

/* The names and addresses under which the server is reached; the first is the one that it tells others. Given
 * to `init`, changed by `hosts`; kept in the database (db/home_open.h). */
struct host_list {
    char names[HOME_HOSTS_MAX][HOME_HOST_MAX];
    size_t count;
};
/* A DNS name or an IPv4/IPv6 address; each once. */
PP_MUST_USE bool host_list_add(struct host_list *list, const char *name, struct pp_error *error);
bool host_list_has(const struct host_list *list, const char *name);
/* 4 or 16 bytes of an IP address in text, 0 where it is none. */
size_t host_address(const char *name, uint8_t bytes[16]);

#endif
