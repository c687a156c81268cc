#include "crypto/seal_diagnose.h"

#include <stdarg.h>

#define MIB            (UINT64_C(1) << 20)
#define NEIGHBOURS_MAX 4096 /* segment numbers tried on either side of a place */
#define ENDS_NEAR      4    /* of those, how many are also tried as the last one */
#define TRIAL_COST     512  /* bytes that a trial is charged beside its own: small ones are not free */

/* What each kind of trial may run through the cipher; together less than SEAL_DIAGNOSE_MAX. */
#define TRY_ONE        (SEAL_SEGMENT_MAX + TRIAL_COST)
#define TRY_NUMBERS    (12 * MIB)
#define TRY_FIRST      (4 * MIB)
#define TRY_LENGTHS    (8 * MIB)
#define TRY_HEADER     (20 * MIB) /* all 312 bits with segments of 64 KiB */
#define TRY_TAG        (9 * MIB)  /* all 128 bits with segments of 64 KiB */
#define TRY_CIPHERTEXT (8 * MIB)  /* all bits of segments up to 1,000 bytes */

struct diagnosis {
    struct seal_scene *scene;
    struct seal_cipher cipher; /* a copy, whose header may be changed; shares `gcm` with the scene */
    uint64_t budget;           /* bytes that this kind of trial may still run through the cipher */
    uint8_t *original;         /* a copy of the segment, once it is not the one that failed first */
    uint8_t *bytes;            /* a copy of the segment, to change */
    uint8_t *clear;            /* where trials decrypt to; wiped */
    uint8_t *other;            /* another segment, loaded */
};

/* One trial: whether these bytes authenticate as segment `number`. */
static bool opens(struct diagnosis *d, uint64_t number, bool last, const uint8_t *sealed, size_t size) {
    if (size < SEAL_TAG_SIZE || size + TRIAL_COST > d->budget)
        return false;
    d->budget -= size + TRIAL_COST;
    bool ok = seal_cipher_open(&d->cipher, number, last, sealed, size, d->clear, NULL);
    pp_wipe(d->clear, size);
    return ok;
}

/* The failed segment's own bytes under another number or last flag. */
static bool opens_as(struct diagnosis *d, uint64_t number, bool last) {
    return opens(d, number, last, d->scene->sealed, d->scene->size);
}

static bool load_other(struct diagnosis *d, uint64_t place, size_t *size) {
    return d->scene->load && place < d->scene->segments &&
           d->scene->load(d->scene->arg, place, d->other, size);
}

/* Whether what stands at another place authenticates as `number`. */
static bool other_opens(struct diagnosis *d, uint64_t place, uint64_t number, bool last) {
    size_t size = 0;
    return load_other(d, place, &size) && opens(d, number, last, d->other, size);
}

static unsigned long long shown(uint64_t number) {
    return (unsigned long long)number;
}

/* The finding, in words; true, so that `return report_finding(…)` ends the search. */
static bool report_finding(struct pp_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool report_finding(struct pp_error *error, const char *format, ...) {
    char message[PP_ERROR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    pp_fail(error, PP_E_AUTH, "%s", message);
    return true;
}

/* ---- Place and end ---- */

static bool explain_last_flag(struct diagnosis *d, struct pp_error *error) {
    const struct seal_scene *scene = d->scene;
    d->budget = TRY_ONE;
    if (!opens_as(d, scene->place, !scene->last))
        return false;
    if (!scene->last)
        return report_finding(error, "data was appended after the end of segment %llu, the last",
                              shown(scene->place));
    return report_finding(error,
                          "the stream was cut at a segment boundary: segment %llu is whole, but not the last",
                          shown(scene->place));
}

static void name_displaced(struct diagnosis *d, uint64_t number, struct pp_error *error) {
    uint64_t place = d->scene->place;
    uint64_t end = d->scene->segments - 1;
    const char *what = "segments were reordered, swapped or left out";
    if (number < place && !d->scene->load)
        what = "it was repeated"; /* a pipe has passed that number's own place, so it stood there too */
    else if (other_opens(d, number, number, number == end))
        what = "it was repeated";
    else if (other_opens(d, number, place, d->scene->last))
        what = "the two were swapped";
    else if (d->scene->load && number >= d->scene->segments)
        what = "segments before it were left out";
    pp_fail(error, PP_E_AUTH, "segment %llu stands at the place of segment %llu: %s", shown(number),
            shown(place), what);
}

static bool explain_as_number(struct diagnosis *d, uint64_t number, bool near, struct pp_error *error) {
    bool maybe_last = near || number + 1 == d->scene->segments;
    if (number >= SEAL_SEGMENTS_MAX)
        return false;
    if (!opens_as(d, number, false) && !(maybe_last && opens_as(d, number, true)))
        return false;
    d->budget = TRY_NUMBERS;
    name_displaced(d, number, error);
    return true;
}

/* Numbers near the place first. */
static bool explain_displaced(struct diagnosis *d, struct pp_error *error) {
    uint64_t place = d->scene->place;
    d->budget = TRY_NUMBERS;
    for (uint64_t distance = 1; distance <= NEIGHBOURS_MAX && d->budget > d->scene->size + TRIAL_COST;
         distance++) {
        bool near = distance <= ENDS_NEAR;
        if (distance <= place && explain_as_number(d, place - distance, near, error))
            return true;
        if (explain_as_number(d, place + distance, near, error))
            return true;
    }
    return false;
}

/* The stream's end is inside this segment. */
static bool explain_appended(struct diagnosis *d, struct pp_error *error) {
    const struct seal_scene *scene = d->scene;
    d->budget = TRY_LENGTHS;
    for (size_t less = 1; scene->size >= SEAL_TAG_SIZE + less && d->budget > scene->size + TRIAL_COST;
         less++) {
        if (opens(d, scene->place, true, scene->sealed, scene->size - less))
            return report_finding(error, "data was appended after the end of segment %llu, the last",
                                  shown(scene->place));
    }
    return false;
}

/* ---- Single bits ---- */

/* Flips each bit of `region` (inside the diagnosis's copies) until the segment authenticates. */
static bool flip_finds(struct diagnosis *d, uint8_t *region, size_t size,
                       bool (*trial)(struct diagnosis *d)) {
    for (size_t bit = 0; bit < size * 8 && d->budget >= d->scene->size + TRIAL_COST; bit++) {
        region[bit / 8] ^= (uint8_t)(1U << bit % 8);
        bool found = trial(d);
        region[bit / 8] ^= (uint8_t)(1U << bit % 8);
        if (found)
            return true;
    }
    return false;
}

static bool trial_bytes(struct diagnosis *d) {
    return opens(d, d->scene->place, d->scene->last, d->bytes, d->scene->size);
}

static bool trial_with(struct diagnosis *d, const char *associated_data) {
    struct crypto_gcm *kept = d->cipher.gcm;
    d->cipher.gcm = NULL;
    bool found = seal_cipher_derive(&d->cipher, d->scene->key, associated_data, NULL) && trial_bytes(d);
    seal_cipher_finish(&d->cipher);
    d->cipher.gcm = kept;
    return found;
}

static bool trial_salt(struct diagnosis *d) {
    return trial_with(d, d->scene->associated_data);
}

static bool explain_tag(struct diagnosis *d, struct pp_error *error) {
    d->budget = TRY_TAG;
    return flip_finds(d, d->bytes + d->scene->size - SEAL_TAG_SIZE, SEAL_TAG_SIZE, trial_bytes) &&
           report_finding(error, "a bit is flipped in the tag of segment %llu", shown(d->scene->place));
}

static bool explain_ciphertext(struct diagnosis *d, struct pp_error *error) {
    d->budget = TRY_CIPHERTEXT;
    return flip_finds(d, d->bytes, d->scene->size - SEAL_TAG_SIZE, trial_bytes) &&
           report_finding(error, "a bit is flipped in the ciphertext of segment %llu",
                          shown(d->scene->place));
}

static bool explain_header(struct diagnosis *d, struct pp_error *error) {
    uint8_t *salt = d->cipher.header + 1;
    size_t salt_size = d->cipher.params.key_size;
    d->budget = TRY_HEADER;
    if (flip_finds(d, salt + salt_size, SEAL_NONCE_PREFIX_SIZE, trial_bytes))
        return report_finding(error, "a bit is flipped in the nonce prefix of the header");
    if (flip_finds(d, salt, salt_size, trial_salt))
        return report_finding(error, "a bit is flipped in the salt of the header");
    return false;
}

/* The associated data that people forget, or give where there was none. */
static bool explain_associated_data(struct diagnosis *d, struct pp_error *error) {
    d->budget = TRY_HEADER;
    if (trial_with(d, NULL))
        return report_finding(error, "wrong associated data: the stream was sealed without any");
    if (trial_with(d, SEAL_AD_OBJECT))
        return report_finding(error,
                              "wrong associated data: the stream was sealed with \"" SEAL_AD_OBJECT "\"");
    return false;
}

/* ---- Putting it together ---- */

static bool explain_too_short(const struct seal_scene *scene, struct pp_error *error) {
    if (scene->size >= SEAL_TAG_SIZE)
        return false;
    if (scene->place == 0 && scene->size == 0)
        return report_finding(error, "the stream was cut after its header");
    return report_finding(error, "the stream was cut inside segment %llu: only %zu bytes of it are there",
                          shown(scene->place), scene->size);
}

/* Whether another segment shows that key, associated data and header are right. */
static bool key_is_proven(struct diagnosis *d) {
    const struct seal_scene *scene = d->scene;
    d->budget = TRY_ONE;
    if (!scene->key)
        return true;
    if (scene->place)
        return other_opens(d, 0, 0, false);
    return other_opens(d, 1, 1, scene->segments == 2);
}

/* The last segment fails in whatever way an earlier place went wrong; the first place that does tells more.
 * Whether segments authenticate goes from yes to no once in what people and networks do to files. */
static void rewind_to_first_failure(struct diagnosis *d) {
    struct seal_scene *scene = d->scene;
    uint64_t good = 0;
    uint64_t bad = scene->place;
    d->budget = TRY_FIRST;
    while (scene->load && bad > good + 1 && d->budget >= d->cipher.params.segment_size + TRIAL_COST) {
        uint64_t middle = good + (bad - good) / 2;
        if (other_opens(d, middle, middle, false))
            good = middle;
        else
            bad = middle;
    }
    size_t size = 0;
    if (bad > good + 1 || bad == scene->place || !load_other(d, bad, &size))
        return;
    scene->size = size;
    memcpy(d->bytes, d->other, scene->size);
    memcpy(d->original, d->other, scene->size);
    scene->sealed = d->original;
    scene->place = bad;
    scene->last = false;
}

static bool explain_with_key(struct diagnosis *d, struct pp_error *error) {
    const struct seal_scene *scene = d->scene;
    if (explain_last_flag(d, error) || explain_displaced(d, error) || explain_appended(d, error) ||
        explain_too_short(scene, error) || explain_tag(d, error) || explain_ciphertext(d, error))
        return true;
    if (scene->last && scene->size < seal_room(&d->cipher.params, scene->place))
        return report_finding(
            error,
            "the stream was cut inside segment %llu, or bytes of that segment were changed or appended",
            shown(scene->place));
    return report_finding(error, "bytes of segment %llu were changed, or others stand in its place",
                          shown(scene->place));
}

static bool explain_without_key(struct diagnosis *d, struct pp_error *error) {
    const struct seal_scene *scene = d->scene;
    if (explain_too_short(scene, error) || explain_associated_data(d, error) || explain_header(d, error) ||
        explain_tag(d, error) || explain_ciphertext(d, error) || explain_appended(d, error))
        return true;
    if (scene->load && scene->segments > 1)
        return report_finding(
            error,
            "no segment authenticates: wrong key, associated data or parameters, or the header was changed");
    return report_finding(
        error,
        "segment 0 does not authenticate: wrong key, associated data or parameters, or the beginning of "
        "the stream was changed");
}

static bool diagnosis_init(struct diagnosis *d, struct seal_scene *scene) {
    size_t room = scene->cipher->params.segment_size;
    *d = (struct diagnosis){.scene = scene, .cipher = *scene->cipher};
    d->original = malloc(room);
    d->bytes = malloc(room);
    d->clear = malloc(room);
    d->other = malloc(room);
    if (!d->original || !d->bytes || !d->clear || !d->other)
        return false;
    memcpy(d->bytes, scene->sealed, scene->size);
    return true;
}

static void diagnosis_finish(struct diagnosis *d) {
    free(d->original);
    free(d->bytes);
    free(d->clear);
    free(d->other);
}

static void explain(struct diagnosis *d, struct pp_error *error) {
    if (explain_last_flag(d, error))
        return;
    if (!key_is_proven(d)) {
        explain_without_key(d, error);
        return;
    }
    if (d->scene->last)
        rewind_to_first_failure(d);
    explain_with_key(d, error);
}

bool seal_diagnose(const struct seal_scene *scene, struct pp_error *error) {
    struct diagnosis d;
    struct seal_scene copy = *scene;
    if (diagnosis_init(&d, &copy))
        explain(&d, error);
    else
        report_finding(error, "segment %llu does not authenticate", shown(scene->place));
    diagnosis_finish(&d);
    return false;
}
