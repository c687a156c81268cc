/* pingplayctl(8): the technician's command line on a display point. */
#include "ctl/ctl.h"

int main(int argc, char **argv) {
    return ctl_main(argc, argv);
}
