#include "player/compose.h"

/* The mark: a dark square with three bars struck through, 1/32 of the display's height, in the lower right.
 */
#define DARK        0x000000 /* of a display that was switched off from afar */
#define MARK_PART   32
#define MARK_SHADE  0x101418
#define MARK_BARS   0xc8ced6
#define MARK_STRIKE 0xf2a33a

/* Where a layer's picture goes on the display, in the display's own pixels. */
struct placement {
    struct geometry_rect target;
    struct geometry_rect clip;
    unsigned turn; /* quarters clockwise */
};

static struct placement place(const struct scene *scene, const struct layer *layer) {
    struct geometry_size display = display_size(scene->display);
    struct geometry_rect zone = geometry_zone_uncut(layer->zone, layer->canvas, display);
    struct geometry_rect target = geometry_fit(picture_shape(layer->picture), zone, layer->fit);
    struct geometry_rect clip =
        geometry_intersect(geometry_zone(layer->zone, layer->canvas, display), target);
    unsigned turn = layer->canvas.turn;
    return (struct placement){.target = geometry_turn(target, display, turn),
                              .clip = geometry_turn(clip, display, turn),
                              .turn = turn};
}

/* In a crossfade the picture below stays whole where the new one hides it, and fades out elsewhere. */
static void draw_below(const struct layer *layer, struct placement placement, struct geometry_rect cover,
                       unsigned alpha, unsigned cover_alpha) {
    struct geometry_rect outside[4];
    size_t count = geometry_outside(placement.clip, cover, outside);
    picture_draw(layer->picture, placement.target, geometry_intersect(placement.clip, cover), placement.turn,
                 alpha);
    for (size_t i = 0; i < count; i++)
        picture_draw(layer->picture, placement.target, outside[i], placement.turn,
                     alpha * (255 - cover_alpha) / 255);
}

static bool is_drawn(const struct layer *layer) {
    return layer->shown && layer->picture;
}

/* Where it hides what is below once it is there for good. */
static struct geometry_rect cover_of(const struct scene *scene, const struct layer *layer) {
    return picture_is_opaque(layer->picture) ? place(scene, layer).clip : (struct geometry_rect){0};
}

static void draw_layer(const struct scene *scene, const struct layer *layer, int64_t now_us,
                       struct trace *trace) {
    struct placement placement = place(scene, layer);
    unsigned alpha = layer_alpha(layer, now_us);
    const struct layer *successor = scene_successor(scene, layer, now_us);
    trace_layer(trace, layer->id, layer->picture_pts_us, layer->start_us + layer->picture_pts_us, alpha);
    if (successor && is_drawn(successor))
        draw_below(layer, placement, cover_of(scene, successor), alpha, layer_alpha(successor, now_us));
    else
        picture_draw(layer->picture, placement.target, placement.clip, placement.turn, alpha);
}

/* Nothing below it can be seen. */
static bool covers_all(const struct scene *scene, const struct layer *layer, int64_t now_us) {
    struct geometry_size size = display_size(scene->display);
    const struct geometry_rect all = {.w = size.w, .h = size.h};
    return is_drawn(layer) && picture_is_opaque(layer->picture) && layer_alpha(layer, now_us) == 255 &&
           !scene_successor(scene, layer, now_us) && geometry_contains(place(scene, layer).clip, all);
}

/* A rectangle of the display as the agent has it turned. */
static void fill(const struct scene *scene, struct geometry_rect rect, uint32_t rgb, uint8_t alpha) {
    SDL_Renderer *renderer = display_renderer(scene->display);
    struct geometry_rect to = geometry_turn(rect, display_size(scene->display), scene->canvas.turn);
    SDL_SetRenderDrawColor(renderer, (Uint8)(rgb >> 16), (Uint8)(rgb >> 8), (Uint8)rgb, alpha);
    const SDL_Rect area = {to.x, to.y, to.w, to.h};
    SDL_RenderFillRect(renderer, &area);
}

static void draw_mark(const struct scene *scene) {
    struct geometry_size size = geometry_turned(display_size(scene->display), scene->canvas.turn);
    SDL_Renderer *renderer = display_renderer(scene->display);
    int unit = size.h / MARK_PART / 8 > 0 ? size.h / MARK_PART / 8 : 1;
    int x = size.w - 12 * unit;
    int y = size.h - 12 * unit;
    SDL_RenderSetClipRect(renderer, NULL);
    SDL_SetRenderDrawBlendMode(renderer, SDL_BLENDMODE_BLEND);
    fill(scene, (struct geometry_rect){x, y, 8 * unit, 8 * unit}, MARK_SHADE, 200);
    for (int bar = 0; bar < 3; bar++) {
        int high = 2 * (bar + 1) * unit - unit / 2;
        fill(scene,
             (struct geometry_rect){x + unit + 2 * bar * unit, y + 7 * unit - high, unit + unit / 2, high},
             MARK_BARS, 255);
    }
    for (int step = 0; step < 6 * unit; step++)
        fill(scene, (struct geometry_rect){x + unit + step, y + unit + step, unit, unit / 2 + 1}, MARK_STRIKE,
             255);
    SDL_SetRenderDrawBlendMode(renderer, SDL_BLENDMODE_NONE);
}

void compose_draw(const struct scene *scene, int64_t now_us, struct trace *trace) {
    if (scene->dark) {
        display_clear(scene->display, DARK);
        return;
    }
    size_t first = scene->count;
    while (first > 0 && !covers_all(scene, scene->layers[first - 1], now_us))
        first--;
    if (first > 0)
        first--;
    else
        display_clear(scene->display, scene->background);
    for (size_t i = first; i < scene->count; i++) {
        if (is_drawn(scene->layers[i]))
            draw_layer(scene, scene->layers[i], now_us, trace);
    }
    if (scene->offline_mark)
        draw_mark(scene);
}
