/* The display points that this headend knows. Callers hold db_lock. */
#ifndef HEADEND_OPS_DEVICE_H
#define HEADEND_OPS_DEVICE_H

#include "crypto/key.h"
#include "headend/base/secret.h"
#include "headend/base/text.h"
#include "headend/db/db.h"

#define DEVICE_SEEN_EVERY_S 15  /* "last contact" is not written more often */
#define DEVICE_ONLINE_S     120 /* a screen not heard of for longer is shown as offline; a poll lasts 50 s */
#define DEVICE_WORDS_MAX    4   /* of a search */
#define DEVICE_WORD_MAX     100 /* bytes of each; a longer one is cut */
#define DEVICE_SEARCH_MAX   512 /* bytes of a search in lower case, with the NUL; the rest is cut */
#define DEVICE_PREFIX_MIN   4   /* characters of an id that stand for it, at least */
#define DEVICE_TROUBLE_MAX  400 /* bytes */
#define DEVICE_SOFTWARE_MAX 64  /* bytes */
/* How a screen shows who it is, and whether a person has to sign in there (firmware/access/mode.h). */
enum device_access {
    DEVICE_CERTIFICATE, /* by its certificate, in TLS */
    DEVICE_COOKIE,      /* by proofs of its key (device/proof.h): TLS ends before it gets here */
    DEVICE_SSO, /* likewise, and shows content while somebody is signed in at an OpenID Connect provider */
    DEVICE_PASSWORD, /* likewise, by the screen's own password */
    DEVICE_ACCESS_MODES,
};

#define FINGERPRINT_SIZE      20             /* bytes: "3f2a 91bc 0d4e 77a1" and the NUL */
#define FINGERPRINT_GROUPS    4              /* of ... */
#define FINGERPRINT_GROUP     4              /* ... hex digits */
#define DEVICE_EPOCH_STEP_MAX 1000           /* a screen does not follow further, either */
#define DEVICE_AHEAD_S        (26 * 60 * 60) /* a screen with a right clock does not believe us further than a day */

struct device {
    char id[UUID_TEXT_SIZE];
    uint8_t thumbprint[32]; /* RFC 7638, of its key */
    char name[TEXT_NAME_MAX + 1], site[TEXT_NAME_MAX + 1];
    char channel[CHANNEL_ID_MAX + 1]; /* "" for none */
    char time_zone[TIME_ZONE_MAX + 1];
    char locale[8];
    char status[16];                      /* "approved", "active", "retired" */
    int rotation;                         /* degrees clockwise of its picture: 0, 90, 180, 270 */
    int64_t lock_after_s, erase_after_s;  /* without word of us; 0 never */
    bool offline_mark;                    /* it shows a small mark while it is offline */
    int64_t version;                      /* of its state: grows with each change */
    int64_t seen;                         /* s since 1970, 0 never */
    int64_t certificate_expires;          /* s since 1970 */
    char code[16];                        /* what help it needs, as it last reported: "C-1"; "" none */
    char trouble[DEVICE_TROUBLE_MAX + 1]; /* the same in words */
    int64_t epoch;                        /* of its state: grows when versions begin anew */
    char reported[16]; /* the state it says it is in: "online", "offline"…; "" none yet */
    bool can_agree;    /* it has announced the key that its secrets are encrypted to (agreement.h): */
    uint8_t agreement[CRYPTO_POINT_SIZE];
    enum device_access access;
    char picture[UUID_TEXT_SIZE];           /* the command that brought its newest picture; "" none yet */
    int64_t picture_taken;                  /* s since 1970 */
    char software[DEVICE_SOFTWARE_MAX + 1]; /* the version that it says it runs; "" not said yet */
};

/* "certificate", "cookie", "sso", "password". */
const char *device_access_name(enum device_access access);
/* False for another text. */
bool device_access_read(const char *text, enum device_access *access);

/* PP_E_NOTFOUND where there is none. */
PP_MUST_USE bool device_find(struct db *db, const char *id, struct device *device, struct pp_error *error);
/* What a person calls it: its id, the first DEVICE_PREFIX_MIN characters of that or more, or its name. PP_E_INVALID
 * where that could be more than one. */
PP_MUST_USE bool device_resolve(struct db *db, const char *text, struct device *device,
                                struct pp_error *error);
PP_MUST_USE bool device_find_by_cookie(struct db *db, const char *cookie, struct device *device,
                                       struct pp_error *error);
/* The one whose key this is, or is about to be. */
PP_MUST_USE bool device_find_by_key(struct db *db, const uint8_t thumbprint[32], struct device *device,
                                    struct pp_error *error);

/* All of them: first those offline or in trouble, last those retired, by name; stops where the callback returns
 * false. */
PP_MUST_USE bool device_each(struct db *db, bool (*each)(void *arg, const struct device *device), void *arg,
                             struct pp_error *error);

/* Where a screen stands, as lists call it. */
enum device_state {
    DEVICE_ONLINE,
    DEVICE_IDLE, /* online, and nothing is published on its channel, or it has none */
    DEVICE_TROUBLED,
    DEVICE_OFFLINE,
    DEVICE_WAITING,
    DEVICE_RETIRED,
    DEVICE_STATES,
};
/* "online", "idle", "trouble", "offline", "waiting", "retired". */
const char *device_state_key(enum device_state state);
/* The same text, as it is kept; NULL for another one. */
const char *device_state_find(const char *text);
/* `publish` is its channel's, 0 without one. */
enum device_state device_state_of(const struct device *device, int64_t publish, int64_t now);

/* Some of them, in the order of device_each: those whose name, site, channel (its id or title) or state hold all words
 * of `words`, of which the first DEVICE_WORDS_MAX count, whatever the case of letters; `count` of them after `skipped`
 * others. What a state is called counts as one word, so that "en ligne" does not find "hors ligne". */
struct device_search {
    const char *words;
    const char *states[DEVICE_STATES]; /* what they are called in the language of the one who searches */
    int64_t now;                       /* s since 1970 */
    int64_t skipped, count;
};
PP_MUST_USE bool device_search(struct db *db, const struct device_search *search,
                               bool (*each)(void *arg, const struct device *device), void *arg,
                               struct pp_error *error);
/* How many there are, how many of them a search finds, and how many of those are online. */
struct device_counts {
    int64_t total, found, online;
};
PP_MUST_USE bool device_count(struct db *db, const struct device_search *search, struct device_counts *counts,
                              struct pp_error *error);

/* A fresh device cookie, in place of any earlier one. */
PP_MUST_USE bool device_cookie_make(struct db *db, const char *id, int64_t lifetime_s,
                                    char cookie[SECRET_TEXT_SIZE], struct pp_error *error);
/* Whether the cookie is the device's present one. */
PP_MUST_USE bool device_cookie_check(struct db *db, const char *id, const char *cookie,
                                     struct pp_error *error);

/* The key that its secrets are encrypted to from now on. *changed: it was another one. */
PP_MUST_USE bool device_set_agreement(struct db *db, const char *id,
                                      const uint8_t agreement[CRYPTO_POINT_SIZE], bool *changed,
                                      struct pp_error *error);
/* The key that it signs with, of which its thumbprint is. */
PP_MUST_USE bool device_set_key(struct db *db, const char *id, const uint8_t key[CRYPTO_POINT_SIZE],
                                struct pp_error *error);

/* Its certificate, cookie and tokens are refused from now on. */
PP_MUST_USE bool device_retire(struct db *db, const char *id, struct pp_error *error);

/* The same as part of another change, also of one that is retired already. */
PP_MUST_USE bool device_refuse_all(struct db *db, const char *id, struct pp_error *error);

/* Somebody else may have its key: no certificate and no cookie that it has is good any more, its channel's keys
 * count as known to a stranger, and it is a screen again once a person has approved the code that it shows.
 * PP_E_STATE for one that is retired. */
PP_MUST_USE bool device_revoke(struct db *db, const char *id, struct pp_error *error);

/* It is what it was before it was retired: the certificate that it has is good again, until that expires. */
PP_MUST_USE bool device_restore(struct db *db, const char *id, struct pp_error *error);
/* Forgets a retired screen and all that it has reported; PP_E_STATE for one that is in use. Its certificate is one of
 * an unknown screen's then. */
PP_MUST_USE bool device_remove(struct db *db, const char *id, struct pp_error *error);
/* "waiting" (for its first contact), "online", "trouble" (it says that it is not), "offline", "retired". */
const char *device_state_name(const struct device *device, int64_t now);

/* What a person may change: NULL leaves a field as it is. */
struct device_settings {
    const char *name, *site, *channel, *time_zone, *locale;
    const char *channel_title;            /* of one that is made; NULL: none is, but at approval by its id */
    const char *rotation;                 /* "0", "90", "180", "270" */
    const char *offline_mark;             /* "yes", "no" */
    const char *access;                   /* device_access_name */
    const char *lock_after, *erase_after; /* silence_read */
};
PP_MUST_USE bool device_settings_check(const struct device_settings *settings, struct pp_error *error);
/* PP_E_NOTFOUND where there is no such channel, PP_E_STATE for one that is retired. */
PP_MUST_USE bool device_change(struct db *db, const char *id, const struct device_settings *settings,
                               struct pp_error *error);
/* The same, and before it a channel that has a title is made where there is none; both or neither. */
PP_MUST_USE bool device_settings_save(struct db *db, const char *id, const struct device_settings *settings,
                                      struct pp_error *error);

/* What a screen says of the states that were in effect there. */
struct device_report {
    int64_t epoch, version; /* of the newest */
    int64_t time;           /* s since 1970: what time they have told it */
};
/* A screen that has seen newer states than ours: this database came from a backup, and its states go on in a
 * later epoch. One that was told a time far ahead, by this headend when its clock was wrong: the next version
 * takes that back. *changed: its state is another one now. */
PP_MUST_USE bool device_follow_report(struct db *db, const struct device *device,
                                      const struct device_report *report, bool *changed,
                                      struct pp_error *error);

/* The first 8 bytes of a thumbprint as the screen shows them: "3f2a 91bc 0d4e 77a1". */
void fingerprint_text(const uint8_t thumbprint[32], char text[FINGERPRINT_SIZE]);

/* The sites that screens are at, by name; of many the first. Stops where the callback fails. */
PP_MUST_USE bool device_sites(struct db *db,
                              bool (*each)(void *arg, const char *site, struct pp_error *error), void *arg,
                              struct pp_error *error);

#endif
