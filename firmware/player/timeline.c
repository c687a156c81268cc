#include "player/timeline.h"

#include "player/clock.h"

/* A show that is carried out no later than this after its moment counts from that moment, so that a chain of
 * items keeps time; one that is later begins when it is seen. */
#define ON_TIME_US    50000
#define DRIFT_MIN_US  2000 /* us between sound and pictures that nobody notices */
#define DRIFT_PART    8    /* of the rest, one part is corrected at a time… */
#define DRIFT_STEP_US 500  /* …but no more than this */

/* With vsync a picture appears at the refresh after drawing: drawn half a refresh ahead, it appears at the
 * one nearest to its moment, whatever the jitter. */
static int64_t lead_us(const struct scene *scene) {
    return display_has_vsync(scene->display) ? display_refresh_us(scene->display) / 2 : 0;
}

/* The moment at which a pending show is to happen, ready or not; PLAYER_NEVER while that is unknown. */
static int64_t show_due_us(const struct scene *scene, const struct layer *layer, int64_t now_us) {
    if (!layer->show_pending)
        return PLAYER_NEVER;
    if (layer->show.trigger == IPC_TRIGGER_TIME)
        return (int64_t)layer->show.at_ms * 1000;
    if (layer->show.trigger == IPC_TRIGGER_READY)
        return now_us;
    const struct layer *before = scene_find(scene, layer->owner, layer->show.replaces);
    return before && !before->failed ? layer_end_us(before) : now_us;
}

static void orphans_drop(struct scene *scene, int64_t now_us) {
    for (size_t i = scene->count; i-- > 0;) {
        if (scene_is_orphan(scene, scene->layers[i]))
            scene_drop(scene, scene->layers[i], now_us);
    }
}

/* The transition is over: what the layer replaces goes. */
static void replace(struct scene *scene, const struct layer *layer, int64_t now_us) {
    struct layer *before = scene_find(scene, layer->owner, layer->show.replaces);
    if (!scene_is_orphan(scene, layer)) {
        orphans_drop(scene, now_us);
        scene->background = scene->background_next;
    }
    if (before && before != layer)
        scene_drop(scene, before, now_us);
}

static void show(struct scene *scene, struct layer *layer, int64_t due_us, int64_t now_us) {
    layer->show_pending = false;
    layer->shown = true;
    layer->start_us = now_us - due_us <= ON_TIME_US ? due_us : now_us;
    layer->fade_us =
        layer->show.transition == IPC_TRANSITION_CROSSFADE ? (int64_t)layer->show.duration_ms * 1000 : 0;
    if (layer->voice)
        audio_voice_start(scene->audio, layer->voice, layer->start_us);
    scene_touch(scene);
    if (!layer->fade_us)
        replace(scene, layer, now_us);
}

/* Carries out at most one show, because that may remove layers; true if it did. */
static bool show_one(struct scene *scene, int64_t now_us) {
    for (size_t i = 0; i < scene->count; i++) {
        struct layer *layer = scene->layers[i];
        int64_t due_us = show_due_us(scene, layer, now_us);
        if (due_us == PLAYER_NEVER || !layer->ready || due_us > now_us + lead_us(scene))
            continue;
        show(scene, layer, due_us, now_us);
        return true;
    }
    return false;
}

static bool fade_end_one(struct scene *scene, int64_t now_us) {
    for (size_t i = 0; i < scene->count; i++) {
        struct layer *layer = scene->layers[i];
        if (!layer->shown || !layer->fade_us || layer_is_fading(layer, now_us))
            continue;
        layer->fade_us = 0;
        scene_touch(scene);
        replace(scene, layer, now_us);
        return true;
    }
    return false;
}

/* At least one, then as many as there is room for; the others have their turn after the next present. */
static bool upload_fits(struct scene *scene, const struct layer *layer) {
    uint64_t bytes = layer_picture_bytes(layer);
    bool fits = !scene->uploads || bytes <= scene->upload_left;
    scene->uploads_wait |= !fits;
    if (fits) {
        scene->uploads++;
        scene->upload_left -= bytes < scene->upload_left ? bytes : scene->upload_left;
    }
    return fits;
}

static void upload(struct scene *scene, struct layer *layer, int64_t until_us) {
    struct pp_error error = {0};
    if (!layer_is_due(layer, until_us) || !upload_fits(scene, layer))
        return;
    int64_t before_us = layer->picture ? layer->picture_pts_us : -1;
    if (!layer_upload(layer, scene->display, until_us, &error))
        scene_fail(scene, layer, error.message);
    else if (layer->shown && layer->picture && layer->picture_pts_us != before_us)
        scene_touch(scene);
}

static void prepare(struct scene *scene, struct layer *layer) {
    struct pp_error error = {0};
    if (!layer_prepare(layer, scene->display, &error))
        scene_fail(scene, layer, error.message);
}

static void preroll(struct scene *scene, struct layer *layer) {
    upload(scene, layer, layer->queue[0].pts_us);
    if (!layer->ready)
        return;
    const struct ipc_message message = {.type = IPC_LAYER_READY, .layer_ready = {.layer = layer->id}};
    scene_report(scene, layer, &message);
}

/* Pictures follow the sound that was really heard, gently. */
static void follow_sound(const struct scene *scene, struct layer *layer) {
    int64_t ahead_us = audio_voice_ahead_us(scene->audio, layer->voice);
    if (ahead_us > -DRIFT_MIN_US && ahead_us < DRIFT_MIN_US)
        return;
    int64_t step_us = ahead_us / DRIFT_PART;
    step_us = step_us > DRIFT_STEP_US ? DRIFT_STEP_US : step_us < -DRIFT_STEP_US ? -DRIFT_STEP_US : step_us;
    layer->start_us -= step_us;
    audio_voice_start(scene->audio, layer->voice, layer->start_us);
}

static void sound(const struct scene *scene, struct layer *layer, int64_t now_us) {
    if (!layer->voice)
        return;
    const struct layer *successor = scene_successor(scene, layer, now_us);
    unsigned alpha = layer->shown ? layer_alpha(layer, now_us) : 255;
    unsigned left = successor ? 255 - layer_alpha(successor, now_us) : 255;
    audio_voice_gain(scene->audio, layer->voice,
                     (float)layer->volume / 100.0f * (float)alpha / 255.0f * (float)left / 255.0f);
    if (layer->shown && !layer->ended)
        follow_sound(scene, layer);
    else if (!layer->shown && layer->ready) /* told ahead, so that its first sound is not missed */
        audio_voice_start(scene->audio, layer->voice,
                          layer->show.trigger == IPC_TRIGGER_READY ? PLAYER_NEVER
                                                                   : show_due_us(scene, layer, now_us));
}

/* A picture that is replaced within half a refresh is seen by nobody: a renderer that sends thousands costs no
 * more than one that keeps the display's pace. */
static bool may_upload(const struct scene *scene, const struct layer *layer, int64_t now_us) {
    return layer_next_upload_us(layer, display_refresh_us(scene->display)) <= now_us + lead_us(scene);
}

static void layer_advance(struct scene *scene, struct layer *layer, int64_t now_us) {
    if (!layer->failed)
        prepare(scene, layer);
    if (layer->failed)
        return;
    if (!layer->ready && layer->queued)
        preroll(scene, layer);
    if (layer->shown && !layer->ended && may_upload(scene, layer, now_us))
        upload(scene, layer, now_us + lead_us(scene) - layer->start_us);
    layer_note_sound(layer, scene->audio);
    if (layer_stalled_us(layer) <= now_us)
        scene_fail_there(scene, layer, "nothing of it came for too long", false);
    if (layer->shown && !layer->ended && layer_end_us(layer) <= now_us + lead_us(scene))
        layer_end(layer);
    sound(scene, layer, now_us);
}

/* What is on the screen first, then what is to come, each from where the last turn ended. */
static void advance_all(struct scene *scene, int64_t now_us) {
    for (int shown = 1; shown >= 0; shown--) {
        for (size_t i = 0; i < scene->count; i++) {
            struct layer *layer = scene->layers[(i + scene->upload_turn) % scene->count];
            if (layer->shown == (shown != 0))
                layer_advance(scene, layer, now_us);
        }
    }
}

void timeline_advance(struct scene *scene, int64_t now_us) {
    struct geometry_size display = display_size(scene->display);
    scene->upload_left =
        SCENE_UPLOAD_LEAST + (uint64_t)display.w * (uint64_t)display.h * SCENE_UPLOAD_PER_PIXEL;
    scene->uploads = 0;
    scene->uploads_wait = false;
    advance_all(scene, now_us);
    while (show_one(scene, now_us) || fade_end_one(scene, now_us))
        ;
    /* What was just shown may be behind its first picture already. */
    advance_all(scene, now_us);
    scene->upload_turn += scene->uploads_wait;
    for (size_t i = 0; i < scene->count; i++) {
        if (layer_is_fading(scene->layers[i], now_us) &&
            now_us - scene->presented_us >= display_refresh_us(scene->display) - lead_us(scene))
            scene_touch(scene);
    }
}

static void count_presented(const struct scene *scene, struct layer *layer, int64_t now_us) {
    if (!layer->shown || !layer->picture)
        return;
    layer->presented += layer->picture_fresh;
    layer->picture_fresh = false;
    if (layer->shown_reported)
        return;
    layer->shown_reported = true;
    const struct ipc_message message = {.type = IPC_LAYER_SHOWN,
                                        .layer_shown = {layer->id, (uint64_t)(now_us / 1000)}};
    scene_report(scene, layer, &message);
}

void timeline_settle(struct scene *scene, bool presented, int64_t now_us) {
    for (size_t i = 0; i < scene->count; i++) {
        struct layer *layer = scene->layers[i];
        if (presented)
            count_presented(scene, layer, now_us);
        if (layer->ended && layer->shown_reported)
            scene_report_ended(scene, layer, now_us);
    }
}

static int64_t layer_due_us(const struct scene *scene, const struct layer *layer) {
    int64_t due_us = layer_next_upload_us(layer, display_refresh_us(scene->display));
    due_us = player_earlier(due_us, layer_stalled_us(layer));
    if (!layer->ended)
        due_us = player_earlier(due_us, layer_end_us(layer));
    if (layer->ready)
        due_us = player_earlier(due_us, show_due_us(scene, layer, 0));
    if (due_us != PLAYER_NEVER)
        due_us -= lead_us(scene);
    if (layer->shown && layer->fade_us)
        due_us =
            player_earlier(due_us, scene->presented_us + display_refresh_us(scene->display) - lead_us(scene));
    return due_us;
}

int64_t timeline_due_us(const struct scene *scene) {
    int64_t due_us = scene->uploads_wait ? 0 : PLAYER_NEVER;
    for (size_t i = 0; i < scene->count; i++)
        due_us = player_earlier(due_us, layer_due_us(scene, scene->layers[i]));
    return due_us;
}
