/* What was played, and for how long screens were there, as CSV (RFC 4180): `report plays`, `report uptime`. */
#include "base/clock.h"
#include "headend/cli/commands.h"
#include "headend/db/home_open.h"
#include "headend/ops/plays.h"

#define DAYS_USUAL 30 /* where nobody says from when */

/* One that a spreadsheet would take for a formula begins with an apostrophe. */
static void cell_print(const char *text, const char *end) {
    bool quoted = strpbrk(text, ",\"\r\n") != NULL;
    if (quoted)
        putchar('"');
    if (*text && strchr("=+-@\t", *text))
        putchar('\'');
    for (const char *at = text; *at; at++) {
        if (*at == '"')
            putchar('"');
        putchar(*at);
    }
    printf("%s%s", quoted ? "\"" : "", end);
}

static void number_print(int64_t number, const char *end) {
    printf("%lld%s", (long long)number, end);
}

struct printing {
    const char *by;
};

static bool plays_print(void *arg, const struct plays_row *row, struct pp_error *error) {
    const struct printing *printing = arg;
    char day[DAY_TEXT_SIZE];
    if (strcmp(printing->by, "day") == 0) {
        day_text(strtoll(row->key, NULL, 10), day);
        cell_print(day, ",");
    } else if (strcmp(printing->by, "screen") == 0) {
        cell_print(row->key, ",");
        cell_print(row->name, ",");
        cell_print(row->site, ",");
        number_print(row->plays_lost, ",");
        number_print(row->events_missing, ",");
    } else if (strcmp(printing->by, "channel") == 0) {
        cell_print(row->channel, ",");
    } else {
        cell_print(row->content, ",");
        cell_print(row->title, ",");
        cell_print(row->channel, ",");
        cell_print(row->item, ",");
    }
    number_print(row->plays, ",");
    number_print(row->shown_ms, ",");
    number_print(row->late, ",");
    number_print(row->screens, "\r\n");
    return !ferror(stdout) || pp_fail_errno(error, "write");
}

static bool uptime_print(void *arg, const struct uptime_row *row, struct pp_error *error) {
    const struct printing *printing = arg;
    if (strcmp(printing->by, "screen") == 0) {
        cell_print(row->key, ",");
        cell_print(row->name, ",");
    }
    cell_print(row->site, ",");
    number_print(row->here_s, ",");
    number_print(row->could_s, ",");
    number_print(row->screens, "\r\n");
    return !ferror(stdout) || pp_fail_errno(error, "write");
}

static bool day_take(const char *option, const char *text, int64_t *day, struct pp_error *error) {
    return !text || day_read(text, day, error) || pp_wrap(error, "--%s", option);
}

/* The folder's home and what is asked for; NULL on failure. */
static struct home *wanted_read(int argc, char **argv, const char *const *bys, struct plays_wanted *wanted,
                                struct pp_error *error) {
    const char *from = NULL;
    const char *to = NULL;
    int64_t today = pp_clock_realtime_s() / 86400;
    int first = 0;
    *wanted =
        (struct plays_wanted){.by = bys[0], .from = today - DAYS_USUAL, .to = today, .count = INT64_MAX};
    const struct pp_option options[] = {{"by", PP_OPTION_STRING, &wanted->by},
                                        {"from", PP_OPTION_STRING, &from},
                                        {"to", PP_OPTION_STRING, &to},
                                        {"site", PP_OPTION_STRING, &wanted->site},
                                        {"channel", PP_OPTION_STRING, &wanted->channel},
                                        {"screen", PP_OPTION_STRING, &wanted->screen},
                                        {0}};
    if (!command_words(options, argc, argv, 1, &first, "report: one DIR is needed", error) ||
        !day_take("from", from, &wanted->from, error) || !day_take("to", to, &wanted->to, error))
        return NULL;
    for (size_t i = 0; bys[i]; i++) {
        if (strcmp(bys[i], wanted->by) == 0)
            return home_open(argv[first], error);
    }
    char known[64] = "";
    for (size_t i = 0; bys[i]; i++)
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "", bys[i]);
    pp_fail(error, PP_E_INVALID, "--by: none of %s", known);
    return NULL;
}

/* By its id, or what else a person calls it. */
static bool screen_resolve(struct home *home, struct plays_wanted *wanted, struct device *device,
                           struct pp_error *error) {
    if (!wanted->screen)
        return true;
    if (!device_resolve(home->db, wanted->screen, device, error))
        return false;
    wanted->screen = device->id;
    return true;
}

bool command_report_plays(int argc, char **argv, struct pp_error *error) {
    static const char *const bys[] = {"day", "content", "screen", "channel", NULL};
    static const char *const heads[] = {"day,", "content,title,channel,item,",
                                        "screen,name,site,plays_lost,events_missing,", "channel,"};
    struct plays_wanted wanted;
    struct device device;
    PP_AUTO(home) struct home *home = wanted_read(argc, argv, bys, &wanted, error);
    if (!home || !screen_resolve(home, &wanted, &device, error))
        return false;
    struct printing printing = {.by = wanted.by};
    for (size_t i = 0; bys[i]; i++) {
        if (strcmp(bys[i], wanted.by) == 0)
            printf("%splays,shown_ms,frames_late,screens\r\n", heads[i]);
    }
    return plays_report(home->db, &wanted, plays_print, &printing, error) &&
           (fflush(stdout) == 0 || pp_fail_errno(error, "write"));
}

bool command_report_uptime(int argc, char **argv, struct pp_error *error) {
    static const char *const bys[] = {"screen", "site", NULL};
    struct plays_wanted wanted;
    struct device device;
    PP_AUTO(home) struct home *home = wanted_read(argc, argv, bys, &wanted, error);
    if (!home || !screen_resolve(home, &wanted, &device, error))
        return false;
    struct printing printing = {.by = wanted.by};
    printf("%ssite,online_s,observed_s,screens\r\n", strcmp(wanted.by, "screen") == 0 ? "screen,name," : "");
    return uptime_report(home->db, &wanted, uptime_print, &printing, error) &&
           (fflush(stdout) == 0 || pp_fail_errno(error, "write"));
}
