/* pingplay-headend-look: one file from outside, looked at in a cage (headend/ingest/looker.h). Started by the headend
 * only. */
#include "headend/ingest/looker.h"

#ifdef PP_SANITIZED
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "detect_leaks=0:symbolize=0"; /* both would leave the cage */
}
#endif

int main(void) {
    return looker_run();
}
