/*
 * fleet-approve DIR: approves screens as `pingplay-headend approve` does, with their fingerprints, but many in one
 * process and without a person whose rights are asked for: it is for a headend that is there to be measured. It reads
 * lines
 *
 *   CODE FINGERPRINT CHANNEL NAME...
 *
 * and answers each with "CODE ID", or with "CODE -" and a line on standard error.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "headend/db/home_open.h"
#include "headend/ops/enrolment.h"

#define LINE_MAX_SIZE 512

struct line {
    char code[16], fingerprint[24], channel[65], name[128];
};

static bool line_read(struct line *line) {
    char text[LINE_MAX_SIZE];
    return fgets(text, sizeof text, stdin) && sscanf(text, "%15s %23s %64s %127[^\n]", line->code,
                                                     line->fingerprint, line->channel, line->name) == 4;
}

static bool approve(struct home *home, const struct line *line, char id[UUID_TEXT_SIZE],
                    struct pp_error *error) {
    char code[USER_CODE_SIZE];
    const struct enrolment_answer answer = {.text = line->fingerprint, .any_group = true};
    const struct device_settings settings = {
        .locale = "en", .time_zone = "UTC", .name = line->name, .channel = line->channel};
    if (!user_code_read(line->code, code))
        return pp_fail(error, PP_E_INVALID, "not a code of a screen: %s", line->code);
    return enrolment_approve(home->db, code, &answer, &settings, "fleet", id, error);
}

int main(int argc, char **argv) {
    struct line line;
    struct pp_error error = {0};
    PP_AUTO(home) struct home *home = argc == 2 ? home_open(argv[1], &error) : NULL;
    if (!home) {
        fprintf(stderr, "fleet-approve: %s\n", argc == 2 ? error.message : "one DIR is needed");
        return EXIT_FAILURE;
    }
    while (line_read(&line)) {
        char id[UUID_TEXT_SIZE];
        bool ok = approve(home, &line, id, &error);
        if (!ok)
            fprintf(stderr, "fleet-approve: %s\n", error.message);
        printf("%s %s\n", line.code, ok ? id : "-");
        fflush(stdout);
    }
    return EXIT_SUCCESS;
}
