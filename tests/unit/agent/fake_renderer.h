/*
 * The test program as its own renderer: a folder with a copy of it, and links named like the renderers. What the
 * "renderer" does is the first byte of the object's (here clear) bytes:
 *   'o' plays: tells INFO and lives on    't' tells it twice    'f' says FAILED    'x' exits with status 3
 *   'k' is killed by a signal    'y' by that of seccomp    'u' has no seccomp
 *   'n' plays, and tells NOTE; 'm' tells it twice; 'h' only when the player has hung up
 *   'r' says FAILED, because it could not read
 *   'l' 'd' 'e' wait until the frame socket is hung up, then say FAILED, are killed, end with success
 *   's' plays, and tells on its frame socket how it was started: start_ms as CLOCK, duration_ms as END
 */
#ifndef PP_TEST_AGENT_FAKE_RENDERER_H
#define PP_TEST_AGENT_FAKE_RENDERER_H

#include <stdbool.h>

#define FAKE_DURATION_MS 8000 /* in INFO */

/* Whether this process was started as a renderer; then it has done its work and main returns *status. */
bool fake_renderer_main(const char *argv0, int *status);
/* Both renderers in `folder`. */
void fake_renderer_install(const char *folder);

#endif
