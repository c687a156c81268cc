#include "render/status/paint.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "render/status/alert.h"
#include "render/status/column.h"
#include "render/status/icon.h"
#include "render/status/qr.h"

/* Contrast on the ground: white 16:1, soft 9:1, quiet 6:1, accent 10:1, warm 11:1 (WCAG 2.1 asks for 4.5:1). */
static const struct colour ground = {0.055, 0.086, 0.133};
static const struct colour ripple = {0.075, 0.122, 0.180};
static const struct colour white = {0.969, 0.976, 0.988};
static const struct colour soft = {0.725, 0.784, 0.851};
static const struct colour quiet = {0.561, 0.639, 0.729};
static const struct colour accent = {0.388, 0.851, 0.765};
static const struct colour warm = {0.984, 0.776, 0.471};

#define ADDRESS_LINE_MAX 52 /* bytes */

/* Everything a drawing step needs. Sizes are designed for 1920 x 1080, or 1080 x 1920, and scaled. */
#define DOTS_MAX      24 /* of a password; more are not shown */
#define DOT_SIZE      (sizeof "• " - 1)
#define WAIT_MAX      256 /* bytes of words */

#define FOOT_LINE_MAX 256 /* bytes of words */

struct paint {
    const struct screen *screen;
    const struct font *font;
    const struct strings *strings;
    cairo_t *cr;
    double width, height;
    double unit;   /* pixels per designed pixel */
    double margin; /* pixels */
    bool portrait;
    char dots[DOTS_MAX * DOT_SIZE + 1], waits[2][WAIT_MAX];
    char user_code[SCREEN_USER_CODE_MAX * 4], fingerprint[SCREEN_FINGERPRINT_MAX * 4]; /* in groups */
    char reasons[3][STRINGS_REASON_MAX]; /* by language; "" where it is shown as it came */
    struct pp_error *error;
};

static const enum icon icons[SCREEN_KINDS] = {
    [SCREEN_STARTING] = ICON_DOTS,    [SCREEN_ENROL] = ICON_SCREEN,      [SCREEN_APPROVAL] = ICON_CLOCK,
    [SCREEN_ENROLLING] = ICON_TICK,   [SCREEN_CONNECTING] = ICON_WAVES,  [SCREEN_WELCOME] = ICON_TICK,
    [SCREEN_LOADING] = ICON_DOTS,     [SCREEN_OFFLINE] = ICON_NO_WAVES,  [SCREEN_LOCKED] = ICON_LOCK,
    [SCREEN_RETIRED] = ICON_OUT,      [SCREEN_ERROR] = ICON_HELP,        [SCREEN_UNTRUSTED] = ICON_HELP,
    [SCREEN_KEYS_ABSENT] = ICON_HELP, [SCREEN_KEYS_LOST] = ICON_HELP,    [SCREEN_KEYS_REFUSED] = ICON_HELP,
    [SCREEN_EMPTY] = ICON_TICK,       [SCREEN_IDENTIFY] = ICON_SCREEN,   [SCREEN_ELSEWHERE] = ICON_LOCK,
    [SCREEN_SIGN_IN] = ICON_LOCK,     [SCREEN_SIGNED_OUT] = ICON_LOCK,   [SCREEN_STICK_TRYING] = ICON_DOTS,
    [SCREEN_STICK_DONE] = ICON_TICK,  [SCREEN_STICK_FAILED] = ICON_HELP, [SCREEN_STICK_REFUSED] = ICON_HELP,
    [SCREEN_PORTAL] = ICON_HELP,      [SCREEN_PHONE_TRYING] = ICON_DOTS, [SCREEN_PHONE_DONE] = ICON_TICK,
};

static void set_colour(cairo_t *cr, struct colour colour) {
    cairo_set_source_rgb(cr, colour.red, colour.green, colour.blue);
}

static void rounded(cairo_t *cr, const struct place *place, double radius) {
    double right = place->x + place->width, bottom = place->y + place->height;
    cairo_new_sub_path(cr);
    cairo_arc(cr, right - radius, place->y + radius, radius, -M_PI / 2, 0);
    cairo_arc(cr, right - radius, bottom - radius, radius, 0, M_PI / 2);
    cairo_arc(cr, place->x + radius, bottom - radius, radius, M_PI / 2, M_PI);
    cairo_arc(cr, place->x + radius, place->y + radius, radius, M_PI, 3 * M_PI / 2);
    cairo_close_path(cr);
}

/* A still ground with the rings of a ping going out from the lower right. */
static void paint_ground(const struct paint *paint) {
    set_colour(paint->cr, ground);
    cairo_paint(paint->cr);
    set_colour(paint->cr, ripple);
    cairo_set_line_width(paint->cr, 3 * paint->unit);
    for (int ring = 1; ring <= 7; ring++) {
        cairo_arc(paint->cr, paint->width, paint->height, ring * 150 * paint->unit, 0, 2 * M_PI);
        cairo_stroke(paint->cr);
    }
}

/* One language's words, or an empty text where only the other one is wanted. */
static const char *word(const struct paint *paint, enum screen_language language, const char *part) {
    char name[64];
    snprintf(name, sizeof name, "%s.%s", screen_name(paint->screen->kind), part);
    bool wanted = paint->screen->language == SCREEN_BOTH || paint->screen->language == language;
    return wanted ? strings_get(paint->strings, language, name) : "";
}

/* The languages to show, in their order. */
static size_t languages(const struct paint *paint, enum screen_language list[2]) {
    list[0] = paint->screen->language == SCREEN_FRENCH ? SCREEN_FRENCH : SCREEN_ENGLISH;
    list[1] = SCREEN_FRENCH;
    return paint->screen->language == SCREEN_BOTH ? 2 : 1;
}

static struct block text_block(const struct paint *paint, const char *text, enum font_weight weight,
                               double size, double gap, struct colour colour) {
    return (struct block){.text = text,
                          .weight = weight,
                          .size = size * paint->unit,
                          .gap = gap * paint->unit,
                          .colour = colour};
}

static void add_text(const struct paint *paint, struct column *column, const char *text,
                     enum font_weight weight, double size, double gap, struct colour colour) {
    struct block block = text_block(paint, text, weight, size, gap, colour);
    column_add(column, &block);
}

/* What stays on one line, and what is read letter by letter. */
static void add_code(const struct paint *paint, struct column *column, const char *text,
                     enum font_weight weight, double size, double gap, double spacing, struct colour colour) {
    struct block block = text_block(paint, text, weight, size, gap, colour);
    block.one_line = true;
    block.spacing = spacing;
    column_add(column, &block);
}

/* "BCDF-GHJK", "3f2a 91bc": groups that stand apart. */
static void spread_groups(const char *code, char *out, size_t size) {
    size_t used = 0;
    for (const char *at = code; *at && used + 8 < size; at++) {
        bool between = *at == '-' || *at == ' ';
        used += (size_t)snprintf(out + used, size - used, "%s", between ? "\u2002" : (char[]){*at, 0});
    }
}

/* Usual ones on one line, very long ones broken anywhere. */
static void add_address(const struct paint *paint, struct column *column, double size, double gap,
                        struct colour colour) {
    const char *address = paint->screen->address;
    struct block block = text_block(paint, address, FONT_MEDIUM, size, gap, colour);
    block.one_line = strlen(address) <= ADDRESS_LINE_MAX;
    column_add(column, &block);
}

static void add_fingerprint(const struct paint *paint, struct column *column, double size, double gap,
                            struct colour colour) {
    add_code(paint, column, paint->fingerprint, FONT_MEDIUM, size, gap, 0.05, colour);
}

/* ---- the foot: who we are, the code for the manual, a line for the technician ---- */

static void paint_mark(const struct paint *paint, double y) {
    double unit = paint->unit, x = paint->margin + 20 * unit;
    set_colour(paint->cr, accent);
    cairo_arc(paint->cr, x, y, 8 * unit, 0, 2 * M_PI);
    cairo_fill(paint->cr);
    cairo_set_line_width(paint->cr, 3.5 * unit);
    cairo_arc(paint->cr, x, y, 18 * unit, 0, 2 * M_PI);
    cairo_stroke(paint->cr);
    PangoLayout *layout = font_layout(paint->font, "Pingplay", FONT_BOLD, 0);
    PangoRectangle logical;
    pango_layout_get_pixel_extents(layout, NULL, &logical);
    double scale = 36 * unit / FONT_SIZE;
    set_colour(paint->cr, soft);
    font_show(paint->cr, layout, x + 36 * unit, y - logical.height * scale / 2, scale);
    g_object_unref(layout);
}

/* Right-aligned above `bottom`, as high as it has to be; returns its top. */
static double paint_foot_line(const struct paint *paint, const char *text, enum font_weight weight,
                              double size, struct colour colour, double room, double bottom) {
    struct column column = {0};
    add_text(paint, &column, text, weight, size, 0, colour);
    if (column.count == 0)
        return bottom;
    double factor = column_fit(&column, paint->font, room, 110 * paint->unit);
    double height = column_height(&column, paint->font, room, factor);
    struct place place = {paint->width - paint->margin - room, bottom - height, room, height};
    column_draw(&column, paint->font, paint->cr, &place, factor, PANGO_ALIGN_RIGHT);
    return place.y;
}

/* What somebody is to read who stands in front of it now, and not a line for the technician. */
static bool detail_is_fact(const struct paint *paint) {
    return paint->screen->kind == SCREEN_STICK_FAILED || paint->screen->kind == SCREEN_STICK_REFUSED;
}

/* Appends words to a line, apart from what stands there. */
static void line_add(char line[FOOT_LINE_MAX], const char *words, const char *value) {
    size_t used = strlen(line);
    snprintf(line + used, FOOT_LINE_MAX - used, "%s%s%s%s", used && *words ? " · " : "", words,
             *value ? " " : "", value);
}

/* How it shows who it is, in each language. */
static void line_add_access(const struct paint *paint, const enum screen_language *list, size_t count,
                            char line[FOOT_LINE_MAX]) {
    char name[sizeof "access." + SCREEN_ACCESS_MAX];
    snprintf(name, sizeof name, "access.%s", paint->screen->access);
    for (size_t i = 0; i < count; i++)
        line_add(line, strings_get(paint->strings, list[i], name), "");
}

/* The code stands beside the mark, with the access mode, the technician's line above it; an error has its code large in
 * the middle. */
static void paint_foot_text(const struct paint *paint, double bottom) {
    enum screen_language list[2] = {SCREEN_ENGLISH, SCREEN_FRENCH};
    size_t count = languages(paint, list);
    char line[FOOT_LINE_MAX] = "";
    bool large = paint->screen->kind == SCREEN_ERROR || paint->screen->kind == SCREEN_IDENTIFY;
    if (*paint->screen->code && !large)
        line_add(line, strings_get(paint->strings, list[0], "code"), paint->screen->code);
    line_add_access(paint, list, count, line);
    double inner = paint->width - 2 * paint->margin, beside = inner - 300 * paint->unit;
    double top = paint_foot_line(paint, line, FONT_MEDIUM, 36, soft, beside, bottom);
    bool alone = !*line && !paint->portrait;
    double detail_bottom = alone ? bottom : fmin(top, bottom - 44 * paint->unit) - 16 * paint->unit;
    paint_foot_line(paint, detail_is_fact(paint) ? "" : paint->screen->detail, FONT_REGULAR, 30, quiet,
                    alone ? beside : inner, detail_bottom);
}

static void paint_foot(const struct paint *paint) {
    double bottom = paint->height - paint->margin;
    paint_mark(paint, bottom - 22 * paint->unit);
    paint_foot_text(paint, bottom);
}

/* What the foot takes away from the middle. */
static double foot_height(const struct paint *paint) {
    return (*paint->screen->detail && !detail_is_fact(paint) ? 190 : 120) * paint->unit;
}

/* ---- screens that say one thing ---- */

static void fill_message(const struct paint *paint, struct column *column, enum screen_language language,
                         bool both) {
    add_text(paint, column, word(paint, language, "title"), FONT_BOLD, both ? 76 : 104, 0, white);
    add_text(paint, column, word(paint, language, "body"), FONT_REGULAR, both ? 46 : 54, 26, soft);
    add_text(paint, column, paint->reasons[language], FONT_MEDIUM, both ? 42 : 50, 26, accent);
}

/* Below the words of all languages: what is compared or told to somebody. */
static void fill_facts(const struct paint *paint, struct column *column) {
    const struct screen *screen = paint->screen;
    if (screen->kind == SCREEN_APPROVAL)
        add_fingerprint(paint, column, 84, 0, accent);
    if (screen->kind == SCREEN_IDENTIFY)
        add_text(paint, column, screen->name, FONT_BOLD, 110, 0, white);
    if (screen->kind == SCREEN_ERROR || screen->kind == SCREEN_IDENTIFY)
        add_code(paint, column, screen->code, FONT_BOLD, 110, 0, 0.04, accent);
    if (screen->kind == SCREEN_CONNECTING || screen->kind == SCREEN_OFFLINE)
        add_address(paint, column, 44, 0, accent);
    if (screen->kind == SCREEN_WELCOME || screen->kind == SCREEN_LOADING || screen->kind == SCREEN_LOCKED ||
        screen->kind == SCREEN_ELSEWHERE || screen->kind == SCREEN_SIGNED_OUT)
        add_text(paint, column, screen->name, FONT_MEDIUM, 56, 0, accent);
    if (screen->kind == SCREEN_EMPTY) {
        add_text(paint, column, screen->channel, FONT_MEDIUM, 64, 0, accent);
        add_text(paint, column, screen->name, FONT_REGULAR, 40, 14, quiet);
    }
}

struct message {
    struct column columns[2]; /* one a language */
    struct column facts;
    size_t count;
    double column_width, factor, facts_factor;
    double heights[2], facts_height;
};

static void measure_message(const struct paint *paint, struct message *message, double room) {
    double inner = paint->width - 2 * paint->margin, gutter = 90 * paint->unit;
    bool beside = message->count == 2 && !paint->portrait;
    message->column_width = beside ? (inner - gutter) / 2 : fmin(inner, 1500 * paint->unit);
    message->facts_factor = column_fit(&message->facts, paint->font, inner, room / 4);
    message->facts_height = column_height(&message->facts, paint->font, inner, message->facts_factor);
    double left = room - message->facts_height - (message->facts_height > 0 ? 70 * paint->unit : 0);
    message->factor = 1;
    for (size_t i = 0; i < message->count; i++) {
        double share = beside || message->count == 1 ? left : (left - gutter) / 2;
        message->factor = fmin(message->factor,
                               column_fit(&message->columns[i], paint->font, message->column_width, share));
    }
    for (size_t i = 0; i < message->count; i++)
        message->heights[i] =
            column_height(&message->columns[i], paint->font, message->column_width, message->factor);
}

/* Draws the languages side by side or one below the other; returns where they end. */
static double draw_languages(const struct paint *paint, const struct message *message, double y) {
    double gutter = 90 * paint->unit, end = y;
    for (size_t i = 0; i < message->count; i++) {
        struct place place = {paint->margin, y, message->column_width, message->heights[i]};
        if (i > 0 && paint->portrait)
            place.y = end + gutter;
        else if (i > 0)
            place.x += message->column_width + gutter;
        column_draw(&message->columns[i], paint->font, paint->cr, &place, message->factor, PANGO_ALIGN_LEFT);
        end = fmax(end, place.y + place.height);
    }
    return end;
}

static bool paint_message(const struct paint *paint) {
    enum screen_language list[2] = {SCREEN_ENGLISH, SCREEN_FRENCH};
    const size_t count = languages(paint, list);
    struct message message = {.count = count};
    for (size_t i = 0; i < count; i++)
        fill_message(paint, &message.columns[i], list[i], count == 2);
    fill_facts(paint, &message.facts);
    double icon = 150 * paint->unit, gap = 60 * paint->unit;
    double room = paint->height - 2 * paint->margin - foot_height(paint);
    measure_message(paint, &message, room - icon - gap);
    bool below = message.count == 2 && paint->portrait;
    double words = below ? message.heights[0] + message.heights[1] + 90 * paint->unit
                         : fmax(message.heights[0], message.heights[1]);
    double facts_gap = message.facts_height > 0 ? 70 * paint->unit : 0;
    double whole = icon + gap + words + facts_gap + message.facts_height;
    double y =
        paint->margin + fmax(0, room - whole) * 0.46; /* a little above the middle looks like the middle */
    set_colour(paint->cr, accent);
    icon_draw(paint->cr, icons[paint->screen->kind], paint->margin, y, icon);
    y = draw_languages(paint, &message, y + icon + gap);
    struct place place = {paint->margin, y + facts_gap, paint->width - 2 * paint->margin,
                          message.facts_height};
    column_draw(&message.facts, paint->font, paint->cr, &place, message.facts_factor, PANGO_ALIGN_LEFT);
    return true;
}

/* ---- the enrolment screen ---- */

static void add_words(const struct paint *paint, struct column *column, const char *part, double gap) {
    enum screen_language list[2] = {SCREEN_ENGLISH, SCREEN_FRENCH};
    size_t count = languages(paint, list);
    for (size_t i = 0; i < count; i++)
        add_text(paint, column, word(paint, list[i], part), FONT_REGULAR, count == 2 ? 36 : 42,
                 i == 0 ? gap : 2, i == 0 ? soft : quiet);
}

/* A password that is typed here: dots, a word that it can be, or how long it cannot. */
static void add_entry(const struct paint *paint, struct column *column) {
    size_t count = paint->screen->language == SCREEN_BOTH ? 2 : 1;
    if (*paint->dots)
        add_text(paint, column, paint->dots, FONT_BOLD, 60, 20, white);
    else if (paint->screen->keyboard)
        add_words(paint, column, "keyboard", 26);
    for (size_t i = 0; i < count; i++)
        add_text(paint, column, paint->waits[i], FONT_REGULAR, count == 2 ? 36 : 42, i == 0 ? 30 : 2,
                 i == 0 ? soft : quiet);
}

/* The access point by its name and passphrase, and what comes then; why the last try failed, above all. */
static void fill_phone(const struct paint *paint, struct column *column) {
    const struct screen *screen = paint->screen;
    if (*screen->reason) {
        enum screen_language list[2] = {SCREEN_ENGLISH, SCREEN_FRENCH};
        size_t count = languages(paint, list);
        for (size_t i = 0; i < count; i++)
            add_text(paint, column, word(paint, list[i], screen->reason), FONT_MEDIUM, count == 2 ? 36 : 42,
                     i == 0 ? 0 : 2, i == 0 ? warm : quiet);
    }
    add_words(paint, column, "scan", *screen->reason ? 30 : 0);
    add_code(paint, column, screen->name, FONT_BOLD, 64, 8, 0.02, white);
    add_words(paint, column, "enter", 26);
    add_code(paint, column, screen->passphrase, FONT_BOLD, 64, 8, 0.04, accent);
    add_words(paint, column, "next", 30);
    add_address(paint, column, 46, 8, white);
}

static void fill_enrol(const struct paint *paint, struct column *column) {
    if (paint->screen->kind == SCREEN_PHONE) {
        fill_phone(paint, column);
        return;
    }
    enum screen_language list[2] = {SCREEN_ENGLISH, SCREEN_FRENCH};
    size_t count = languages(paint, list);
    add_words(paint, column, "scan", 0);
    add_address(paint, column, 46, 10, white);
    add_words(paint, column, "enter", 34);
    add_code(paint, column, paint->user_code, FONT_BOLD, count == 2 ? 120 : 140, 2, 0.06, accent);
    if (paint->screen->kind == SCREEN_SIGN_IN) {
        add_entry(paint, column);
        if (*paint->screen->reason && !paint->screen->wait_s)
            add_words(paint, column, paint->screen->reason, 30);
        add_text(paint, column, paint->screen->name, FONT_MEDIUM, 48, 30, white);
        return;
    }
    add_words(paint, column, "check", 30);
    add_fingerprint(paint, column, 60, 8, white);
}

static void fill_enrol_title(const struct paint *paint, struct column *column) {
    enum screen_language list[2] = {SCREEN_ENGLISH, SCREEN_FRENCH};
    size_t count = languages(paint, list);
    add_code(paint, column, word(paint, list[0], "title"), FONT_BOLD, count == 2 ? 72 : 88, 0, 0, white);
    if (count == 2)
        add_code(paint, column, word(paint, list[1], "title"), FONT_MEDIUM, 50, 4, 0, quiet);
}

static bool paint_qr_card(const struct paint *paint, const struct place *card) {
    cairo_set_source_rgb(paint->cr, 1, 1, 1);
    rounded(paint->cr, card, 36 * paint->unit);
    cairo_fill(paint->cr);
    return qr_draw(paint->cr, paint->screen->qr, card->x + card->width / 2, card->y + card->height / 2,
                   card->width - 24 * paint->unit, paint->error);
}

static bool paint_enrol_landscape(const struct paint *paint, const struct column *title,
                                  const struct column *column) {
    double foot = foot_height(paint), top = paint->margin;
    double room = paint->height - 2 * paint->margin - foot;
    double side = fmin(room, paint->width * 0.4), gutter = 110 * paint->unit;
    struct place card = {paint->margin, top + (room - side) / 2, side, side};
    struct place words = {.x = paint->margin + side + gutter};
    words.width = paint->width - words.x - paint->margin;
    double title_factor = column_fit(title, paint->font, words.width, room / 3);
    double title_height = column_height(title, paint->font, words.width, title_factor);
    double gap = 44 * paint->unit;
    double factor = column_fit(column, paint->font, words.width, room - title_height - gap);
    words.height = column_height(column, paint->font, words.width, factor);
    words.y = top + (room - title_height - gap - words.height) / 2;
    column_draw(title, paint->font, paint->cr, &words, title_factor, PANGO_ALIGN_LEFT);
    words.y += title_height + gap;
    column_draw(column, paint->font, paint->cr, &words, factor, PANGO_ALIGN_LEFT);
    return paint_qr_card(paint, &card);
}

static bool paint_enrol_portrait(const struct paint *paint, const struct column *title,
                                 const struct column *column) {
    double foot = foot_height(paint), inner = paint->width - 2 * paint->margin, gap = 56 * paint->unit;
    double room = paint->height - 2 * paint->margin - foot;
    double title_factor = column_fit(title, paint->font, inner, room / 5);
    double title_height = column_height(title, paint->font, inner, title_factor);
    double side = fmin(inner, room * 0.43);
    double left = room - title_height - side - 2 * gap;
    double factor = column_fit(column, paint->font, inner, left);
    double height = column_height(column, paint->font, inner, factor);
    double y = paint->margin + (left - height) / 2;
    struct place words = {paint->margin, y, inner, title_height};
    column_draw(title, paint->font, paint->cr, &words, title_factor, PANGO_ALIGN_CENTER);
    struct place card = {(paint->width - side) / 2, y + title_height + gap, side, side};
    words.y = card.y + side + gap;
    column_draw(column, paint->font, paint->cr, &words, factor, PANGO_ALIGN_CENTER);
    return paint_qr_card(paint, &card);
}

static bool paint_enrol(const struct paint *paint) {
    struct column title = {0}, column = {0};
    fill_enrol_title(paint, &title);
    fill_enrol(paint, &column);
    return paint->portrait ? paint_enrol_portrait(paint, &title, &column)
                           : paint_enrol_landscape(paint, &title, &column);
}

static void make_dots(struct paint *paint) {
    for (unsigned i = 0; i < paint->screen->typed && i < DOTS_MAX; i++)
        strcat(paint->dots, "• ");
}

/* The words have a "#" where the number stands. */
static void make_waits(struct paint *paint) {
    enum screen_language list[2] = {SCREEN_ENGLISH, SCREEN_FRENCH};
    size_t count = languages(paint, list);
    unsigned wait_s = paint->screen->wait_s, minutes = (wait_s + 59) / 60;
    const char *part = wait_s < 60 ? "wait-seconds" : minutes == 1 ? "wait-minute" : "wait-minutes";
    for (size_t i = 0; i < count && wait_s; i++) {
        const char *words = word(paint, list[i], part);
        size_t before = strcspn(words, "#");
        snprintf(paint->waits[i], sizeof paint->waits[i], "%.*s%u%s", (int)before, words,
                 wait_s < 60 ? wait_s : minutes, words[before] ? words + before + 1 : "");
    }
}

static void make_reasons(struct paint *paint) {
    static const enum screen_language all[] = {SCREEN_ENGLISH, SCREEN_FRENCH};
    for (size_t i = 0; detail_is_fact(paint) && i < PP_COUNT(all); i++)
        strings_explain(paint->strings, all[i], screen_name(paint->screen->kind), paint->screen->detail,
                        paint->reasons[all[i]]);
}

bool paint_screen(const struct screen *screen, const struct font *font, const struct strings *strings,
                  cairo_t *cr, struct pp_error *error) {
    bool portrait = screen->height > screen->width;
    double wide = portrait ? 1080 : 1920, high = portrait ? 1920 : 1080;
    double unit = fmin(screen->width / wide, screen->height / high);
    struct paint paint = {.screen = screen,
                          .font = font,
                          .strings = strings,
                          .cr = cr,
                          .width = screen->width,
                          .height = screen->height,
                          .unit = unit,
                          .margin = (portrait ? 80 : 110) * unit,
                          .portrait = portrait,
                          .error = error};
    if (screen->kind == SCREEN_MESSAGE)
        return alert_paint(screen, font, cr, error);
    make_dots(&paint);
    make_waits(&paint);
    make_reasons(&paint);
    spread_groups(screen->user_code, paint.user_code, sizeof paint.user_code);
    spread_groups(screen->fingerprint, paint.fingerprint, sizeof paint.fingerprint);
    paint_ground(&paint);
    paint_foot(&paint);
    bool with_qr =
        screen->kind == SCREEN_ENROL || screen->kind == SCREEN_SIGN_IN || screen->kind == SCREEN_PHONE;
    bool ok = with_qr ? paint_enrol(&paint) : paint_message(&paint);
    if (ok && cairo_status(cr) != CAIRO_STATUS_SUCCESS)
        return pp_fail(error, PP_E_NOMEM, "drawing: %s", cairo_status_to_string(cairo_status(cr)));
    return ok;
}
