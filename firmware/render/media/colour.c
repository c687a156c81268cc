#include "render/media/colour.h"

#include <lcms2.h>
#include <stdlib.h>

#define SIGNIFICANT  1 /* of 255: colours that differ by no more are the same */
#define GRID         6 /* steps of a colour when two spaces are compared */
#define PIXELS_MAX   4096
#define GAMMA_SRGB   45455 /* 1/100000: what programs write that mean sRGB */
#define GAMMA_WAVERS 1000
#define GAMMA_MIN    10000 /* 1/100000; outside of these is no display's */
#define GAMMA_MAX    500000

struct colour {
    cmsContext context;
    cmsHTRANSFORM transform;
    enum colour_space space;
};

void colour_destroy(struct colour *colour) {
    if (!colour)
        return;
    if (colour->transform)
        cmsDeleteTransform(colour->transform);
    if (colour->context)
        cmsDeleteContext(colour->context);
    free(colour);
}

static void profile_close(cmsHPROFILE *profile) {
    if (*profile)
        cmsCloseProfile(*profile);
}
#define autoprofile __attribute__((cleanup(profile_close))) cmsHPROFILE

static struct colour *colour_create(enum colour_space space) {
    struct colour *colour = calloc(1, sizeof *colour);
    if (!colour)
        return NULL;
    *colour = (struct colour){.context = cmsCreateContext(NULL, NULL), .space = space};
    if (colour->context)
        return colour;
    free(colour);
    return NULL;
}

static cmsUInt32Number pixels_of(enum colour_space space) {
    static const cmsUInt32Number formats[] = {
        [COLOUR_RGB] = TYPE_BGRA_8,
        /* Grey stands in each of the three. */
        [COLOUR_GREY] = COLORSPACE_SH(PT_GRAY) | CHANNELS_SH(1) | EXTRA_SH(3) | BYTES_SH(1),
        [COLOUR_CMYK] = TYPE_CMYK_8,
    };
    return formats[space];
}

static bool connect(struct colour *colour, cmsHPROFILE from) {
    autoprofile to = cmsCreate_sRGBProfileTHR(colour->context);
    if (!from || !to)
        return false;
    colour->transform = cmsCreateTransformTHR(colour->context, from, pixels_of(colour->space), to, TYPE_BGR_8,
                                              INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_BLACKPOINTCOMPENSATION);
    return colour->transform != NULL;
}

/* Most profiles are sRGB's: their pictures need not be touched. */
static bool changes_something(const struct colour *colour) {
    if (colour->space == COLOUR_CMYK)
        return true;
    for (unsigned i = 0; i < GRID * GRID * GRID; i++) {
        unsigned steps[] = {i % GRID, i / GRID % GRID, i / GRID / GRID};
        uint8_t before[4] = {0}, after[3];
        for (unsigned c = 0; c < 3; c++)
            before[c] = (uint8_t)(steps[colour->space == COLOUR_GREY ? 0 : c] * 255 / (GRID - 1));
        cmsDoTransform(colour->transform, before, after, 1);
        for (unsigned c = 0; c < 3; c++) {
            if (abs(after[c] - before[c]) > SIGNIFICANT)
                return true;
        }
    }
    return false;
}

static struct colour *finish(struct colour *colour, cmsHPROFILE from) {
    PP_AUTO(colour) struct colour *made = colour;
    return connect(made, from) && changes_something(made) ? pp_steal(&made) : NULL;
}

static bool describes_pictures(cmsHPROFILE profile, enum colour_space space) {
    cmsProfileClassSignature class = cmsGetDeviceClass(profile);
    cmsColorSpaceSignature inside = cmsGetColorSpace(profile);
    if (class != cmsSigInputClass && class != cmsSigDisplayClass && class != cmsSigOutputClass &&
        class != cmsSigColorSpaceClass)
        return false;
    /* Grey pictures may have a profile for three colours. */
    return space == COLOUR_CMYK ? inside == cmsSigCmykData
                                : inside == cmsSigRgbData || inside == cmsSigGrayData;
}

struct colour *colour_of_profile(const uint8_t *profile, size_t size, enum colour_space space) {
    if (size == 0 || size > COLOUR_PROFILE_MAX)
        return NULL;
    PP_AUTO(colour) struct colour *colour = colour_create(space);
    if (!colour)
        return NULL;
    autoprofile from = cmsOpenProfileFromMemTHR(colour->context, profile, (cmsUInt32Number)size);
    if (!from || !describes_pictures(from, space))
        return NULL;
    bool grey = cmsGetColorSpace(from) == cmsSigGrayData;
    if (grey && space == COLOUR_RGB)
        return NULL;
    colour->space = grey ? COLOUR_GREY : space == COLOUR_GREY ? COLOUR_RGB : space;
    return finish(pp_steal(&colour), from);
}

/* ---- without a profile ---- */

/* The curve of sRGB; of a gamma in 1/100000 else. */
static cmsToneCurve *curve_of(cmsContext context, uint32_t gamma) {
    static const cmsFloat64Number srgb[] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
    if (!gamma || abs((int)gamma - GAMMA_SRGB) <= GAMMA_WAVERS)
        return cmsBuildParametricToneCurve(context, 4, srgb);
    return cmsBuildGamma(context, 100000.0 / gamma);
}

static struct colour *from_primaries(const uint32_t chromaticity[8], uint32_t gamma) {
    PP_AUTO(colour) struct colour *colour = colour_create(COLOUR_RGB);
    if (!colour)
        return NULL;
    cmsCIExyY points[4];
    for (unsigned i = 0; i < 4; i++) {
        if (!chromaticity[2 * i + 1] || chromaticity[2 * i] > 100000 || chromaticity[2 * i + 1] > 100000)
            return NULL;
        points[i] = (cmsCIExyY){chromaticity[2 * i] / 100000.0, chromaticity[2 * i + 1] / 100000.0, 1};
    }
    const cmsCIExyYTRIPLE primaries = {points[1], points[2], points[3]};
    cmsToneCurve *curve = curve_of(colour->context, gamma);
    cmsToneCurve *const curves[] = {curve, curve, curve};
    autoprofile from = curve ? cmsCreateRGBProfileTHR(colour->context, &points[0], &primaries, curves) : NULL;
    cmsFreeToneCurve(curve);
    return finish(pp_steal(&colour), from);
}

static const uint32_t srgb_chromaticity[8] = {31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000};

/* H.273's numbers; what is not here (the curves of HDR among it) is shown as it is. */
static struct colour *of_code(uint8_t primaries, uint8_t transfer) {
    static const struct {
        uint8_t number;
        uint32_t chromaticity[8];
    } known[] = {
        {1, {31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000}},
        {9, {31270, 32900, 70800, 29200, 17000, 79700, 13100, 4600}},
        {12, {31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000}},
    };
    static const uint32_t gammas[] = {[4] = 45455, [5] = 35714, [8] = 100000, [13] = GAMMA_SRGB};
    if (transfer >= PP_COUNT(gammas) || !gammas[transfer])
        return NULL;
    for (size_t i = 0; i < PP_COUNT(known); i++) {
        if (known[i].number == primaries)
            return from_primaries(known[i].chromaticity, gammas[transfer]);
    }
    return NULL;
}

struct colour *colour_of_description(const struct colour_description *about) {
    if (about->has_code)
        return of_code(about->primaries, about->transfer);
    bool gamma_known = about->gamma >= GAMMA_MIN && about->gamma <= GAMMA_MAX;
    if (about->is_srgb || (!gamma_known && !about->has_chromaticity))
        return NULL;
    return from_primaries(about->has_chromaticity ? about->chromaticity : srgb_chromaticity,
                          gamma_known ? about->gamma : 0);
}

/* ---- pixels ---- */

void colour_convert(const struct colour *colour, uint8_t *pixels, size_t stride, size_t width, size_t rows) {
    uint8_t made[3 * PIXELS_MAX];
    for (size_t y = 0; y < rows; y++) {
        uint8_t *pixel = pixels + y * stride;
        for (size_t done = 0, count; done < width; done += count) {
            count = width - done < PIXELS_MAX ? width - done : PIXELS_MAX;
            cmsDoTransform(colour->transform, pixel, made, (cmsUInt32Number)count);
            for (size_t x = 0; x < count; x++, pixel += 4)
                memcpy(pixel, made + 3 * x, 3);
        }
    }
}

static void mix_black(const uint8_t *ink, uint8_t *pixel) {
    for (unsigned c = 0; c < 3; c++)
        pixel[2 - c] = (uint8_t)((255 - ink[c]) * (255 - ink[3]) / 255);
}

void colour_convert_inks(const struct colour *colour, const uint8_t *inks, uint8_t *pixels, size_t count) {
    uint8_t made[3 * PIXELS_MAX];
    for (size_t done = 0, piece; done < count; done += piece, inks += 4 * piece) {
        piece = count - done < PIXELS_MAX ? count - done : PIXELS_MAX;
        if (colour)
            cmsDoTransform(colour->transform, inks, made, (cmsUInt32Number)piece);
        for (size_t x = 0; x < piece; x++, pixels += 4) {
            if (colour)
                memcpy(pixels, made + 3 * x, 3);
            else
                mix_black(inks + 4 * x, pixels);
            pixels[3] = 255;
        }
    }
}
