/* headend/api/routes: what changes something asks for an operation of the table, where rights and audit are. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "headend/api/handlers.h"
#include "headend/api/routes.h"
#include "headend/ops/operations.h"

static bool only_reads(const struct route *route) {
    return strcmp(route->method, "GET") == 0 || strcmp(route->method, "OPTIONS") == 0;
}

/* Nobody is signed in yet; uploads, which are their maker's own; and a challenge, of which nothing comes by itself. */
static bool is_exempt(const struct route *route) {
    return route->auth == ROUTE_OPEN || strncmp(route->pattern, "/api/v1/uploads", 15) == 0 ||
           strcmp(route->pattern, "/api/v1/passkeys/options") == 0 ||
           route->handle ==
               api_calendar_read; /* nothing is kept of it; who may is tested (headend_schedule) */
}

/* What a message would be: a question that is longer than an address. */
static bool is_question(const struct route *route) {
    return strcmp(route->pattern, "/api/v1/messages/count") == 0 ||
           strcmp(route->pattern, "/api/v1/messages/picture") == 0;
}

static void what_changes_something_asks_for_an_operation_that_is_audited(void **state) {
    (void)state;
    size_t found = 0;
    for (size_t i = 0; i < api_routes.count; i++) {
        const struct route *route = &api_routes.routes[i];
        if (only_reads(route) || is_exempt(route))
            continue;
        const char *name = route->api ? route->api->operation : NULL;
        if (!name)
            fail_msg("%s %s changes something without an operation", route->method, route->pattern);
        const struct operation *operation = operation_find(name);
        if (!operation || operation->changes == is_question(route) || route->work != WORK_WRITES)
            fail_msg("%s %s: %s is no operation that is audited", route->method, route->pattern, name);
        found++;
    }
    assert_true(found >= 11);
}

static void what_only_reads_asks_for_no_operation_that_changes_something(void **state) {
    (void)state;
    for (size_t i = 0; i < api_routes.count; i++) {
        const struct route *route = &api_routes.routes[i];
        const char *name = route->api ? route->api->operation : NULL;
        const struct operation *operation = name && only_reads(route) ? operation_find(name) : NULL;
        if (name && only_reads(route) && (!operation || operation->changes))
            fail_msg("%s %s asks for %s", route->method, route->pattern, name);
    }
}

/* A handler of its own could forget to ask: these are known to, and a test asks each as somebody who may not. */
static void handlers_that_ask_by_themselves_are_few_and_known(void **state) {
    (void)state;
    static void (*const known[])(struct request *, struct reply *) = {
        api_operate,          api_screen_change,   api_command_add,    api_command_log,
        api_session_end,      api_content_change,  api_content_delete, api_content_restore,
        api_content_empty,    api_channel_add,     api_channel_change, api_draft_change,
        api_job_ask,          api_job_decide,      api_version_name,   api_content_publish,
        api_group_create,     api_tagged_change,   api_user_add,       api_user_change,
        api_passkeys_add,     api_passkey_rename,  api_passkey_remove, api_rollout_change,
        api_message_send,     api_message_picture, api_session_remove, api_sessions_remove,
        api_account_password, api_user_setup_link};
    for (size_t i = 0; i < api_routes.count; i++) {
        const struct route *route = &api_routes.routes[i];
        bool is_known = only_reads(route) || is_exempt(route);
        for (size_t j = 0; j < PP_COUNT(known); j++)
            is_known |= route->handle == known[j];
        if (!is_known)
            fail_msg("%s %s has a handler that nobody has looked at", route->method, route->pattern);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changes_something_asks_for_an_operation_that_is_audited),
        cmocka_unit_test(what_only_reads_asks_for_no_operation_that_changes_something),
        cmocka_unit_test(handlers_that_ask_by_themselves_are_few_and_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
