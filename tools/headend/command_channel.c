#include "base/options.h"
#include "headend/channel.h"
#include "headend/commands.h"
#include "headend/home.h"

bool command_channel_add(int argc, char **argv, struct pp_error *error) {
    const char *title = NULL;
    const struct pp_option table[] = {{"title", PP_OPTION_STRING, &title}, {0}};
    int first = 0;
    bool made = false;
    if (!pp_options_parse(table, argc, argv, &first, error))
        return false;
    if (argc - first != 2)
        return pp_fail(error, PP_E_INVALID, "channel add: DIR and ID are needed");
    const char *id = argv[first + 1];
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    if (!home || !channel_make(home->db, id, title ? title : id, &made, error))
        return false;
    if (!made)
        return pp_fail(error, PP_E_STATE, "there is a channel \"%s\" already", id);
    home_wake(home);
    printf("%s\n", id);
    return true;
}
