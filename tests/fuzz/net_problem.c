#include "net/problem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct net_problem problem;
    (void)!net_problem_parse(data, size, &problem, NULL);
    return 0;
}
