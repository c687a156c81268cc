#include "access/refusal.h"

#include <string.h>

#include "net/problem.h"

#define PROBLEM_TYPE "urn:pingplay:problem:"

static const struct {
    int status;
    const char *code;
    enum access_refusal refusal;
} refusals[] = {
    {403, "screen-retired", ACCESS_REFUSAL_RETIRED},
    {403, "screen-unknown", ACCESS_REFUSAL_UNKNOWN},
    {401, "certificate-revoked", ACCESS_REFUSAL_REVOKED},
};

static bool is_of_type(const struct net_problem *problem, const char *code) {
    size_t prefix = strlen(PROBLEM_TYPE);
    return strncmp(problem->type, PROBLEM_TYPE, prefix) == 0 && strcmp(problem->type + prefix, code) == 0 &&
           strcmp(problem->code, code) == 0;
}

enum access_refusal access_refusal_of(const struct net_response *response) {
    struct net_problem problem;
    if (!net_response_problem(response, &problem) || problem.status != response->status)
        return ACCESS_REFUSAL_NONE;
    for (size_t i = 0; i < PP_COUNT(refusals); i++) {
        if (response->status == refusals[i].status && is_of_type(&problem, refusals[i].code))
            return refusals[i].refusal;
    }
    return ACCESS_REFUSAL_NONE;
}
