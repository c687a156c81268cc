/* What the agent hands to the text renderer is never more than that takes: it would refuse the whole screen.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "agent/agent_internal.h"
#include "base/json.h"
#include "render/status/screen.h"

_Static_assert(ACCESS_USER_CODE_MAX - 1 <= SCREEN_USER_CODE_MAX, "an accepted code can be shown");
_Static_assert(ACCESS_ADDRESS_MAX - 1 <= SCREEN_ADDRESS_MAX, "an accepted address can be shown");
_Static_assert(ACCESS_URI_MAX - 1 <= SCREEN_QR_MAX, "an accepted address fits into the QR code");

static cJSON *screen_of(const struct agent *agent) {
    char json[IPC_TEXT_MAX + 1];
    assert_true(screens_write((void *)(uintptr_t)agent, 640, 360, json, NULL));
    cJSON *screen = pp_json_parse(json, strlen(json), sizeof json, NULL);
    assert_non_null(screen);
    return screen;
}

static void name_that_is_too_long_for_a_screen_is_left_out(void **state) {
    (void)state;
    static struct agent agent = {.state = AGENT_OFFLINE, .config.url = "https://headend.example"};
    agent.document.version = 1;
    memset(agent.document.name, 'n', SCREEN_NAME_MAX);
    pp_autojson cJSON *named = screen_of(&agent);
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(named, "name"));
    assert_string_equal(name, agent.document.name);
    agent.document.name[SCREEN_NAME_MAX] = 'n';
    pp_autojson cJSON *nameless = screen_of(&agent);
    assert_null(cJSON_GetObjectItemCaseSensitive(nameless, "name"));
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(nameless, "screen")),
                        "offline");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_that_is_too_long_for_a_screen_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
