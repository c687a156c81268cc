#include "headend/handlers.h"
#include "headend/strings.h"
struct strings *strings_create(struct pp_error *error) {
    (void)error;
    return malloc(1);
}
void strings_destroy(struct strings *strings) {
    free(strings);
}
#define S(n)                                                                                                 \
    void n(struct request *r, struct reply *p) {                                                             \
        (void)r;                                                                                             \
        reply_problem(p, 501, "later", "later");                                                             \
    }
S(page_sign_in)
S(page_sign_in_submit) S(page_sign_out) S(page_enrol) S(page_enrol_submit) S(page_enrol_done) S(page_screens)
    S(page_home) S(page_asset)
