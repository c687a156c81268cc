/*
 * All of a film, looked through for damage that its begin does not show, before it is published. Every packet is read;
 * they are decoded as long as the CPU time keeps up with the place in the file, and else in parts that are spread over
 * it, each from a key frame on. Damage that a decoder takes for a picture is not found, which VP9 and AV1 often do.
 */
#ifndef PP_RENDER_MEDIA_LOOK_H
#define PP_RENDER_MEDIA_LOOK_H

#include "base/error.h"
#include "render/media/source.h"

#define LOOK_FLAWS_MAX  3
#define LOOK_CPU_MS_MAX 60000 /* ms of CPU time */
#define LOOK_WORDS_MAX  160   /* bytes with the NUL */

struct look {
    int64_t flaws_us[LOOK_FLAWS_MAX]; /* us of the film; a second apart at least */
    unsigned flaws;                   /* all of them; the first LOOK_FLAWS_MAX have their place above */
    int64_t end_us;                   /* when the time of the latest packet is over */
    bool cut;                         /* what is behind that cannot be read */
};

/* From the source's begin on; where it is afterwards is not defined. What cannot be opened, or is no film, has no
 * flaws: playing it tells why. False where the object itself cannot be read. */
PP_MUST_USE bool look_through(struct source *source, uint32_t cpu_ms, struct look *look,
                              struct pp_error *error);

/* "0:42, 1:07 and 1:02:03", with "and more" where there are. */
void look_describe(const struct look *look, char words[static LOOK_WORDS_MAX]);
/* One time of a film, as above. */
void look_describe_time(int64_t time_us, char *words, size_t size);

#endif
