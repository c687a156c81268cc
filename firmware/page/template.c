#include "page/template.h"

#include <string.h>

#include "base/visible.h"

static const char *escape_of(char c) {
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

bool template_escape(const char *text, struct pp_buf *out, struct pp_error *error) {
    pp_autobuf struct pp_buf visible = PP_BUF_INIT(out->max);
    if (!pp_visible_add(&visible, text, "\n\r\t", error))
        return false;
    for (text = pp_buf_text(&visible); *text;) {
        size_t plain = strcspn(text, "&<>\"'");
        if (!pp_buf_add(out, text, plain, error))
            return false;
        text += plain;
        if (*text && !pp_buf_add_text(out, escape_of(*text++), error))
            return false;
    }
    return true;
}

struct rendering {
    template_lookup *lookup;
    void *arg;
    struct pp_buf *out;
    char open[TEMPLATE_DEPTH_MAX][TEMPLATE_NAME_MAX]; /* the sections that we are in */
    size_t depth;
    size_t hidden; /* the depth from which on nothing is written; 0: all is */
};

static bool section_open(struct rendering *rendering, char sign, const char *name, struct pp_error *error) {
    if (rendering->depth == TEMPLATE_DEPTH_MAX)
        return pp_fail(error, PP_E_LIMIT, "template: sections nested deeper than %d", TEMPLATE_DEPTH_MAX);
    memcpy(rendering->open[rendering->depth++], name, TEMPLATE_NAME_MAX);
    const char *value = rendering->lookup(rendering->arg, name);
    bool filled = value && *value;
    if (!rendering->hidden && filled != (sign == '#'))
        rendering->hidden = rendering->depth;
    return true;
}

static bool section_close(struct rendering *rendering, const char *name, struct pp_error *error) {
    if (!rendering->depth || strcmp(rendering->open[rendering->depth - 1], name) != 0)
        return pp_fail(error, PP_E_INVALID, "template: {{/%s}} closes nothing", name);
    if (rendering->hidden == rendering->depth)
        rendering->hidden = 0;
    rendering->depth--;
    return true;
}

/* One tag: what stands between the braces. */
static bool tag_render(struct rendering *rendering, const char *tag, size_t size, bool raw,
                       struct pp_error *error) {
    char sign = size && strchr("#^/", tag[0]) ? tag[0] : 0;
    char name[TEMPLATE_NAME_MAX] = "";
    size_t length = size - (sign != 0);
    if (!length || length >= sizeof name)
        return pp_fail(error, PP_E_INVALID, "template: a name is empty or longer than %zu bytes",
                       sizeof name - 1);
    memcpy(name, tag + (sign != 0), length);
    if (sign == '/')
        return section_close(rendering, name, error);
    if (sign)
        return section_open(rendering, sign, name, error);
    const char *value = rendering->hidden ? NULL : rendering->lookup(rendering->arg, name);
    if (!value)
        return true;
    return raw ? pp_buf_add_text(rendering->out, value, error)
               : template_escape(value, rendering->out, error);
}

bool template_render(const char *text, template_lookup *lookup, void *arg, struct pp_buf *out,
                     struct pp_error *error) {
    struct rendering rendering = {.lookup = lookup, .arg = arg, .out = out};
    while (*text) {
        const char *start = strstr(text, "{{");
        size_t plain = start ? (size_t)(start - text) : strlen(text);
        if (!rendering.hidden && !pp_buf_add(out, text, plain, error))
            return false;
        if (!start)
            break;
        bool raw = start[2] == '{';
        const char *tag = start + (raw ? 3 : 2);
        const char *end = strstr(tag, raw ? "}}}" : "}}");
        if (!end)
            return pp_fail(error, PP_E_INVALID, "template: a tag is not closed");
        if (!tag_render(&rendering, tag, (size_t)(end - tag), raw, error))
            return false;
        text = end + (raw ? 3 : 2);
    }
    return rendering.depth ? pp_fail(error, PP_E_INVALID, "template: a section is not closed") : true;
}
