/* pingplayctl logs: the agent's last lines; with --follow also those to come, over its restarts. */
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "ctl/ctl.h"

#define PATIENCE_S 15
#define LINE_MAX   1024 /* bytes of a line */

/* One JSON object a line. */
static void print_json(const struct local_line *line, const char *time, const char *text) {
    pp_autojson cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "time", time);
    cJSON_AddStringToObject(object, "level", pp_log_level_name(line->level));
    cJSON_AddNumberToObject(object, "lost", (double)line->lost);
    cJSON_AddStringToObject(object, "text", text);
    pp_autojsontext char *printed = cJSON_PrintUnformatted(object);
    printf("%s\n", printed ? printed : "{}");
}

static void print_line(const struct ctl *ctl, const struct local_line *line) {
    char time[PP_RFC3339_SIZE];
    char text[LINE_MAX];
    pp_time_format(line->time_s, time);
    snprintf(text, sizeof text, "%.*s", (int)line->text.size, line->text.data);
    if (ctl->json) {
        print_json(line, time, text);
    } else {
        if (line->lost)
            printf("… %llu %s …\n", (unsigned long long)line->lost, words(ctl->language, "logs.lost"));
        printf("%s %-7s ", time, pp_log_level_name(line->level));
        show_plain(text);
        putchar('\n');
    }
    if (ctl->follow)
        fflush(stdout);
}

/* True at the answer's end. */
static bool read_lines(const struct ctl *ctl, int fd, enum ctl_exit *status) {
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_PACKET_MAX);
    struct local_message message;
    while (client_next(ctl, fd, &packet, &message, status)) {
        if (message.type != LOCAL_LINE)
            return true;
        print_line(ctl, &message.line);
    }
    return false;
}

static bool ask(const struct ctl *ctl, uint64_t lines, enum ctl_exit *status) {
    const struct local_message request = {.type = LOCAL_LOGS,
                                          .logs = {.lines = (uint32_t)lines, .follow = ctl->follow}};
    pp_autoclose int fd = client_ask(ctl, &request, ctl->follow ? 0 : PATIENCE_S, status);
    return fd >= 0 && read_lines(ctl, fd, status);
}

enum ctl_exit logs_run(const struct ctl *ctl) {
    static const struct timespec pause = {.tv_sec = 1};
    enum ctl_exit status = CTL_OK;
    struct ctl again = *ctl;
    again.quiet = true;
    if (ask(ctl, ctl->lines, &status))
        return CTL_OK;
    if (ctl->follow && status == CTL_NO_AGENT)
        fprintf(stderr, "pingplayctl: %s\n", words(ctl->language, "logs.again"));
    /* What a new agent has said is all new. */
    while (ctl->follow && status == CTL_NO_AGENT) {
        nanosleep(&pause, NULL);
        if (ask(&again, LOCAL_LINES_MAX, &status))
            return CTL_OK;
    }
    return status;
}
