#include "agent/controls.h"

#include "base/log.h"

#define RECORD_SIZE 2 /* bytes: dark, quiet */

void controls_load(struct controls *controls, struct vault *vault) {
    pp_autobuf struct pp_buf record = PP_BUF_INIT(RECORD_SIZE);
    *controls = (struct controls){.vault = vault};
    if (!vault_get(vault, CONTROLS_RECORD, &record, NULL) || record.size != RECORD_SIZE ||
        record.data[1] > IPC_CONTROL_VALUE_MAX)
        return;
    controls->dark = record.data[0] != 0;
    controls->quiet = record.data[1];
}

void controls_tell(const struct controls *controls, struct director *director) {
    if (controls->dark)
        director_control(director, IPC_CONTROL_POWER, 0);
    if (controls->quiet)
        director_control(director, IPC_CONTROL_VOLUME, (uint8_t)(IPC_CONTROL_VALUE_MAX - controls->quiet));
}

void controls_keep(struct controls *controls, const struct ipc_controlled *controlled) {
    struct controls before = *controls;
    struct pp_error error = {0};
    if (controlled->control == IPC_CONTROL_POWER)
        controls->dark = !controlled->value;
    else if (controlled->control == IPC_CONTROL_VOLUME)
        controls->quiet = (uint8_t)(IPC_CONTROL_VALUE_MAX - controlled->value);
    const uint8_t record[RECORD_SIZE] = {controls->dark, controls->quiet};
    if (before.dark == controls->dark && before.quiet == controls->quiet)
        return;
    if (!vault_put_later(controls->vault, CONTROLS_RECORD, record, sizeof record, NULL, NULL, &error))
        pp_log_warning("record \"%s\": %s", CONTROLS_RECORD, error.message);
}
