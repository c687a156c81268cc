/*
 * What 802.1X shows for this screen: the certificate and the key of the device, as files of root's (0600) in a folder
 * that is in memory, for wpa_supplicant. The agent has them, in its vault; it is asked for them where a profile
 * wants them (dot1x.h), and they go as soon as none does, or the agent has none any more.
 *
 *      client.pem    the certificate, then those between it and its authority
 *      client.key    the key; one in a TPM: what only that TPM can load
 *      certificate   "DEVICE END": the certificate's common name, and its end in s since 1970
 *
 * A key is written nowhere but into a memory file system (tmpfs, ramfs); what it is that is written is not read here.
 */
#ifndef PP_NETWORK_CREDENTIALS_H
#define PP_NETWORK_CREDENTIALS_H

#include "network/service.h"

#define CREDENTIALS_FOLDER     "/run/pingplay-network"
#define CREDENTIALS_DEVICE_MAX 65 /* bytes with the NUL */

struct credentials_about {
    char device[CREDENTIALS_DEVICE_MAX]; /* "": there are none */
    int64_t end_s;                       /* of the certificate, s since 1970 */
};

/* Asks the agent and writes what it has, each file whole or as it was; `about` is what there is then. `changed`: it is
 * another certificate than before. Where the agent has none, the files are removed, and that is right. PP_E_CANCELLED:
 * the agent cannot be asked now; the files stay. */
bool credentials_fetch(const struct network_service *service, struct credentials_about *about, bool *changed,
                       struct pp_error *error);
/* Overwritten first. Right where there are none. */
bool credentials_remove(const char *folder, struct pp_error *error);
/* What was written; `device` is "" where nothing was. */
void credentials_read_about(const char *folder, struct credentials_about *about);

#endif
