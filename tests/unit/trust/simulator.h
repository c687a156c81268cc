/*
 * A TUF repository in memory and a client folder on disk, for tests of firmware/trust. The `signed` part of
 * each role is a cJSON object that a test may change as it likes before it publishes it; keys are named by
 * letters
 * ('a' to 'z'), made when first used. Everything that cannot fail in a test asserts.
 */
#ifndef PP_TESTS_TRUST_SIMULATOR_H
#define PP_TESTS_TRUST_SIMULATOR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "support/test_folder.h"
#include "trust/trust.h"

#define SIM_NOW   1800000000 /* s since 1970: 2027-01-15T08:00:00Z */
#define SIM_DAY   86400      /* s */
#define SIM_ROLES 48
#define SIM_FILES 512
#define SIM_LOG   4096 /* bytes */

struct sim_role {
    char name[64];
    cJSON *body;
    char signers[32]; /* letters of the keys that sign it */
    bool published;   /* once at least, so the next time its version grows */
};

struct sim_file {
    char *name; /* relative to the repository: "metadata/1.root.json", "targets/x" */
    void *data;
    size_t size;
};

struct sim {
    char dir[TEST_FOLDER_SIZE]; /* the client's metadata folder */
    int64_t now;
    bool with_hashes; /* list lengths and hashes of metadata */
    struct trust_caps caps;
    struct sim_role roles[SIM_ROLES];
    size_t role_count;
    struct sim_file files[SIM_FILES];
    size_t file_count;
    struct crypto_key *keys[26];
    char log[SIM_LOG];  /* names requested, each followed by a space */
    const char *broken; /* a name whose fetch fails with PP_E_NET */
};

/* A valid repository, published at version 1: root by 'r', timestamp by 't', snapshot by 's', targets by 'g';
 * consistent snapshots; everything expires 30 days after SIM_NOW. The client's folder holds its root. */
struct sim *sim_create(void);
void sim_destroy(struct sim *sim);
/* cmocka's setup and teardown, the state being the struct sim. */
int sim_setup(void **state);
int sim_teardown(void **state);

/* ---- The repository ---- */

struct sim_role *sim_role(struct sim *sim, const char *name);
/* The `signed` part, to be changed in place. */
cJSON *sim_body(struct sim *sim, const char *role);
void sim_set_number(cJSON *object, const char *name, double value);
void sim_set_text(cJSON *object, const char *name, const char *text);
/* Replaces a member, or adds it; takes ownership of `value`. */
void sim_set(cJSON *object, const char *name, cJSON *value);
void sim_expire(struct sim *sim, const char *role, int64_t when);

/* Who signs the role from now on. */
void sim_sign_with(struct sim *sim, const char *role, const char *keys);
/* The keyid and the key object (the caller's) of a letter. */
void sim_keyid(struct sim *sim, char letter, char keyid[65]);
cJSON *sim_key_object(struct sim *sim, char letter);
/* Whom root names for a top-level role. */
void sim_authorize(struct sim *sim, const char *role, const char *keys, int threshold);
/* The same, and they sign it. */
void sim_rotate(struct sim *sim, const char *role, const char *keys, int threshold);

/* Lets `delegator` delegate `paths` (separated by spaces) to a role, signed by `key`. The role's metadata is
 * made where it is new. Returns the entry in "roles", borrowed. */
cJSON *sim_delegate(struct sim *sim, const char *delegator, const char *name, const char *paths, char key);
/* Adds a target with its SHA-256 to a role and its file, under its plain and its HASH. name, to the server.
 */
void sim_add_target(struct sim *sim, const char *role, const char *path, const char *content);

/* Signs each role (names separated by spaces, in this order) as a new version and serves it. A targets role
 * is entered in snapshot's meta, snapshot in timestamp's. */
void sim_publish(struct sim *sim, const char *roles);
/* Signs a role as it stands, without a new version or entry anywhere; the caller's text (cJSON_free). */
char *sim_signed_text(struct sim *sim, const char *role);
/* Serves these bytes under a name; replaces what is there. */
void sim_serve(struct sim *sim, const char *name, const void *data, size_t size);
void sim_serve_text(struct sim *sim, const char *name, const char *text);
void sim_remove(struct sim *sim, const char *name);
const struct sim_file *sim_file(const struct sim *sim, const char *name);

/* ---- The client ---- */

/* A cycle that is open and not refreshed; its target address is set. */
struct trust *sim_open(struct sim *sim);
/* Opens, refreshes and closes; clears the log first. */
PP_MUST_USE bool sim_refresh(struct sim *sim, struct pp_error *error);
void sim_assert_refreshed(struct sim *sim);
/* The refresh fails with this code, and in the folder nothing but the files of `changed` (role names
 * separated by spaces) is different afterwards. */
void sim_assert_refused(struct sim *sim, enum pp_code code, const char *changed);
/* The version kept for a role, 0 where there is no file. */
int64_t sim_kept(struct sim *sim, const char *role);
void sim_keep(struct sim *sim, const char *role, const char *text);
/* Finds and downloads in a fresh cycle; PP_OK or the code of the failure. */
enum pp_code sim_download(struct sim *sim, const char *path, struct pp_buf *out);

/* A trust_fetch_function; `arg` is the struct sim. */
enum trust_fetch_result sim_fetch(void *arg, const char *url, size_t max_bytes, struct pp_buf *out,
                                  struct pp_error *error);

#endif
