/*
 * A USB stick that hands over a network: a file in its topmost folder, "pingplay-network.json", that says one of
 *
 *      {"format": 1,
 *       "wifi": {"ssid": "Lobby", "passphrase": "correct horse", "security": "wpa2-wpa3", "hidden": false}}
 *      {"format": 1, "wired": {"interface": "eth0"}}
 *      {"format": 1, "wired": {"interface": "eth0", "addresses": ["192.0.2.10/24", "2001:db8::10/64"],
 *                              "gateways": ["192.0.2.1"], "dns": ["192.0.2.53"]}}
 *
 * "security" (default "wpa2-wpa3"; "wpa3", "open") and "hidden" may be left out; so may "passphrase" where it is open,
 * "gateways" and "dns". "wired" without "addresses" has them from the network. RFC 8259, UTF-8; a member that is not
 * known or comes twice is refused, as is whatever network/request.h could not carry out.
 */
#ifndef PP_NETWORK_STICK_H
#define PP_NETWORK_STICK_H

#include "network/request.h"

#define STICK_FILE     "pingplay-network.json"
#define STICK_FILE_MAX 4096 /* bytes */
#define STICK_TYPES    "vfat,exfat"

/* A whole request, checked; zeroes after a failure. Errors name the member, and never its value. */
PP_MUST_USE bool stick_parse(const void *text, size_t size, struct network_request *request,
                             struct pp_error *error);

/* Mounts the device at `point` (a folder), read-only and so that nothing of it is a program, a device or a link; reads
 * the file; and unmounts it. `types` with commas: of which file systems. Takes CAP_SYS_ADMIN. PP_E_NOTFOUND: there is
 * no such file; PP_E_UNSUPPORTED: none of these file systems. */
PP_MUST_USE bool stick_read(const char *device, const char *types, const char *point, struct pp_buf *text,
                            struct pp_error *error);

#endif
