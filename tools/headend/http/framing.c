#include "headend/http/framing.h"

#include <string.h>
#include <strings.h>

#define CR '\r'
#define LF '\n'

enum state {
    START, /* of a request: the state of all zeros */
    START_LF,
    METHOD,
    TARGET,
    VERSION,
    LINE_LF,
    FIELD, /* the first byte of a line */
    NAME,
    VALUE,
    END_LF, /* of the head, or of the trailers */
    BODY,
    CHUNK_SIZE,
    EXTENSION,
    CHUNK_LF,
    CHUNK_DATA,
    CHUNK_END,
    CHUNK_END_LF,
};

static void broken(struct framing *framing, const char *why) {
    framing->broken = why;
}

/* RFC 9110 §5.6.2 */
static bool is_token(unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

/* RFC 9110 §5.5: visible bytes, space, tab, and what is beyond ASCII. */
static bool is_text(unsigned char c) {
    return c == '\t' || (c >= ' ' && c != 127);
}

static int hex_value(unsigned char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void next(struct framing *framing, enum state state) {
    framing->state = (int)state;
    framing->count = 0;
}

/* ---- The request line ---- */

static void read_method(struct framing *framing, unsigned char c) {
    if (c == ' ' && framing->count)
        next(framing, TARGET);
    else if (!is_token(c) || framing->count++ > 32)
        broken(framing, "the method is none");
}

static void read_start(struct framing *framing, unsigned char c) {
    if (c == CR && !framing->count) {
        /* RFC 9112 §2.2: one empty line before a request is passed over. */
        next(framing, START_LF);
        return;
    }
    next(framing, METHOD);
    read_method(framing, c);
}

static void read_start_lf(struct framing *framing, unsigned char c) {
    if (c != LF) {
        broken(framing, "a CR without LF");
        return;
    }
    next(framing, START);
    framing->count = 1;
}

static void read_target(struct framing *framing, unsigned char c) {
    if (c == ' ' && framing->count)
        next(framing, VERSION);
    else if (c <= ' ' || c >= 127)
        broken(framing, "the target has a byte that is of no URI");
    else
        framing->count++;
}

static void read_version(struct framing *framing, unsigned char c) {
    static const char version[] = "HTTP/1.";
    if (framing->count < 7 ? c == (unsigned char)version[framing->count]
                           : framing->count == 7 && (c == '0' || c == '1')) {
        framing->old = framing->count++ == 7 && c == '0';
        return;
    }
    if (framing->count == 8 && c == CR)
        next(framing, LINE_LF);
    else
        broken(framing, "the request line is not METHOD TARGET HTTP/1.1");
}

/* ---- Fields ---- */

static void keep(char *text, size_t max, size_t *count, unsigned char c, bool *overlong) {
    if (*count < max - 1) {
        text[(*count)++] = (char)c;
        text[*count] = 0;
    } else {
        *overlong = true;
    }
}

static void read_field(struct framing *framing, unsigned char c) {
    framing->name[0] = framing->value[0] = 0;
    framing->value_long = false;
    if (c == CR) {
        next(framing, END_LF);
    } else if (c == ' ' || c == '\t') {
        broken(framing, "a folded line");
    } else if (!is_token(c)) {
        broken(framing, "a field's name is none");
    } else {
        bool overlong = false;
        next(framing, NAME);
        keep(framing->name, sizeof framing->name, &framing->count, c, &overlong);
    }
}

static void read_name(struct framing *framing, unsigned char c) {
    if (c == ':') {
        next(framing, VALUE);
        return;
    }
    if (!is_token(c)) {
        broken(framing, "a space, or worse, in a field's name or before its colon");
        return;
    }
    bool overlong = false;
    keep(framing->name, sizeof framing->name, &framing->count, c, &overlong);
    if (overlong)
        framing->name[0] = '-'; /* none that we know */
}

static void take_length(struct framing *framing) {
    size_t digits = strspn(framing->value, "0123456789");
    uint64_t length = 0;
    for (size_t i = 0; i < digits; i++)
        length = length * 10 + (uint64_t)(framing->value[i] - '0');
    if (framing->length)
        broken(framing, "two lengths");
    else if (framing->value_long || !digits || framing->value[digits] || digits > 18 ||
             length > FRAMING_LENGTH_MAX)
        broken(framing, "Content-Length is no number of bytes");
    framing->length = true;
    framing->left = length;
}

static void take_encoding(struct framing *framing) {
    if (framing->chunked)
        broken(framing, "two transfer encodings");
    else if (framing->value_long || strcasecmp(framing->value, "chunked") != 0)
        broken(framing, "Transfer-Encoding is not chunked");
    framing->chunked = true;
}

/* A field is there to its end: those that decide where the message ends are looked at. */
static void take_field(struct framing *framing) {
    size_t size = strlen(framing->value);
    while (size && strchr(" \t", framing->value[size - 1]))
        framing->value[--size] = 0;
    bool length = strcasecmp(framing->name, "Content-Length") == 0;
    bool encoding = strcasecmp(framing->name, "Transfer-Encoding") == 0;
    bool host = strcasecmp(framing->name, "Host") == 0;
    if (framing->trailers && (length || encoding || host))
        broken(framing, "a trailer that belongs into the head");
    else if (length)
        take_length(framing);
    else if (encoding)
        take_encoding(framing);
    else if (host)
        framing->hosts++;
}

static void read_value(struct framing *framing, unsigned char c) {
    if (c == CR) {
        take_field(framing);
        if (!framing->broken)
            next(framing, LINE_LF);
    } else if (!is_text(c)) {
        broken(framing, "a line that does not end with CR LF, or a control character");
    } else if (framing->count || (c != ' ' && c != '\t')) {
        keep(framing->value, sizeof framing->value, &framing->count, c, &framing->value_long);
    }
}

static void read_line_lf(struct framing *framing, unsigned char c) {
    if (c == LF)
        next(framing, FIELD);
    else
        broken(framing, "a CR without LF");
}

/* ---- The end of a head, and of a message ---- */

static void message_end(struct framing *framing) {
    framing->whole++;
    framing->chunked = framing->length = framing->trailers = framing->old = false;
    framing->hosts = 0;
    framing->left = 0;
    next(framing, START);
}

static void head_end(struct framing *framing) {
    if (framing->chunked && framing->length)
        broken(framing, "Content-Length and Transfer-Encoding");
    else if (framing->chunked && framing->old)
        broken(framing, "Transfer-Encoding in HTTP/1.0");
    else if (framing->hosts > 1 || (!framing->old && !framing->hosts))
        broken(framing, "not one Host");
    if (framing->broken)
        return;
    framing->heads++;
    if (framing->chunked)
        next(framing, CHUNK_SIZE);
    else if (framing->left)
        next(framing, BODY);
    else
        message_end(framing);
}

static void read_end_lf(struct framing *framing, unsigned char c) {
    if (c != LF)
        broken(framing, "a CR without LF");
    else if (framing->trailers)
        message_end(framing);
    else
        head_end(framing);
}

/* ---- Chunks ---- */

static void read_chunk_size(struct framing *framing, unsigned char c) {
    int digit = hex_value(c);
    if (digit >= 0 && framing->count < FRAMING_CHUNK_SIZE_MAX) {
        framing->left = (framing->count++ ? framing->left * 16 : 0) + (uint64_t)digit;
    } else if (framing->count && (c == CR || c == ';')) {
        next(framing, c == CR ? CHUNK_LF : EXTENSION);
    } else {
        broken(framing, "a chunk's size is none");
    }
}

static void read_extension(struct framing *framing, unsigned char c) {
    if (c == CR)
        next(framing, CHUNK_LF);
    else if (!is_text(c) || framing->count++ > FRAMING_EXTENSION_MAX)
        broken(framing, "a chunk's extension has a control character, or no end");
}

static void read_chunk_lf(struct framing *framing, unsigned char c) {
    if (c != LF) {
        broken(framing, "a CR without LF");
        return;
    }
    framing->trailers = !framing->left;
    next(framing, framing->left ? CHUNK_DATA : FIELD);
}

static void read_chunk_end(struct framing *framing, unsigned char c) {
    if (c == CR)
        next(framing, CHUNK_END_LF);
    else
        broken(framing, "a chunk is longer than it said");
}

static void read_chunk_end_lf(struct framing *framing, unsigned char c) {
    if (c == LF)
        next(framing, CHUNK_SIZE);
    else
        broken(framing, "a CR without LF");
}

/* Passes over the bytes of a body or a chunk; returns how many there were. */
static size_t skip(struct framing *framing, size_t size) {
    size_t count = framing->left < size ? (size_t)framing->left : size;
    framing->left -= count;
    if (framing->left)
        return count;
    if (framing->state == BODY)
        message_end(framing);
    else
        next(framing, CHUNK_END);
    return count;
}

void framing_read(struct framing *framing, const void *data, size_t size) {
    static void (*const readers[])(struct framing *, unsigned char) = {
        [START] = read_start,
        [START_LF] = read_start_lf,
        [METHOD] = read_method,
        [TARGET] = read_target,
        [VERSION] = read_version,
        [LINE_LF] = read_line_lf,
        [FIELD] = read_field,
        [NAME] = read_name,
        [VALUE] = read_value,
        [END_LF] = read_end_lf,
        [CHUNK_SIZE] = read_chunk_size,
        [EXTENSION] = read_extension,
        [CHUNK_LF] = read_chunk_lf,
        [CHUNK_END] = read_chunk_end,
        [CHUNK_END_LF] = read_chunk_end_lf,
    };
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size && !framing->broken;) {
        if (framing->state == BODY || framing->state == CHUNK_DATA)
            i += skip(framing, size - i);
        else
            readers[framing->state](framing, bytes[i++]);
    }
}
