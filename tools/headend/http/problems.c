#include "headend/http/problems.h"

#include <stdarg.h>

#include "headend/http/conditions.h"

static const struct {
    unsigned status;
    const char *code;
} problems[PROBLEMS] = {
#define PROBLEM_ROW(name, status, code) [PROBLEM_##name] = {status, code},
    API_PROBLEMS(PROBLEM_ROW)
#undef PROBLEM_ROW
};

unsigned problem_status(enum problem problem) {
    return problems[problem].status;
}

const char *problem_code(enum problem problem) {
    return problems[problem].code;
}

void reply_with(struct reply *reply, enum problem problem, const char *format, ...) {
    char detail[PP_ERROR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    reply_problem(reply, problems[problem].status, problems[problem].code, "%s", detail);
}

void reply_with_parameter(struct reply *reply, enum problem problem, const char *parameter,
                          const char *detail) {
    reply_problem_with(reply, problems[problem].status, problems[problem].code, "parameter", parameter, "%s",
                       detail);
}

bool reply_allows_change(struct reply *reply, const char *if_match_header, const char *etag) {
    switch (if_match(if_match_header, etag)) {
    case CONDITION_MET:
        return true;
    case CONDITION_FAILED:
        reply_with(reply, PROBLEM_CHANGED, "somebody has changed it meanwhile: read it again");
        break;
    case CONDITION_MISSING:
        reply_with(reply, PROBLEM_CONDITION_REQUIRED,
                   "If-Match must have the entity tag that is to be changed");
        break;
    }
    return false;
}
