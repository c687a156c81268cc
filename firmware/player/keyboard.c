#include "player/keyboard.h"

#include "base/log.h"
#include "base/mem.h"

#define STACK_BYTES (32 * 1024) /* more than the window systems' drivers use to read a key */

static void send(struct keyboard *keyboard, enum ipc_typed_kind kind, const char *text) {
    struct ipc_typed typed = {.kind = (uint8_t)kind};
    if (!keyboard->wanted || strlen(text) > IPC_TYPED_MAX)
        return;
    strcpy(typed.text, text);
    keyboard->used = true;
    keyboard->typed(keyboard->arg, &typed);
    pp_wipe(&typed, sizeof typed);
}

static void take_key(struct keyboard *keyboard, SDL_Keycode key) {
    switch (key) {
    case SDLK_BACKSPACE:
        send(keyboard, IPC_TYPED_ERASE, "");
        break;
    case SDLK_ESCAPE:
        send(keyboard, IPC_TYPED_CLEAR, "");
        break;
    case SDLK_RETURN:
    case SDLK_KP_ENTER:
        send(keyboard, IPC_TYPED_ENTER, "");
        break;
    default:
        break;
    }
}

/* Before an event gets into SDL's queue, where it would stay until its place is used again. */
static int on_event(void *arg, SDL_Event *event) {
    struct keyboard *keyboard = arg;
    switch (event->type) {
    case SDL_TEXTINPUT:
        send(keyboard, IPC_TYPED_TEXT, event->text.text);
        break;
    case SDL_KEYDOWN:
        take_key(keyboard, event->key.keysym.sym);
        break;
    case SDL_KEYUP:
    case SDL_TEXTEDITING:
        break;
    default:
        return 1;
    }
    pp_wipe(event, sizeof *event);
    return 0;
}

void keyboard_init(struct keyboard *keyboard, struct display *display,
                   void (*typed)(void *arg, const struct ipc_typed *typed), void *arg) {
    *keyboard = (struct keyboard){.display = display, .typed = typed, .arg = arg};
    SDL_SetEventFilter(on_event, keyboard);
    SDL_StopTextInput(); /* SDL begins with it */
}

void keyboard_want(struct keyboard *keyboard, bool wanted) {
    if (keyboard->wanted == wanted)
        return;
    keyboard->wanted = wanted;
    pp_log_info("the keyboard is %s", wanted ? "the agent's" : "nobody's");
    if (wanted) {
        SDL_StartTextInput();
        display_take_focus(keyboard->display);
    } else {
        SDL_StopTextInput();
    }
}

void keyboard_settle(struct keyboard *keyboard) {
    char stack[STACK_BYTES];
    if (!keyboard->used)
        return;
    keyboard->used = false;
    pp_wipe(stack, sizeof stack);
}
