/*
 * The text of a QR code that hands over a Wi-Fi, as phones show it and read it (ZXing's "Barcode Contents", Wi-Fi
 * network config; Android and iOS follow it):
 *
 *      WIFI:T:WPA;S:The\;Lobby;P:pass\\word;H:true;;
 *
 * Fields in any order, "T" WPA, SAE or nopass, "S" the name, "P" the passphrase, "H" true where it is hidden, "R" 1
 * where it is WPA3 alone. "\" takes the meaning from ";", ",", ":", a quotation mark and itself; quotation marks around
 * a whole value are not part of it. WEP and enterprise networks (E, A, I, PH2) are refused; other fields are passed
 * over.
 */
#ifndef PP_NETWORK_WIFI_URI_H
#define PP_NETWORK_WIFI_URI_H

#include "network/request.h"

#define WIFI_URI_MAX 512 /* bytes */

/* A whole wifi request, checked. A line end behind the text is allowed. `request` is zeroes after a failure. Errors
 * name the field, and never its value. */
PP_MUST_USE bool wifi_uri_parse(const char *text, size_t size, struct network_request *request,
                                struct pp_error *error);

#endif
