/* libasound speaks for itself where a device cannot be opened, as in a machine without one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <SDL.h>

#include "player/alsa.h"

/* Opens a device that is not there, in a process of its own; its standard error. */
static size_t words_of_opening(bool silenced, char *words, size_t room) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        setenv("SDL_AUDIODRIVER", "alsa", 1);
        setenv("AUDIODEV", "hw:31", 1);
        const SDL_AudioSpec wanted = {.freq = 48000, .format = AUDIO_F32SYS, .channels = 2, .samples = 1024};
        if (SDL_Init(SDL_INIT_AUDIO) != 0)
            _exit(2);
        if (silenced)
            alsa_silence();
        _exit(SDL_OpenAudioDevice(NULL, 0, &wanted, NULL, 0) != 0);
    }
    close(ends[1]);
    size_t size = 0;
    ssize_t got;
    while ((got = read(ends[0], words + size, room - 1 - size)) > 0)
        size += (size_t)got;
    words[size] = 0;
    close(ends[0]);
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    return size;
}

static void libasound_says_nothing_by_itself(void **state) {
    (void)state;
    char words[4096];
    assert_true(words_of_opening(false, words, sizeof words) > 0);
    assert_non_null(strstr(words, "ALSA lib"));
    assert_int_equal(words_of_opening(true, words, sizeof words), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libasound_says_nothing_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
