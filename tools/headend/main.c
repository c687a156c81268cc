#include <stdio.h>
#include <sys/stat.h>

#include "headend/commands.h"

int main(int argc, char **argv) {
    struct pp_error error = {0};
    umask(022);
    if (command_run(argc, argv, &error))
        return 0;
    fprintf(stderr, "pingplay-headend: %s\n", error.message);
    return 1;
}
