#include "headend/commands.h"
#include "headend/handlers.h"
#include "headend/publish.h"
#include "headend/strings.h"
struct strings *strings_create(struct pp_error *error) {
    (void)error;
    return malloc(1);
}
void strings_destroy(struct strings *strings) {
    free(strings);
}
bool publish_init(struct home *home, struct pp_error *error) {
    return pp_dir_make(home->fd, "repo/metadata", 0755, error);
}
bool publish_refresh(struct home *home, struct pp_error *error) {
    (void)home;
    (void)error;
    return true;
}
bool command_publish(int argc, char **argv, struct pp_error *error) {
    (void)argc;
    (void)argv;
    return pp_fail(error, PP_E_UNSUPPORTED, "later");
}
#define S(n)                                                                                                 \
    void n(struct request *r, struct reply *p) {                                                             \
        (void)r;                                                                                             \
        reply_problem(p, 501, "later", "later");                                                             \
    }
S(page_sign_in)
S(page_sign_in_submit) S(page_sign_out) S(page_enrol) S(page_enrol_submit) S(page_enrol_done) S(page_screens)
    S(page_home) S(page_asset)
