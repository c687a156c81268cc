/*
 * The panel: one window and one renderer of SDL. Draws with the graphics processor where there is a driver
 * for it, else in software. Nothing here knows of layers.
 */
#ifndef PP_PLAYER_DISPLAY_H
#define PP_PLAYER_DISPLAY_H

#include <SDL.h>

#include "base/error.h"
#include "ipc/wire.h"
#include "player/geometry.h"

struct display_options {
    struct geometry_size windowed; /* pixels; 0 0: full screen */
};

/* What happened to the display since the last look. */
struct display_changes {
    bool redraw;        /* its content may be lost */
    bool resized;       /* display_info says something new */
    bool textures_lost; /* every texture is */
    bool quit;          /* the window was closed */
};

struct display;

struct display *display_create(const struct display_options *options, struct pp_error *error);
void display_destroy(struct display *display);

SDL_Renderer *display_renderer(struct display *display);
struct geometry_size display_size(const struct display *display); /* pixels */
int display_texture_max(const struct display *display);           /* pixels a side */
void display_info(const struct display *display, struct ipc_display *info);
int64_t display_refresh_us(const struct display *display); /* us between two refreshes */
bool display_has_vsync(const struct display *display);     /* display_present waits for the refresh */

/* It is a window of a desktop, which may be covered, moved or resized at any time. */
bool display_is_windowed(const struct display *display);
/* The window system's connection, readable when it has something to tell; -1 where there is none. */
int display_event_fd(const struct display *display);
/* What is typed is to come here: a kiosk has no window manager that would see to it. */
void display_take_focus(struct display *display);
void display_pump(struct display *display, struct display_changes *changes);

void display_clear(struct display *display, uint32_t rgb);
void display_present(struct display *display);
/* The composed picture, RGB24 rows without padding, which the caller frees; between drawing and present only.
 * NULL on failure. */
uint8_t *display_read(struct display *display, struct geometry_size *size, struct pp_error *error);

#endif
