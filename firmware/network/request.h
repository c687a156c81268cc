/*
 * What pingplay-network(8) may be asked: one packet of a SOCK_SEQPACKET unix socket, and one back.
 *
 *      0      1      2
 *      +------+------+------------------------------------------+
 *      | ver. | verb | fields of the verb, in the order below   |
 *      +------+------+------------------------------------------+
 *      verb    its highest bit: keep it also where its gateway does not answer; of wifi and static
 *      show    none
 *      wifi    hidden (0, 1), security (enum network_security), text ssid, text passphrase
 *      static  text interface, address IPv4, address IPv6, count of name servers, as many of (family, bytes)
 *      dhcp    text interface
 *      forget  text interface; empty: the Wi-Fi
 *      erase   the moment that it was decided: run of the kernel (16 bytes), ms of it (8, big-endian); base/boot_time.h
 *      refused text: why nothing was asked for, of a USB stick
 *      8021x   text interface; empty: a Wi-Fi; hidden (0, 1), text ssid, text identity, text anonymous, text server,
 *              document ca
 *      key     none
 *      phone   open (0, 1)
 *
 *      text     length (1 byte), bytes
 *      document length (2 bytes, the higher first), bytes
 *      address  0: none; or 1, bytes, prefix (1 byte), gateway: 0, or 1 and bytes   (4 bytes each of IPv4, 16 of IPv6)
 *      family   4 or 6
 *
 * Example: DHCP on eth0: 01 04 04 65 74 68 30. The whole packet is read, and nothing may be left over. Addresses are
 * bytes, so that no text of a peer's but names of a fixed alphabet, and the network's name and
 * passphrase comes near a profile; keyfile.h says how those two are written. The authorities of 802.1X are a file of
 * their own.
 */
#ifndef PP_NETWORK_REQUEST_H
#define PP_NETWORK_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/boot_time.h"
#include "base/buf.h"
#include "base/error.h"

#define NETWORK_VERSION        1
#define NETWORK_REQUEST_MAX    (10 * 1024) /* bytes of a packet */
#define NETWORK_SSID_MAX       32          /* bytes, IEEE 802.11-2020 §9.4.2.2 */
#define NETWORK_PASSPHRASE_MIN 8           /* characters, IEEE 802.11-2020 §J.4.1 */
#define NETWORK_PASSPHRASE_MAX 63
#define NETWORK_KEY_DIGITS     64  /* hexadecimal, in a passphrase's place: the key itself */
#define NETWORK_INTERFACE_MAX  15  /* bytes: IFNAMSIZ without the NUL */
#define NETWORK_DNS_MAX        3   /* of resolv.conf(5): MAXNS */
#define NETWORK_REASON_MAX     200 /* bytes */
#define NETWORK_NAME_MAX       253 /* bytes of an identity, or a server's name: RFC 7542 §2.2, RFC 1035 §2.3.4 */
#define NETWORK_CA_MAX         8191 /* bytes of the authorities of 802.1X */

enum network_verb {
    NETWORK_SHOW = 1,
    NETWORK_WIFI,
    NETWORK_STATIC,
    NETWORK_DHCP,
    NETWORK_FORGET,
    NETWORK_ERASE, /* the Wi-Fi, there or not, unless it was set after `decided`; what the agent may ask for, and
                        nothing else */
    NETWORK_REFUSED, /* a USB stick's file is wrong: told on the screen */
    NETWORK_8021X,   /* EAP-TLS with the device key (credentials.h) */
    NETWORK_KEY,     /* the agent has another certificate, or none any more: a profile of 802.1X follows */
    NETWORK_PHONE, /* the screen's own access point, over which a phone hands over a Wi-Fi: opened or closed */
    NETWORK_VERB_END,
};

enum network_security {
    NETWORK_WPA2_WPA3 = 1, /* whichever the access point has */
    NETWORK_WPA3,
    NETWORK_OPEN,
    NETWORK_SECURITY_END,
};

struct network_wifi {
    uint8_t ssid[NETWORK_SSID_MAX]; /* any bytes: it has no encoding */
    size_t ssid_size;
    bool hidden;
    enum network_security security;
    char passphrase[NETWORK_KEY_DIGITS + 1]; /* "" where it is open */
};

struct network_ip {
    uint8_t bytes[16]; /* network byte order */
    uint8_t family;    /* 4, 6; 0: none */
};

struct network_address {
    struct network_ip ip; /* family 0: there is none */
    uint8_t prefix;       /* bits */
    struct network_ip gateway;
};

struct network_fixed {
    struct network_address v4, v6; /* one of them at least */
    struct network_ip dns[NETWORK_DNS_MAX];
    size_t dns_count;
};

struct network_8021x {
    uint8_t ssid[NETWORK_SSID_MAX]; /* of a Wi-Fi: where there is no interface */
    size_t ssid_size;
    bool hidden;
    char identity[NETWORK_NAME_MAX + 1];  /* "": the common name of the certificate, whichever that is */
    char anonymous[NETWORK_NAME_MAX + 1]; /* what is said before TLS; "": the identity */
    char server[NETWORK_NAME_MAX + 1];    /* a name in its certificate; with "." before it: or below that */
    char ca[NETWORK_CA_MAX + 1];          /* who certifies it: certificates in PEM (pem.h) */
};

struct network_request {
    enum network_verb verb;
    bool keep; /* what is up, also where neither its gateway nor the headend is reached; of wifi, static */
    char interface[NETWORK_INTERFACE_MAX + 1]; /* of static, dhcp, forget, 8021x */
    union {
        struct network_wifi wifi;
        struct network_fixed fixed;
        char reason[NETWORK_REASON_MAX + 1];
        struct pp_boot_time decided; /* of erase */
        struct network_8021x dot1x;
        bool open; /* of phone */
    };
};

/* Whether it is about the Wi-Fi: no interface is named then. */
bool network_request_is_wifi(const struct network_request *request);
/* Whether there is a profile of it. */
bool network_request_has_profile(const struct network_request *request);

/* Whether it can be carried out, whoever made it: PP_E_INVALID, PP_E_LIMIT name the field, and never its value. */
PP_MUST_USE bool network_request_check(const struct network_request *request, struct pp_error *error);

/* Appends the packet of a request that was checked. */
PP_MUST_USE bool network_request_encode(const struct network_request *request, struct pp_buf *packet,
                                        struct pp_error *error);
/* Reads and checks it; `request` is zeroes after a failure. */
PP_MUST_USE bool network_request_decode(const void *packet, size_t size, struct network_request *request,
                                        struct pp_error *error);

/* A secret stands in it. */
void network_request_finish(struct network_request *request);
#define network_autorequest PP_CLEANUP(network_request_finish)

/* An address as people write it, RFC 4632, RFC 4291 §2.3; with "/prefix" behind it where `prefix` is not NULL. */
PP_MUST_USE bool network_ip_parse(const char *text, struct network_ip *ip, uint8_t *prefix,
                                  struct pp_error *error);
/* Into the one slot of its family; of name servers, behind the others. Errors do not name the text. */
PP_MUST_USE bool network_fixed_add_address(struct network_fixed *fixed, const char *text,
                                           struct pp_error *error);
PP_MUST_USE bool network_fixed_add_gateway(struct network_fixed *fixed, const char *text,
                                           struct pp_error *error);
PP_MUST_USE bool network_fixed_add_dns(struct network_fixed *fixed, const char *text, struct pp_error *error);
/* "wpa2-wpa3", "wpa3", "open"; false: another word. */
bool network_security_parse(const char *text, enum network_security *security);

#define NETWORK_IP_TEXT 46 /* INET6_ADDRSTRLEN */
void network_ip_format(const struct network_ip *ip, char text[NETWORK_IP_TEXT]);

#endif
