#include "channel/schedule.h"

#include "channel/occurrence.h"

bool channel_time_zone_valid(const char *time_zone) {
    return time_zone && *time_zone && zone_find(time_zone) != NULL;
}

/* ---- The schedule ---- */

int64_t channel_wall_to_utc(const char *time_zone, int64_t wall) {
    struct _icaltimezone *zone = zone_find(time_zone);
    struct zone_clock clock = zone_clock_at(zone ? zone : zone_find("UTC"), wall);
    return zone_to_utc(&clock, wall);
}

int64_t channel_utc_to_wall(const char *time_zone, int64_t utc) {
    struct _icaltimezone *zone = zone_find(time_zone);
    return zone_clock_at(zone ? zone : zone_find("UTC"), utc).local;
}

void channel_shown_at(const struct channel_manifest *manifest, int64_t now_s, const char *time_zone,
                      struct channel_shown *shown) {
    struct _icaltimezone *zone = zone_find(time_zone);
    struct zone_clock local = zone_clock_at(zone ? zone : zone_find("UTC"), now_s);
    struct zone_clock other = {0};
    struct occurrence winning = {0};
    const struct channel_event *winner = NULL;
    int64_t until = CHANNEL_FOREVER;
    for (size_t i = 0; i < manifest->event_count; i++) {
        const struct channel_event *event = &manifest->schedule[i];
        struct occurrence occurrence = occurrence_find(event, occurrence_clock(event, &local, &other));
        if (occurrence.next < until)
            until = occurrence.next;
        if (!occurrence.active)
            continue;
        if (occurrence.end < until)
            until = occurrence.end;
        if (occurrence_is_preferred(event, &occurrence, winner, &winning)) {
            winner = event;
            winning = occurrence;
        }
    }
    *shown = (struct channel_shown){.layout = winner ? winner->layout : manifest->default_layout,
                                    .event = winner,
                                    .since_s = winning.start,
                                    .until_s = winning.end,
                                    .valid_until_s = until};
}

const struct channel_layout *channel_layout_at(const struct channel_manifest *manifest, int64_t now_s,
                                               const char *time_zone, int64_t *valid_until_s) {
    struct channel_shown shown;
    channel_shown_at(manifest, now_s, time_zone, &shown);
    if (valid_until_s)
        *valid_until_s = shown.valid_until_s;
    return shown.layout;
}

/* ---- Wall-clock playlists ---- */

bool channel_playlist_is_aligned(const struct channel_playlist *playlist) {
    return playlist->wall_clock && playlist->total_ms > 0;
}

bool channel_playlist_position(const struct channel_playlist *playlist, int64_t now_ms, size_t *index,
                               int64_t *offset_ms) {
    *index = 0;
    *offset_ms = 0;
    if (!channel_playlist_is_aligned(playlist))
        return false;
    int64_t position = now_ms % playlist->total_ms;
    if (position < 0)
        position += playlist->total_ms;
    while (position >= playlist->items[*index].duration_ms)
        position -= playlist->items[(*index)++].duration_ms;
    *offset_ms = position;
    return true;
}
