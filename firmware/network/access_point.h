/*
 * The screen's own access point, as a profile that NetworkManager has from /run, so that its passphrase is never on
 * flash: WPA2 or WPA3 with a passphrase made anew, addresses by NetworkManager's own DHCP server, every name resolved
 * to the page, stations kept from each other, and a rule that whatever comes in there and is not for this machine goes
 * nowhere.
 */
#ifndef PP_NETWORK_ACCESS_POINT_H
#define PP_NETWORK_ACCESS_POINT_H

#include "network/profile.h"
#include "network/setup_link.h"

#define ACCESS_POINT_FOLDER          "/run/NetworkManager/system-connections"
#define ACCESS_POINT_NAMES_FOLDER    "/etc/NetworkManager/dnsmasq-shared.d"
#define ACCESS_POINT_NAMES_FILE      "pingplay-phone.conf"
#define ACCESS_POINT_NAMES_MAX       128 /* bytes of it */
#define ACCESS_POINT_FORWARDING      "/run/pingplay/forwarding"
#define ACCESS_POINT_ADDRESS         "10.42.0.1"
#define ACCESS_POINT_PREFIX          24
#define ACCESS_POINT_PORT            80
#define ACCESS_POINT_UP_S            30

#define ACCESS_POINT_NAME_SIZE       sizeof "Pingplay-XXXX"
#define ACCESS_POINT_PASSPHRASE_SIZE sizeof "xxxxx-xxxxx-xxxxx"

/* Where it goes; all but the program can be other ones where there is no NetworkManager. */
struct access_point_places {
    const char *nmcli;
    const char *folder;       /* of its profile, in memory */
    const char *names_folder; /* of NetworkManager's dnsmasq */
    const char *forwarding;   /* where it is noted whether the machine forwarded before: board/dispatcher */
    const char *setup_socket; /* of pingplay-setup(8) */
    const char *address;      /* IPv4 of the page */
    uint16_t port;
};

struct access_point {
    char name[ACCESS_POINT_NAME_SIZE];             /* also its SSID; "" none */
    char passphrase[ACCESS_POINT_PASSPHRASE_SIZE]; /* letters alone, none that looks like another: 67 bits */
    unsigned channel;                              /* of 2.4 GHz: 1, 6 or 11, which every country allows */
    char uuid[KEYFILE_UUID_SIZE];                  /* of its profile until that is deleted, or "" */
    int page;                                      /* connection to the page server; -1: it is closed */
};

/* Name, passphrase and channel, made anew. */
PP_MUST_USE bool access_point_name(struct access_point *point, struct pp_error *error);
/* Appends the profile. */
PP_MUST_USE bool access_point_write(const struct access_point *point, const char *interface,
                                    const char *address, struct pp_buf *out, struct pp_error *error);

/* Appends what NetworkManager's dnsmasq is told meanwhile: every name is at that address, and who was there stands in
 * no file. */
PP_MUST_USE bool access_point_write_names(const char *address, struct pp_buf *out, struct pp_error *error);

/* Opens it with the name and passphrase that it has; what did not come up is closed again. */
PP_MUST_USE bool access_point_open(struct access_point *point, const struct access_point_places *places,
                                   const char *interface, struct setup_opening *opening,
                                   struct pp_error *error);
/* Closed already: nothing. Its name and passphrase stay. One that NetworkManager does not delete is not closed yet. */
void access_point_close(struct access_point *point, const struct access_point_places *places);
/* Closes one that a killed process has left open. */
void access_point_clear(struct access_point *point, const struct access_point_places *places);
/* What NetworkManager would not delete is closed by another access_point_close. */
bool access_point_is_closed(const struct access_point *point);
/* Wipes name and passphrase. */
void access_point_forget(struct access_point *point);

#endif
