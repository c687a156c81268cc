#include "player/display.h"

#include <SDL_syswm.h>
#include <glob.h>

#include "base/log.h"
#include "base/mem.h"

#define REFRESH_DEFAULT_MHZ 60000
#define TEXTURE_MAX         IPC_SIDE_MAX /* where the driver names no limit */

struct display {
    SDL_Window *window;
    SDL_Renderer *renderer;
    SDL_RendererInfo info;
    struct geometry_size size;
    uint32_t refresh_mhz;
    bool vsync;
    void *library; /* of the window system's client, for its descriptor */
    int event_fd;
};

static void hints_set(void) {
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    SDL_SetHint(SDL_HINT_RENDER_SCALE_QUALITY, "linear");
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "0");
    SDL_SetHint(SDL_HINT_VIDEO_MINIMIZE_ON_FOCUS_LOSS, "0");
    SDL_SetHint("SDL_APP_NAME", "Pingplay");
    SDL_SetHint("SDL_VIDEO_X11_WMCLASS", "pingplay-player");
    SDL_SetHint("SDL_VIDEO_WAYLAND_WMCLASS", "pingplay-player");
}

/* The size is asked for as well: full screen on X11 is a window manager's doing, and a kiosk has none. */
static SDL_Window *window_make_full(Uint32 flags) {
    SDL_Rect all = {.w = 1280, .h = 720};
    SDL_GetDisplayBounds(0, &all);
    return SDL_CreateWindow("Pingplay", all.x, all.y, all.w, all.h, flags | SDL_WINDOW_FULLSCREEN_DESKTOP);
}

static SDL_Window *window_make(const struct display_options *options) {
    Uint32 flags = SDL_WINDOW_SHOWN | SDL_WINDOW_ALLOW_HIGHDPI;
    if (!options->windowed.w)
        return window_make_full(flags);
    return SDL_CreateWindow("Pingplay", SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED, options->windowed.w,
                            options->windowed.h, flags | SDL_WINDOW_RESIZABLE);
}

/* Without a graphics processor OpenGL would be computed too, by a driver that needs twice the
 * processor time and 60 MiB more than drawing in software does. */
static bool has_graphics_processor(void) {
    glob_t nodes = {0};
    bool found = glob("/dev/dri/renderD*", 0, NULL, &nodes) == 0;
    globfree(&nodes);
    return found;
}

/* The drivers that can show what was drawn in software without OpenGL's help. */
static bool is_for_software(void) {
    const char *driver = SDL_GetCurrentVideoDriver();
    return (strcmp(driver, "x11") == 0 || strcmp(driver, "offscreen") == 0) && !getenv("SDL_RENDER_DRIVER") &&
           !has_graphics_processor();
}

/* What SDL would choose is overruled where it is known to choose badly, unless SDL_RENDER_DRIVER says
 * otherwise. */
static void driver_prefer(void) {
    const char *driver = SDL_GetCurrentVideoDriver();
    /* Without a desktop, SDL's renderer for desktop OpenGL draws the background and nothing else; that for
     * OpenGL ES is what embedded graphics are made for. */
    if (SDL_strcasecmp(driver, "kmsdrm") == 0)
        SDL_SetHintWithPriority(SDL_HINT_RENDER_DRIVER, "opengles2", SDL_HINT_DEFAULT);
    if (is_for_software())
        SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
}

/* Whether presents wait for the refresh is known from what was asked for: the software renderer's own flags
 * claim it in any case. */
static SDL_Renderer *renderer_make(SDL_Window *window, bool *vsync) {
    static const Uint32 flags[] = {SDL_RENDERER_ACCELERATED | SDL_RENDERER_PRESENTVSYNC,
                                   SDL_RENDERER_ACCELERATED, SDL_RENDERER_SOFTWARE};
    driver_prefer();
    for (size_t i = is_for_software() ? PP_COUNT(flags) - 1 : 0; i < PP_COUNT(flags); i++) {
        SDL_Renderer *renderer = SDL_CreateRenderer(window, -1, flags[i]);
        *vsync = flags[i] & SDL_RENDERER_PRESENTVSYNC;
        if (renderer)
            return renderer;
    }
    return NULL;
}

/* The client library is in the process already: SDL loaded it. Only its function for the descriptor is asked
 * for, so that the player itself links to no window system. */
static void *client_function(struct display *display, const char *library, const char *name) {
    display->library = SDL_LoadObject(library);
    return display->library ? SDL_LoadFunction(display->library, name) : NULL;
}

static int event_fd_find(struct display *display) {
    SDL_SysWMinfo info;
    SDL_VERSION(&info.version);
    if (!SDL_GetWindowWMInfo(display->window, &info))
        return -1;
    void *function = NULL;
    void *connection = NULL;
#ifdef SDL_VIDEO_DRIVER_X11
    if (info.subsystem == SDL_SYSWM_X11) {
        connection = info.info.x11.display;
        function = client_function(display, "libX11.so.6", "XConnectionNumber");
    }
#endif
#ifdef SDL_VIDEO_DRIVER_WAYLAND
    if (info.subsystem == SDL_SYSWM_WAYLAND) {
        connection = info.info.wl.display;
        function = client_function(display, "libwayland-client.so.0", "wl_display_get_fd");
    }
#endif
    int (*descriptor_of)(void *) = NULL;
    memcpy(&descriptor_of, &function, sizeof function);
    return descriptor_of ? descriptor_of(connection) : -1;
}

static void mode_read(struct display *display) {
    SDL_DisplayMode mode;
    display->refresh_mhz = REFRESH_DEFAULT_MHZ;
    if (SDL_GetWindowDisplayMode(display->window, &mode) == 0 && mode.refresh_rate > 0 &&
        mode.refresh_rate <= IPC_REFRESH_MAX / 1000)
        display->refresh_mhz = (uint32_t)mode.refresh_rate * 1000;
    if (SDL_GetRendererOutputSize(display->renderer, &display->size.w, &display->size.h) != 0)
        SDL_GetWindowSize(display->window, &display->size.w, &display->size.h);
}

static bool display_open(struct display *display, const struct display_options *options,
                         struct pp_error *error) {
    hints_set();
    if (SDL_Init(SDL_INIT_VIDEO) != 0)
        return pp_fail(error, PP_E_IO, "SDL: %s", SDL_GetError());
    display->window = window_make(options);
    if (!display->window)
        return pp_fail(error, PP_E_IO, "SDL window: %s", SDL_GetError());
    display->renderer = renderer_make(display->window, &display->vsync);
    if (!display->renderer)
        return pp_fail(error, PP_E_IO, "SDL renderer: %s", SDL_GetError());
    SDL_GetRendererInfo(display->renderer, &display->info);
    SDL_ShowCursor(SDL_DISABLE);
    SDL_DisableScreenSaver();
    mode_read(display);
    display->event_fd = event_fd_find(display);
    return true;
}

struct display *display_create(const struct display_options *options, struct pp_error *error) {
    struct display *display = calloc(1, sizeof *display);
    if (!display) {
        pp_fail(error, PP_E_NOMEM, "display: out of memory");
        return NULL;
    }
    display->event_fd = -1;
    if (display_open(display, options, error)) {
        pp_log_info("display: %s/%s, %d x %d", SDL_GetCurrentVideoDriver(), display->info.name,
                    display->size.w, display->size.h);
        return display;
    }
    display_destroy(display);
    return NULL;
}

void display_destroy(struct display *display) {
    if (!display)
        return;
    if (display->renderer)
        SDL_DestroyRenderer(display->renderer);
    if (display->window)
        SDL_DestroyWindow(display->window);
    if (display->library)
        SDL_UnloadObject(display->library);
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
    free(display);
}

SDL_Renderer *display_renderer(struct display *display) {
    return display->renderer;
}

struct geometry_size display_size(const struct display *display) {
    return display->size;
}

int display_texture_max(const struct display *display) {
    int width = display->info.max_texture_width;
    int height = display->info.max_texture_height;
    int most = width < height ? width : height;
    return most > 0 ? most : TEXTURE_MAX;
}

void display_info(const struct display *display, struct ipc_display *info) {
    memset(info, 0, sizeof *info);
    info->width = (uint16_t)(display->size.w < IPC_SIDE_MAX ? display->size.w : IPC_SIDE_MAX);
    info->height = (uint16_t)(display->size.h < IPC_SIDE_MAX ? display->size.h : IPC_SIDE_MAX);
    info->refresh_mhz = display->refresh_mhz;
    snprintf(info->driver, sizeof info->driver, "%s/%s", SDL_GetCurrentVideoDriver(), display->info.name);
}

int64_t display_refresh_us(const struct display *display) {
    return INT64_C(1000000000) / display->refresh_mhz;
}

bool display_has_vsync(const struct display *display) {
    return display->vsync;
}

bool display_is_windowed(const struct display *display) {
    SDL_SysWMinfo info;
    SDL_VERSION(&info.version);
    return SDL_GetWindowWMInfo(display->window, &info) &&
           (info.subsystem == SDL_SYSWM_X11 || info.subsystem == SDL_SYSWM_WAYLAND);
}

int display_event_fd(const struct display *display) {
    return display->event_fd;
}

static void window_event(struct display *display, Uint8 event, struct display_changes *changes) {
    struct geometry_size before = display->size;
    switch (event) {
    case SDL_WINDOWEVENT_EXPOSED:
    case SDL_WINDOWEVENT_SHOWN:
    case SDL_WINDOWEVENT_RESTORED:
        changes->redraw = true;
        break;
    case SDL_WINDOWEVENT_SIZE_CHANGED:
    case SDL_WINDOWEVENT_DISPLAY_CHANGED:
        mode_read(display);
        changes->redraw = true;
        changes->resized |= before.w != display->size.w || before.h != display->size.h;
        break;
    default:
        break;
    }
}

void display_take_focus(struct display *display) {
    if (display_is_windowed(display))
        SDL_SetWindowInputFocus(display->window);
}

void display_pump(struct display *display, struct display_changes *changes) {
    SDL_Event event;
    while (SDL_PollEvent(&event)) {
        if (event.type == SDL_WINDOWEVENT)
            window_event(display, event.window.event, changes);
        else if (event.type == SDL_QUIT)
            changes->quit = true;
        else if (event.type == SDL_RENDER_TARGETS_RESET)
            changes->redraw = true;
        else if (event.type == SDL_RENDER_DEVICE_RESET)
            changes->redraw = changes->textures_lost = true;
    }
}

void display_clear(struct display *display, uint32_t rgb) {
    SDL_RenderSetClipRect(display->renderer, NULL);
    SDL_SetRenderDrawColor(display->renderer, (Uint8)(rgb >> 16), (Uint8)(rgb >> 8), (Uint8)rgb, 255);
    SDL_RenderClear(display->renderer);
}

void display_present(struct display *display) {
    SDL_RenderPresent(display->renderer);
}

uint8_t *display_read(struct display *display, struct geometry_size *size, struct pp_error *error) {
    *size = display->size;
    size_t stride = (size_t)size->w * 3;
    pp_autofree uint8_t *pixels = malloc(stride * (size_t)size->h);
    if (!pixels) {
        pp_fail(error, PP_E_NOMEM, "screenshot: out of memory");
        return NULL;
    }
    if (SDL_RenderReadPixels(display->renderer, NULL, SDL_PIXELFORMAT_RGB24, pixels, (int)stride) != 0) {
        pp_fail(error, PP_E_IO, "screenshot: %s", SDL_GetError());
        return NULL;
    }
    return pp_steal(&pixels);
}
