#include "ctl/key_names.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* clang-format off */
static const struct {
    const char *name;
    uint16_t code;
} keys[] = {
    /* buttons of boards, as gpio-keys(4) has them */
    {"restart", KEY_RESTART}, {"power", KEY_POWER}, {"config", KEY_CONFIG},
    {"vendor", KEY_VENDOR}, {"setup", KEY_SETUP},
    {"prog1", KEY_PROG1}, {"prog2", KEY_PROG2}, {"wps", KEY_WPS_BUTTON}, {"button0", BTN_0}, {"button1", BTN_1},
    {"button2", BTN_2}, {"button3", BTN_3},
    /* of keyboards and remote controls */
    {"esc", KEY_ESC}, {"enter", KEY_ENTER}, {"space", KEY_SPACE}, {"tab", KEY_TAB}, {"backspace", KEY_BACKSPACE},
    {"delete", KEY_DELETE}, {"insert", KEY_INSERT}, {"home", KEY_HOME}, {"end", KEY_END}, {"menu", KEY_MENU},
    {"select", KEY_SELECT}, {"ok", KEY_OK}, {"r", KEY_R},
    {"f1", KEY_F1}, {"f2", KEY_F2}, {"f3", KEY_F3}, {"f4", KEY_F4}, {"f5", KEY_F5}, {"f6", KEY_F6}, {"f7", KEY_F7},
    {"f8", KEY_F8}, {"f9", KEY_F9}, {"f10", KEY_F10}, {"f11", KEY_F11}, {"f12", KEY_F12},
};
/* clang-format on */

bool key_name_parse(const char *name, uint16_t *code) {
    for (size_t i = 0; i < PP_COUNT(keys); i++) {
        if (strcmp(keys[i].name, name) == 0) {
            *code = keys[i].code;
            return true;
        }
    }
    char *end = NULL;
    errno = 0;
    unsigned long number = strtoul(name, &end, 10);
    if (*name < '0' || *name > '9' || *end || errno || number == 0 || number > KEY_MAX)
        return false;
    *code = (uint16_t)number;
    return true;
}
