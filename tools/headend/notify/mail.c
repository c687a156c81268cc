#include "headend/notify/mail.h"

#include <string.h>
#include <time.h>

#include "base/encode.h"
#include "base/utf8.h"

#define LINE_BYTES 57 /* that 76 characters of base64 are of (RFC 2045 §6.8) */
#define WORD_BYTES 42 /* in an encoded word, of 75 characters (RFC 2047 §2) */
#define LOCAL_MAX  64 /* bytes before the '@' */

static bool all_of(const char *text, size_t size, const char *set) {
    return size && strspn(text, set) >= size;
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

bool mail_address_check(const char *what, const char *address, struct pp_error *error) {
    const char *at = strchr(address, '@');
    size_t local = at ? (size_t)(at - address) : 0;
    if (!at || strlen(address) > MAIL_ADDRESS_MAX || local > LOCAL_MAX || *address == '-' ||
        *address == '.' || at[1] == '-' || at[1] == '.' ||
        !all_of(address, local, LETTERS "!#$%&'*+-/=?^_`{|}~.") ||
        !all_of(at + 1, strlen(at + 1), LETTERS "-."))
        return pp_fail(error, PP_E_INVALID, "%s: %.80s is no mail address", what, address);
    return true;
}

static bool is_ascii(const char *text) {
    for (; *text; text++) {
        if (*text < ' ' || *text > '~')
            return false;
    }
    return true;
}

/* As encoded words, each of whole characters, on lines of their own. */
static bool words_add(const char *text, struct pp_buf *out, struct pp_error *error) {
    char word[PP_BASE64_SIZE(WORD_BYTES)];
    for (bool first = true; *text; first = false) {
        size_t size = 0;
        for (size_t next; text[size] && (next = pp_utf8_read(text + size, SIZE_MAX, NULL)) != 0;
             size += next) {
            if (size + next > WORD_BYTES)
                break;
        }
        if (!size)
            return pp_fail(error, PP_E_INVALID, "mail: not UTF-8");
        pp_base64_encode(text, size, word);
        if (!pp_buf_addf(out, error, "%s=?utf-8?B?%s?=", first ? "" : "\r\n ", word))
            return false;
        text += size;
    }
    return true;
}

/* Text of a header; quoted where it is a name. What is longer than a line may be is encoded, too. */
static bool phrase_add(const char *text, bool is_name, struct pp_buf *out, struct pp_error *error) {
    bool plain = is_ascii(text) && strlen(text) <= 60 && !strpbrk(text, "\"\\") && !strstr(text, "=?");
    if (!plain)
        return words_add(text, out, error);
    return pp_buf_addf(out, error, is_name ? "\"%s\"" : "%s", text);
}

static bool part_add(const char *boundary, const char *type, const char *text, struct pp_buf *out,
                     struct pp_error *error) {
    char line[PP_BASE64_SIZE(LINE_BYTES)];
    if (!pp_buf_addf(out, error,
                     "--%s\r\nContent-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n",
                     boundary, type))
        return false;
    for (size_t left = strlen(text); left;) {
        size_t size = left < LINE_BYTES ? left : LINE_BYTES;
        pp_base64_encode(text, size, line);
        if (!pp_buf_addf(out, error, "%s\r\n", line))
            return false;
        text += size;
        left -= size;
    }
    return true;
}

/* RFC 5322 §3.3, whatever the locale. */
static bool date_add(int64_t time, struct pp_buf *out, struct pp_error *error) {
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t moment = (time_t)time;
    struct tm tm;
    if (!gmtime_r(&moment, &tm))
        return pp_fail(error, PP_E_INVALID, "mail: no such time");
    return pp_buf_addf(out, error, "Date: %.3s, %d %.3s %d %02d:%02d:%02d +0000\r\n", days + 3 * tm.tm_wday,
                       tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
                       tm.tm_sec);
}

static bool head_add(const struct mail *mail, struct pp_buf *out, struct pp_error *error) {
    const char *host = strchr(mail->from, '@');
    return date_add(mail->time, out, error) && pp_buf_add_text(out, "From: ", error) &&
           phrase_add(mail->sender, true, out, error) &&
           pp_buf_addf(out, error, " <%s>\r\nTo: <%s>\r\nSubject: ", mail->from, mail->to) &&
           phrase_add(mail->subject, false, out, error) &&
           pp_buf_addf(out, error,
                       "\r\nMessage-ID: <%s%s>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                       "Content-Type: multipart/alternative; boundary=\"=_%s\"\r\n\r\n",
                       mail->id, host ? host : "", mail->id);
}

bool mail_write(const struct mail *mail, struct pp_buf *out, struct pp_error *error) {
    char boundary[80];
    snprintf(boundary, sizeof boundary, "=_%.60s", mail->id);
    return mail_address_check("from", mail->from, error) && mail_address_check("to", mail->to, error) &&
           head_add(mail, out, error) && part_add(boundary, "text/plain", mail->text, out, error) &&
           part_add(boundary, "text/html", mail->html, out, error) &&
           pp_buf_addf(out, error, "--%s--\r\n", boundary);
}
