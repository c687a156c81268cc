#include "base/redact.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define TOKEN_KEPT 4
#define HEX_KEPT   8

static bool is_token_character(char character) {
    return isalnum((unsigned char)character) || (character && strchr("+/_-=", character));
}

/* How many characters of a run are kept; all where it is nothing that looks like a secret: names of ours and UUIDs
 * have no
 * capital letters, and random base64 of that length has both kinds all but once in fifty times. */
static size_t run_kept(const char *run, size_t size) {
    bool upper = false, digit = false, hex = true;
    for (size_t i = 0; i < size; i++) {
        unsigned char character = (unsigned char)run[i];
        upper |= isupper(character) != 0;
        digit |= isdigit(character) != 0;
        hex &= isxdigit(character) != 0;
    }
    if (hex && size >= PP_REDACT_HEX_MIN)
        return HEX_KEPT;
    return size >= PP_REDACT_TOKEN_MIN && upper && digit ? TOKEN_KEPT : size;
}

/* Of "user:password@" behind "://", the size; 0 where there is none. */
static size_t userinfo_size(const char *text) {
    size_t size = strcspn(text, "@/ \"'<>");
    return text[size] == '@' ? size : 0;
}

struct output {
    char *out;
    size_t room;
};

static void output_add(struct output *output, const char *text, size_t size) {
    if (size >= output->room)
        size = output->room - 1;
    memcpy(output->out, text, size);
    output->out += size;
    output->room -= size;
}

static void output_add_run(struct output *output, const char *run, size_t size) {
    char note[32];
    size_t kept = run_kept(run, size);
    output_add(output, run, kept);
    if (kept < size)
        output_add(output, note, (size_t)snprintf(note, sizeof note, "…(%zu)", size));
}

void pp_redact(const char *text, char *out, size_t room) {
    struct output output = {.out = out, .room = room};
    while (*text) {
        size_t run = 0;
        size_t user = strncmp(text, "://", 3) == 0 ? userinfo_size(text + 3) : 0;
        while (is_token_character(text[run]))
            run++;
        if (user) {
            output_add(&output, "://…", strlen("://…"));
            text += 3 + user;
        } else if (run) {
            output_add_run(&output, text, run);
            text += run;
        } else {
            output_add(&output, text++, 1);
        }
    }
    *output.out = 0;
}
