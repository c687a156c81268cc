/* How a screen shows who it is: `screen access`. */
#include "base/log.h"
#include "headend/commands.h"
#include "headend/device.h"
#include "headend/home.h"

bool command_screen_access(int argc, char **argv, struct pp_error *error) {
    const struct pp_option table[] = {{0}};
    struct device device;
    int first = 0;
    if (!command_words(table, argc, argv, 3, &first, "screen access: DIR, SCREEN and MODE are needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    const struct device_settings settings = {.access = argv[first + 2]};
    if (!home || !device_resolve(home->db, argv[first + 1], &device, error) ||
        !device_change(home->db, device.id, &settings, error))
        return false;
    home_wake(home);
    return true;
}
