/* pingplay-headend-look: one file from outside, looked at in a cage (headend/ingest/looker.h). Started by the headend
 * only. */
#include "headend/ingest/looker.h"

int main(void) {
    return looker_run();
}
