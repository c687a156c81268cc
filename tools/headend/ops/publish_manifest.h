/* Sealed manifests of channels in the repository: made, read again, and sealed anew under another key. */
#ifndef HEADEND_OPS_PUBLISH_MANIFEST_H
#define HEADEND_OPS_PUBLISH_MANIFEST_H

#include "headend/ops/channel.h"
#include "headend/ops/publish_object.h"
#include "headend/public/tuf_files.h"

#define PUBLISH_MANIFESTS HOME_REPO "/targets/channels"

/* Of the two manifests that a channel can have at a time (rollout.h). */
enum publish_place { PUBLISH_PRESENT, PUBLISH_NEXT, PUBLISH_PLACES };
/* ".manifest.sealed", ".next.sealed": what the file's name has behind the hash. */
const char *publish_manifest_suffix(enum publish_place place);

/* The object "o<place + 1>" of a manifest, with its key, which is wiped in `object`. */
void publish_manifest_object(cJSON *objects, size_t place, struct published_object *object,
                             const char *media_type);
/* Seals the manifest's text under the channel's key, after a look at it with a screen's eyes. */
PP_MUST_USE bool publish_manifest_seal(const struct channel *channel, const char *text, struct pp_buf *sealed,
                                       struct pp_error *error);
/* Gives it its place; in *target is then what the channel's role has to name there. */
PP_MUST_USE bool publish_manifest_write(const struct home *home, enum publish_place place,
                                        const struct pp_buf *sealed, struct tuf_target *target,
                                        struct pp_error *error);
/* What the `signed` part of a channel's role names there, into *target; false where it names none. */
bool publish_manifest_named(const cJSON *role, enum publish_place place, struct tuf_target *target);
/* The sealed manifest that it names, and its hash. */
PP_MUST_USE bool publish_manifest_read(const struct home *home, const char *channel, const cJSON *role,
                                       enum publish_place place, uint8_t sha256[32], struct pp_buf *sealed,
                                       struct pp_error *error);
/* Opens it with the channel's key or, for one of before a rotation, with a former one. */
PP_MUST_USE bool publish_manifest_open(struct home *home, const char *channel, const struct pp_buf *sealed,
                                       struct pp_buf *text, struct pp_error *error);

#endif
