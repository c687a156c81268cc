#include "ctl/typed.h"

#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#define KEY_INTERRUPT 3 /* ^C, where the terminal does not make a signal of it */

/* A line, or up to the end. No stream keeps a copy of it. PP_E_LIMIT: more than `max` bytes. */
static bool read_line(char *text, size_t max, size_t *size, struct pp_error *error) {
    char byte = 0;
    ssize_t got = 0;
    for (*size = 0; (got = read(STDIN_FILENO, &byte, 1)) == 1 && byte != '\n';) {
        if (byte == KEY_INTERRUPT)
            return pp_fail(error, PP_E_CANCELLED, "^C");
        if (*size == max)
            return pp_fail(error, PP_E_LIMIT, "standard input: more than %zu bytes", max);
        text[(*size)++] = byte;
    }
    if (got < 0)
        return pp_fail_errno(error, "standard input");
    if (*size && text[*size - 1] == '\r')
        (*size)--;
    text[*size] = 0;
    return true;
}

/* No signal can end us between, and leave the terminal so. */
bool typed_read_secret(const struct ctl *ctl, const char *prompt, char *text, size_t max, size_t *size,
                       struct pp_error *error) {
    struct termios usual, silent;
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &usual) != 0)
        return read_line(text, max, size, error);
    silent = usual;
    silent.c_lflag &= (tcflag_t) ~(ECHO | ISIG);
    fprintf(stderr, "%s: ", words(ctl->language, prompt));
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) != 0)
        return pp_fail_errno(error, "terminal");
    bool done = read_line(text, max, size, error);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &usual);
    fputc('\n', stderr);
    return done;
}
