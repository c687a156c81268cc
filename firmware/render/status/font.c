#include "render/status/font.h"

#include <glib.h>

#define FAMILY "Inter, DejaVu Sans, Noto Sans, sans-serif"
/* What it lacks, which is of scripts that are written from right to left. */
#define FAMILY_OTHER "DejaVu Sans"
/* A zero that is no O: codes and fingerprints are compared. */
#define FEATURES "zero=1"

/* From U+2300 on there are emoji, for which Pango looks for a font of their own; other scripts mean other
 * fonts. */
#define CHARACTER_END 0x2300

static PangoFontDescription *describe(const char *family, enum font_weight weight) {
    static const PangoWeight weights[FONT_WEIGHTS] = {
        [FONT_REGULAR] = PANGO_WEIGHT_NORMAL,
        [FONT_MEDIUM] = PANGO_WEIGHT_MEDIUM,
        [FONT_BOLD] = PANGO_WEIGHT_SEMIBOLD,
    };
    PangoFontDescription *description = pango_font_description_new();
    pango_font_description_set_family(description, family);
    pango_font_description_set_weight(description, weights[weight]);
    pango_font_description_set_absolute_size(description, FONT_SIZE * PANGO_SCALE);
    return description;
}

static bool covers(PangoCoverage *coverage, gunichar character) {
    return coverage && pango_coverage_get(coverage, (int)character) == PANGO_COVERAGE_EXACT;
}

/* Of Arabic and Hebrew, and of what stands between their words. */
static bool is_drawable_otherwise(const struct font *font, gunichar character) {
    GUnicodeScript script = g_unichar_get_script(character);
    bool loaded = script == G_UNICODE_SCRIPT_ARABIC || script == G_UNICODE_SCRIPT_HEBREW ||
                  script == G_UNICODE_SCRIPT_COMMON || script == G_UNICODE_SCRIPT_INHERITED;
    return loaded && character < CHARACTER_END && covers(font->other, character);
}

static bool is_drawable(const struct font *font, gunichar character) {
    GUnicodeScript script = g_unichar_get_script(character);
    bool loaded = script == G_UNICODE_SCRIPT_LATIN || script == G_UNICODE_SCRIPT_GREEK ||
                  script == G_UNICODE_SCRIPT_CYRILLIC || script == G_UNICODE_SCRIPT_COMMON ||
                  script == G_UNICODE_SCRIPT_INHERITED;
    return loaded && character < CHARACTER_END && covers(font->coverage, character);
}

static char *drawable(const struct font *font, const char *text) {
    GString *kept = g_string_new(NULL);
    for (const char *at = text; *at; at = g_utf8_find_next_char(at, NULL)) {
        gunichar character = g_utf8_get_char_validated(at, -1);
        if (character == (gunichar)-1 || character == (gunichar)-2)
            break;
        bool kept_as_is =
            character == '\n' || is_drawable(font, character) || is_drawable_otherwise(font, character);
        g_string_append_unichar(kept, kept_as_is ? character : '?');
    }
    return g_string_free(kept, FALSE);
}

/* Characters that the first family lacks, and of words in their script all: one run is shaped by one font. */
static bool is_of_other(const struct font *font, gunichar character) {
    return !is_drawable(font, character) && is_drawable_otherwise(font, character);
}

static void use_other(const struct font *font, const char *text, PangoAttrList *attributes) {
    for (const char *at = text; *at;) {
        const char *end = at;
        while (*end && is_of_other(font, g_utf8_get_char(end)))
            end = g_utf8_find_next_char(end, NULL);
        if (end == at) {
            at = g_utf8_find_next_char(at, NULL);
            continue;
        }
        PangoAttribute *family = pango_attr_family_new(FAMILY_OTHER);
        family->start_index = (guint)(at - text);
        family->end_index = (guint)(end - text);
        pango_attr_list_insert(attributes, family);
        at = end;
    }
}

PangoLayout *font_layout(const struct font *font, const char *text, enum font_weight weight,
                         double letter_spacing) {
    PangoLayout *layout = pango_layout_new(font->context);
    PangoFontDescription *description = describe(FAMILY, weight);
    pango_layout_set_font_description(layout, description);
    pango_font_description_free(description);
    PangoAttrList *attributes = pango_attr_list_new();
    if (!font->plain)
        pango_attr_list_insert(attributes, pango_attr_font_features_new(FEATURES));
    pango_attr_list_insert(attributes, pango_attr_fallback_new(FALSE));
    pango_attr_list_insert(attributes,
                           pango_attr_insert_hyphens_new(FALSE)); /* an address has none of its own */
    pango_attr_list_insert(attributes,
                           pango_attr_letter_spacing_new((int)(letter_spacing * FONT_SIZE * PANGO_SCALE)));
    char *clean = drawable(font, text);
    use_other(font, clean, attributes);
    pango_layout_set_attributes(layout, attributes);
    pango_attr_list_unref(attributes);
    pango_layout_set_text(layout, clean, -1);
    g_free(clean);
    return layout;
}

void font_show(cairo_t *cr, PangoLayout *layout, double x, double y, double scale) {
    cairo_save(cr);
    cairo_translate(cr, x, y);
    cairo_scale(cr, scale, scale);
    pango_cairo_show_layout(cr, layout);
    cairo_restore(cr);
}

/* Drawing each weight in each script opens the files, which then stay open. */
static void warm(const struct font *font) {
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, 400, 100);
    cairo_t *cr = cairo_create(surface);
    for (int i = 0; i < 2 * FONT_WEIGHTS; i++) {
        PangoLayout *layout =
            font_layout(font, "Aé0? Ω Ж… سلام، שלום ١", (enum font_weight)(i % FONT_WEIGHTS), 0.1);
        pango_layout_set_width(layout, 100 * PANGO_SCALE);
        font_show(cr, layout, 0, 0, 0.5 + i);
        g_object_unref(layout);
    }
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
}

/* Laid out without hints, so that it looks the same at every scale. */
static PangoContext *create_context(PangoFontMap *map) {
    PangoContext *context = pango_font_map_create_context(map);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(context, options);
    cairo_font_options_destroy(options);
    pango_context_set_round_glyph_positions(context, FALSE);
    return context;
}

/* NULL where there is no font. */
static PangoCoverage *coverage_of(const struct font *font, const char *family) {
    PangoFontDescription *description = describe(family, FONT_REGULAR);
    PangoFont *loaded = pango_font_map_load_font(font->map, font->context, description);
    pango_font_description_free(description);
    if (!loaded)
        return NULL;
    PangoCoverage *coverage = pango_font_get_coverage(loaded, pango_language_get_default());
    g_object_unref(loaded);
    return coverage;
}

static bool find_coverage(struct font *font, struct pp_error *error) {
    font->coverage = coverage_of(font, FAMILY);
    font->other = coverage_of(font, FAMILY_OTHER);
    return font->coverage ? true : pp_fail(error, PP_E_NOTFOUND, "there is no font on this system");
}

bool font_load(struct font *font, struct pp_error *error) {
    *font = (struct font){.map = pango_cairo_font_map_new()};
    font->context = create_context(font->map);
    if (!find_coverage(font, error)) {
        font_finish(font);
        return false;
    }
    warm(font);
    return true;
}

void font_finish(struct font *font) {
    g_clear_object(&font->coverage);
    g_clear_object(&font->other);
    g_clear_object(&font->context);
    g_clear_object(&font->map);
}
