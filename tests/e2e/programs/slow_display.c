/* For LD_PRELOAD: a display whose every present takes SLOW_DISPLAY_MS milliseconds longer, as on a board that
 * draws without help. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void SDL_RenderPresent(void *renderer);

void SDL_RenderPresent(void *renderer) {
    void (*present)(void *) = NULL;
    void *found = dlsym(RTLD_NEXT, "SDL_RenderPresent");
    const char *text = getenv("SLOW_DISPLAY_MS");
    long ms = text ? strtol(text, NULL, 10) : 0;
    memcpy(&present, &found, sizeof present);
    present(renderer);
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}
