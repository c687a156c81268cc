#include "agent/keyboard.h"

#include "agent/agent_internal.h"

void keyboard_follow(struct agent *agent) {
    struct keyboard *keyboard = &agent->keyboard;
    bool wanted = screens_is_for_a_person(agent) && access_state_wants_password(&agent->access);
    if (!wanted)
        keyboard_stop(keyboard);
    if (!agent->director || wanted == keyboard->wanted)
        return;
    keyboard->wanted = director_want_keyboard(agent->director, wanted) && wanted;
}

void keyboard_on_player(struct agent *agent) {
    agent->keyboard.wanted = false;
    keyboard_follow(agent);
}

void keyboard_stop(struct keyboard *keyboard) {
    net_timer_stop(&keyboard->idle_timer);
    access_typed_wipe(&keyboard->typed);
}

static void on_idle(void *arg) {
    struct agent *agent = arg;
    keyboard_stop(&agent->keyboard);
    agent_update_screen(agent);
}

/* The text is wiped before the screen says that it is being checked. */
static void submit(struct keyboard *keyboard, struct access_state *access) {
    if (!keyboard->typed.count)
        return;
    (void)access_state_type_password(access, keyboard->typed.text);
    keyboard_stop(keyboard);
}

void keyboard_on_typed(void *arg, const struct ipc_typed *typed) {
    struct agent *agent = arg;
    struct keyboard *keyboard = &agent->keyboard;
    if (!keyboard->wanted) /* it has crossed our word that no more is wanted */
        return;
    net_timer_start_in(&keyboard->idle_timer, agent->loop, KEYBOARD_IDLE_MS, on_idle, agent);
    switch ((enum ipc_typed_kind)typed->kind) {
    case IPC_TYPED_TEXT:
        (void)access_typed_add(&keyboard->typed, typed->text);
        break;
    case IPC_TYPED_ERASE:
        access_typed_erase(&keyboard->typed);
        break;
    case IPC_TYPED_CLEAR:
        keyboard_stop(keyboard);
        break;
    case IPC_TYPED_ENTER:
        submit(keyboard, &agent->access);
        break;
    }
    agent_update_screen(agent);
}
