/*
 * A status screen as the agent describes it: the JSON text of START_STATUS (ipc/wire.h). The words are in
 * assets/strings, the looks in the renderer; the agent names the screen and fills its fields.
 *
 *   {"screen": "enrol", "width": 1920, "height": 1080, "language": "fr",
 *    "address": "https://screens.example.org:8443/enrol",
 *    "qr": "https://screens.example.org:8443/enrol?user_code=BCDF-GHJK",
 *    "user_code": "BCDF-GHJK", "fingerprint": "3f2a 91bc 0d4e 77a1"}
 *
 *   screen      state of the display point (design: states)           needs                  may have
 *   ----------  ----------------------------------------------------  ---------------------  -------------
 *   starting    the agent is up, nothing is known yet                 -                      code, detail
 *   enrol       unenrolled: QR code, address, user code, fingerprint  address, qr,           code, detail
 *                                                                     user_code, fingerprint
 *   approval    enrolling: the certificate waits for a person's yes   fingerprint            code, detail
 *   enrolling   enrolling: approved, the certificate is on its way    -                      code, detail
 *   connecting  connecting: no answer from the headend yet            -              code, detail, address
 *   welcome     enrolled, but without a channel                       -                 code, detail, name
 *   empty       its channel has nothing published yet                 channel           code, detail, name
 *   loading     the first content is on its way                       -                 code, detail, name
 *   offline     no network, and nothing cached to show                -              code, detail, address
 *   untrusted   a server answers, and it is not our headend           code           detail, address, name
 *   portal      somebody has to sign in to the network                code           detail, address, name
 *   keys-absent   its keys are in a TPM, and none answers             code           detail, address, name
 *   keys-lost     the TPM was cleared, or is another one              code           detail, address, name
 *   keys-refused  the TPM does not trust the software that runs       code           detail, address, name
 *   sign-in     temporary: somebody has to sign in, on a phone        address, qr,           reason, code, detail, name
 *                                                                     user_code              keyboard, typed, wait_s
 *   signed-out  temporary: nobody is signed in, and can just now      -                      code, detail, name
 *   locked      not allowed to show anything now                      -                 code, detail, name
 *   identify    who it is, asked for from afar; any state             code                           name, channel
 *   stick-trying  a USB stick hands over a network: it is tried       -                      detail
 *   stick-done    it is the network now                               -                      detail
 *   stick-failed  it was tried, and did not come up                   detail
 *   stick-refused its file is wrong, or it is not taken now           detail
 *   phone       the screen's own access point is open: how a phone    address, qr, name,     reason
 *               comes there                                           passphrase
 *   phone-trying  what a phone has handed over is tried               -                      detail
 *   phone-done    it is the network now                               -                      detail
 *   message     an urgent message (command/urgent.h), over all else   severity, title        text, band
 *   retired     erased                                                -                      code, detail
 *   error       anything else that needs a person                     code                         detail
 *
 * `access` is the mode by which it shows who it is: on sign-in, signed-out, locked, elsewhere and identify, beside the
 * code at the foot. One without words here is passed over.
 *
 * `severity` is "info", "warning", "severe" or "extreme". A message's `title` and `text` are in one language already,
 * of any script that the fonts have; `text` has lines. With `band` it is a band of the display's width, not all of it.
 *
 * `language` is "en", "fr" or "both" (the default: nobody has chosen yet). Unknown members are passed over,
 * so that an older renderer shows a newer agent's screen; an unknown screen is refused.
 */
#ifndef PP_RENDER_STATUS_SCREEN_H
#define PP_RENDER_STATUS_SCREEN_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define SCREEN_SIDE_MIN        64    /* pixels */
#define SCREEN_SIDE_MAX        4096  /* pixels; a frame of 4096 x 4096 is all that the ring holds */
#define SCREEN_ADDRESS_MAX     256   /* bytes */
#define SCREEN_QR_MAX          512   /* bytes */
#define SCREEN_USER_CODE_MAX   16    /* bytes */
#define SCREEN_FINGERPRINT_MAX 40    /* bytes */
#define SCREEN_CODE_MAX        16    /* bytes; a short error code that the manual explains, like "N-12" */
#define SCREEN_DETAIL_MAX      300   /* bytes; one line for the technician, already in words */
#define SCREEN_REASON_MAX      24    /* bytes */
#define SCREEN_ACCESS_MAX      16    /* bytes */
#define SCREEN_PASSPHRASE_MAX  63    /* bytes */
#define SCREEN_TYPED_MAX       200   /* characters */
#define SCREEN_WAIT_MAX        86400 /* s */
#define SCREEN_NAME_MAX        100   /* bytes; the display point's name, or its channel's */
#define SCREEN_TITLE_MAX       160   /* bytes */
#define SCREEN_TEXT_MAX        600   /* bytes */

enum screen_kind {
    SCREEN_STARTING,
    SCREEN_ENROL,
    SCREEN_APPROVAL,
    SCREEN_ENROLLING,
    SCREEN_CONNECTING,
    SCREEN_WELCOME,
    SCREEN_EMPTY,
    SCREEN_LOADING,
    SCREEN_OFFLINE,
    SCREEN_UNTRUSTED,
    SCREEN_PORTAL,
    SCREEN_KEYS_ABSENT,
    SCREEN_KEYS_LOST,
    SCREEN_KEYS_REFUSED,
    SCREEN_SIGN_IN,
    SCREEN_SIGNED_OUT,
    SCREEN_LOCKED,
    SCREEN_ELSEWHERE,
    SCREEN_IDENTIFY,
    SCREEN_STICK_TRYING,
    SCREEN_STICK_DONE,
    SCREEN_STICK_FAILED,
    SCREEN_STICK_REFUSED,
    SCREEN_PHONE,
    SCREEN_PHONE_TRYING,
    SCREEN_PHONE_DONE,
    SCREEN_MESSAGE,
    SCREEN_RETIRED,
    SCREEN_ERROR,
    SCREEN_KINDS /* their count */
};

enum screen_severity { SCREEN_INFO, SCREEN_WARNING, SCREEN_SEVERE, SCREEN_EXTREME, SCREEN_SEVERITIES };
enum screen_language { SCREEN_BOTH, SCREEN_ENGLISH, SCREEN_FRENCH };

struct screen {
    enum screen_kind kind;
    enum screen_language language;
    unsigned width, height;               /* pixels */
    char address[SCREEN_ADDRESS_MAX + 1]; /* these are "" where there is none */
    char qr[SCREEN_QR_MAX + 1];
    char user_code[SCREEN_USER_CODE_MAX + 1]; /* RFC 8628 §3.2: two groups around a dash */
    char fingerprint[SCREEN_FINGERPRINT_MAX + 1];
    char code[SCREEN_CODE_MAX + 1];
    char detail[SCREEN_DETAIL_MAX + 1];
    char name[SCREEN_NAME_MAX + 1];
    char channel[SCREEN_NAME_MAX + 1];
    bool keyboard;                      /* a password may be typed here */
    unsigned typed;                     /* characters of it: never the characters themselves */
    unsigned wait_s;                    /* s until one may be typed again */
    char access[SCREEN_ACCESS_MAX + 1]; /* how it shows who it is: a key of the words, "certificate" */
    char reason[SCREEN_REASON_MAX + 1]; /* why nobody is signed in, or a Wi-Fi did not come up: a key */
    char passphrase[SCREEN_PASSPHRASE_MAX + 1]; /* of the screen's own access point, whose name is `name` */
    enum screen_severity severity;              /* of a message, as what follows */
    char title[SCREEN_TITLE_MAX + 1];
    char text[SCREEN_TEXT_MAX + 1];
    bool band;
};

/* "enrol", … */
const char *screen_name(enum screen_kind kind);

/* Errors name the member. */
PP_MUST_USE bool screen_parse(const char *json, struct screen *screen, struct pp_error *error);

#endif
