/*
 * The profiles in NetworkManager's folder that are ours: "pingplay-wifi" and, of each wired interface,
 * "pingplay-wired-NAME". Each has two places, "-a" and "-b", so that one on trial stands beside the one in use; a
 * profile on trial is not taken up by a start of the machine. Beside one of 802.1X the authorities of its server stand
 * in a file of the same name that ends with ".pem", which NetworkManager passes over. Nothing else in the folder is
 * read or changed.
 */
#ifndef PP_NETWORK_PROFILE_H
#define PP_NETWORK_PROFILE_H

#include "base/file.h"
#include "network/keyfile.h"

#define PROFILE_FOLDER   "/etc/NetworkManager/system-connections"
#define PROFILE_NAME_MAX 40 /* bytes with the NUL */
#define PROFILE_PLACES   2

/* Where the profiles are, and who loads them. */
struct profiles {
    const char *folder;   /* absolute */
    const char *nmcli;    /* program */
    const char *keys;     /* absolute: where 802.1X has the device's certificate and key (credentials.h) */
    const char *identity; /* of 802.1X, where a request has none: the certificate's */
};

struct profile {
    char name[PROFILE_NAME_MAX]; /* "pingplay-wired-eth0" */
    int place;                   /* 0, 1 */
    char uuid[KEYFILE_UUID_SIZE];
    bool kept;               /* no longer on trial */
    struct pp_boot_time set; /* when its change began */
};

/* By the interface; "": the Wi-Fi. */
void profile_name(const char *interface, char name[PROFILE_NAME_MAX]);
PP_MUST_USE bool profile_path(const struct profiles *profiles, const struct profile *profile,
                              char path[PP_PATH_MAX], struct pp_error *error);

/* Of a name and place; PP_E_NOTFOUND, PP_E_INVALID where the file is none of ours. */
PP_MUST_USE bool profile_read(const struct profiles *profiles, const char *name, int place,
                              struct profile *profile, struct pp_error *error);
/* The one in use; PP_E_NOTFOUND. Where a power cut has left two, the later. */
bool profile_find(const struct profiles *profiles, const char *name, struct profile *profile,
                  struct pp_error *error);
/* The text of its file, whose owner finishes it: there may be a secret in it. */
bool profile_read_text(const struct profiles *profiles, const struct profile *profile, struct pp_buf *text,
                       struct pp_error *error);
/* A file's name, of either place: the profile's. */
bool profile_parse_file(const char *file, char name[PROFILE_NAME_MAX], int *place);

/* Writes it (root's, 0600, whole or not at all), and has NetworkManager load it; `profile` says whether it is on trial.
 * A former file of that name is overwritten: there may be a passphrase in it. */
bool profile_write(const struct profiles *profiles, const struct profile *profile,
                   const struct network_request *request, struct pp_error *error);
/* The same of a text that keyfile.h has made of its own. */
bool profile_rewrite(const struct profiles *profiles, const struct profile *profile,
                     const struct pp_buf *text, struct pp_error *error);
bool profile_load(const struct profiles *profiles, const struct profile *profile, struct pp_error *error);
/* From NetworkManager, which ends its connection, and from the folder; also where NetworkManager does not run. The file
 * is overwritten first. */
PP_MUST_USE bool profile_remove(const struct profiles *profiles, const struct profile *profile,
                                struct pp_error *error);

#endif
