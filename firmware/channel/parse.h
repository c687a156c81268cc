/* The parts of the manifest's parser. Each fills its part of `manifest` and leaves what it allocated there,
 * also on failure. Internal. */
#ifndef PP_CHANNEL_PARSE_H
#define PP_CHANNEL_PARSE_H

#include "channel/place.h"

PP_MUST_USE bool channel_parse_objects(const struct place *document, struct channel_manifest *manifest,
                                       struct pp_error *error);
PP_MUST_USE bool channel_parse_feeds(const struct place *document, struct channel_manifest *manifest,
                                     struct pp_error *error);
PP_MUST_USE bool channel_parse_playlists(const struct place *document, struct channel_manifest *manifest,
                                         struct pp_error *error);
PP_MUST_USE bool channel_parse_layouts(const struct place *document, struct channel_manifest *manifest,
                                       struct pp_error *error);
PP_MUST_USE bool channel_parse_schedule(const struct place *document, struct channel_manifest *manifest,
                                        struct pp_error *error);
void channel_items_free(struct channel_playlist *playlist);
void channel_event_finish(struct channel_event *event);

/* What a name refers to; the place is that of the reference. */
PP_MUST_USE bool channel_refer_object(const struct place *place, const struct channel_manifest *manifest,
                                      const struct channel_object **out, struct pp_error *error);
PP_MUST_USE bool channel_refer_feed(const struct place *place, const struct channel_manifest *manifest,
                                    const struct channel_feed **out, struct pp_error *error);
PP_MUST_USE bool channel_refer_playlist(const struct place *place, const struct channel_manifest *manifest,
                                        const struct channel_playlist **out, struct pp_error *error);
PP_MUST_USE bool channel_refer_layout(const struct place *place, const struct channel_manifest *manifest,
                                      const struct channel_layout **out, struct pp_error *error);

#endif
