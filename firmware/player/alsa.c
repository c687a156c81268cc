#include "player/alsa.h"

#include <SDL.h>
#include <string.h>

/* snd_lib_error_handler_t of alsa/error.h, which the player does without: SDL loads the library. */
typedef void alsa_handler(const char *file, int line, const char *function, int err, const char *format, ...);

static void ignore(const char *file, int line, const char *function, int err, const char *format, ...) {
    (void)file, (void)line, (void)function, (void)err, (void)format;
}

void alsa_silence(void) {
    /* Stays loaded for as long as the process lives, as the handler does. */
    void *library = SDL_LoadObject("libasound.so.2");
    void *function = library ? SDL_LoadFunction(library, "snd_lib_error_set_handler") : NULL;
    int (*set_handler)(alsa_handler *) = NULL;
    memcpy(&set_handler, &function, sizeof function);
    if (set_handler)
        set_handler(ignore);
}
