#include "headend/pages/fields.h"

#include "headend/ops/channel.h"
#include "headend/pages/time_zones.h"
#include "page/template.h"

struct options {
    struct pp_buf *out;
    const char *chosen;
    bool ok;
};

static bool option_add(void *arg, const struct channel *channel) {
    struct options *options = arg;
    options->ok = options->ok &&
                  pp_buf_addf(options->out, NULL, "<option value=\"%s\"%s>", channel->id,
                              strcmp(channel->id, options->chosen) == 0 ? " selected" : "") &&
                  template_escape(channel->title, options->out, NULL) &&
                  pp_buf_add_text(options->out, "</option>", NULL);
    return options->ok;
}

/* <option> elements of all channels; the first is chosen where none was. */
static bool channel_options(struct db *db, const char *chosen, struct pp_buf *out, struct pp_error *error) {
    struct options options = {.out = out, .chosen = chosen, .ok = true};
    return channel_each(db, option_add, &options, error) &&
           (options.ok ? true : pp_fail(error, PP_E_LIMIT, "too many channels for the page"));
}

static bool site_option(void *arg, const char *site, struct pp_error *error) {
    struct pp_buf *out = arg;
    return pp_buf_add_text(out, "<option value=\"", error) && template_escape(site, out, error) &&
           pp_buf_add_text(out, "\">", error);
}

/* ---- What is shown ---- */

struct screen_values screen_values_typed(const struct form *form) {
    return (struct screen_values){.name = form_get(form, "name"),
                                  .site = form_get(form, "site"),
                                  .channel = form_get(form, "channel"),
                                  .new_channel = form_get(form, "new_channel"),
                                  .time_zone = form_get(form, "time_zone"),
                                  .locale = form_get(form, "locale"),
                                  .rotation = form_get(form, "rotation"),
                                  .offline_mark = form_get(form, "offline_mark"),
                                  .lock_after = form_get(form, "lock_after"),
                                  .erase_after = form_get(form, "erase_after"),
                                  .channel_chosen = true};
}

static bool lists_set(struct request *request, struct page *page, const char *channel,
                      struct pp_error *error) {
    pp_autobuf struct pp_buf channels = PP_BUF_INIT(PAGE_MAX);
    pp_autobuf struct pp_buf sites = PP_BUF_INIT(PAGE_MAX);
    pp_autobuf struct pp_buf zones = PP_BUF_INIT(PAGE_MAX);
    if (!channel_options(request->app->db, channel, &channels, error) ||
        /* to choose from while typing */
        !device_sites(request->app->db, site_option, &sites, error) ||
        !time_zones_options(request->app->time_zones, &zones, error))
        return false;
    page_set(page, "channels", channels.size ? pp_buf_text(&channels) : "");
    page_set(page, "sites", sites.size ? pp_buf_text(&sites) : "");
    page_set(page, "zones", zones.size ? pp_buf_text(&zones) : "");
    return true;
}

static void rotation_set(struct page *page, const char *rotation) {
    static const char *const names[][2] = {{"90", "turned_90"}, {"180", "turned_180"}, {"270", "turned_270"}};
    for (size_t i = 0; i < PP_COUNT(names); i++)
        page_set(page, names[i][1], strcmp(rotation, names[i][0]) == 0 ? "1" : "");
}

bool screen_fields_show(struct request *request, struct page *page, const struct screen_values *values,
                        struct pp_error *error) {
    static const char *const parts[][2] = {{"name_fields", "fields-name.html"},
                                           {"channel_fields", "fields-channel.html"},
                                           {"local_fields", "fields-local.html"}};
    page_set(page, "name", values->name);
    page_set(page, "site", values->site);
    page_set(page, "no_channel_chosen", values->channel_chosen && !*values->channel ? "1" : "");
    page_set(page, "new_channel", values->new_channel);
    page_set(page, "time_zone", values->time_zone);
    page_set(page, "french", strcmp(values->locale, "fr") == 0 ? "1" : "");
    rotation_set(page, values->rotation);
    page_set(page, "offline_mark", strcmp(values->offline_mark, "yes") == 0 ? "1" : "");
    page_set(page, "lock_after", values->lock_after ? values->lock_after : "");
    page_set(page, "erase_after", values->erase_after ? values->erase_after : "");
    if (!lists_set(request, page, values->channel, error))
        return false;
    for (size_t i = 0; i < PP_COUNT(parts); i++) {
        pp_autobuf struct pp_buf part = PP_BUF_INIT(PAGE_MAX);
        if (!page_render(page, parts[i][1], &part, error))
            return false;
        page_set(page, parts[i][0], pp_buf_text(&part));
    }
    return true;
}

/* ---- What is read ---- */

/* The text about the first field that is no good; NULL when all are. */
static const char *settings_problem(const struct device_settings *settings) {
    const struct {
        struct device_settings field;
        const char *problem;
    } checks[] = {{{.name = settings->name}, "enrol.wrong.name"},
                  {{.site = settings->site}, "enrol.wrong.site"},
                  {{.channel = settings->channel}, "enrol.wrong.channel"},
                  {{.time_zone = settings->time_zone}, FIELD_TIME_ZONE_UNKNOWN},
                  {{.locale = settings->locale}, "enrol.wrong.locale"},
                  {{.rotation = settings->rotation}, "enrol.wrong.rotation"},
                  {{.offline_mark = settings->offline_mark}, "enrol.wrong.offline_mark"},
                  {{.lock_after = settings->lock_after}, "screen.wrong.silence"},
                  {{.erase_after = settings->erase_after}, "screen.wrong.silence"}};
    for (size_t i = 0; i < PP_COUNT(checks); i++) {
        if (!device_settings_check(&checks[i].field, NULL))
            return checks[i].problem;
    }
    return NULL;
}

/* A channel that was named in the form counts for more than one that was chosen. False where it cannot be one. */
static bool new_channel_read(const struct form *form, struct screen_fields *fields) {
    const char *typed = form_get(form, "new_channel");
    typed += strspn(typed, " ");
    size_t size = strlen(typed);
    while (size && typed[size - 1] == ' ')
        size--;
    if (!size)
        return true;
    if (size > TEXT_NAME_MAX)
        return false;
    snprintf(fields->channel_title, sizeof fields->channel_title, "%.*s", (int)size, typed);
    fields->settings.channel = fields->channel;
    fields->settings.channel_title = fields->channel_title;
    return text_check("title", fields->channel_title, 1, TEXT_NAME_MAX, NULL) &&
           channel_id_of_title(fields->channel_title, fields->channel);
}

const char *screen_fields_read(const struct request *request, struct screen_fields *fields) {
    const struct form *form = &request->form;
    const char *zone = form_get(form, "time_zone");
    const char *rotation = form_get(form, "rotation");
    const char *offline_mark = form_get(form, "offline_mark");
    const char *lock_after = form_get(form, "lock_after");
    const char *erase_after = form_get(form, "erase_after");
    *fields = (struct screen_fields){.settings = {.name = form_get(form, "name"),
                                                  .site = form_get(form, "site"),
                                                  .channel = form_get(form, "channel"),
                                                  .time_zone = zone,
                                                  .locale = form_get(form, "locale"),
                                                  .rotation = *rotation ? rotation : NULL,
                                                  .offline_mark = *offline_mark ? offline_mark : NULL,
                                                  .lock_after = *lock_after ? lock_after : NULL,
                                                  .erase_after = *erase_after ? erase_after : NULL}};
    if (time_zones_find(request->app->time_zones, zone, fields->time_zone))
        fields->settings.time_zone = fields->time_zone;
    return new_channel_read(form, fields) ? settings_problem(&fields->settings) : "enrol.wrong.new_channel";
}
