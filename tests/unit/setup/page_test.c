/* setup/page.h: every page has all its words, in both languages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <string.h>

#include "base/mem.h"
#include "page/template.h"
#include "setup/embedded.h"
#include "setup/page.h"
#include "support/languages.h"

static const char *lookup_text(void *arg, const char *name) {
    const struct strings *strings = arg;
    if (strncmp(name, "t.", 2) != 0)
        return "x";
    for (int french = 0; french < 2; french++) {
        if (!strings_find(strings, french ? "fr" : "en", name + 2))
            fail_msg("no text %s in %s", name + 2, french ? "French" : "English");
    }
    return "text";
}

static void pages_have_all_their_texts(void **state) {
    struct pp_error error = {0};
    (void)state;
    PP_AUTO(strings) struct strings *strings = strings_create(embedded_files, &error);
    assert_non_null(strings);
    for (const struct embedded_file *file = embedded_files; file->name; file++) {
        pp_autobuf struct pp_buf out = PP_BUF_INIT(PAGE_MAX);
        if (strstr(file->name, ".html") &&
            !template_render((const char *)file->data, lookup_text, strings, &out, &error))
            fail_msg("%s: %s", file->name, error.message);
    }
    static const char *const wrongs[] = {"stale", "network", "name", "length", "character", "form"};
    for (size_t i = 0; i < PP_COUNT(wrongs); i++) {
        char name[32] = "t.wrong.";
        (void)lookup_text(strings, strcat(name, wrongs[i]));
    }
    for (int reason = NETWORK_WRONG_PASSPHRASE; reason < NETWORK_REASON_END; reason++) {
        char name[32] = "t.reason.";
        (void)lookup_text(strings, strcat(name, network_reason_word((enum network_reason)reason)));
    }
}

/* The largest list there can be, of the names that take the most room. */
static void the_longest_list_fits(void **state) {
    struct setup_opening opening = {.scan.count = SCAN_NETWORKS_MAX, .tried_size = NETWORK_SSID_MAX};
    struct pp_error error = {0};
    (void)state;
    PP_AUTO(strings) struct strings *strings = strings_create(embedded_files, &error);
    struct setup_pages pages = {.opening = &opening, .strings = strings};
    for (size_t i = 0; i < SCAN_NETWORKS_MAX; i++) {
        opening.scan.networks[i] =
            (struct scan_network){.ssid_size = NETWORK_SSID_MAX, .strength = 100, .kind = SCAN_PERSONAL};
        memset(opening.scan.networks[i].ssid, i % 2 ? '"' : 0xff, NETWORK_SSID_MAX);
    }
    pp_autobuf struct pp_buf out = PP_BUF_INIT(PAGE_MAX);
    if (!page_list(&pages, "fr", &out, &error))
        fail_msg("%s", error.message);
    assert_null(strstr(pp_buf_text(&out), "\"\"\"\""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_have_all_their_texts),
        cmocka_unit_test(languages_have_the_same_texts),
        cmocka_unit_test(the_longest_list_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
