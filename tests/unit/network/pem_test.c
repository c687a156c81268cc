/* network/pem.h: blocks of certain names and nothing else, or nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "network/pem.h"

#define BLOCK(name, body) "-----BEGIN " name "-----\n" body "-----END " name "-----\n"
#define LINE              "MIHwBgZngQUKAQOgAwEB/wIEQAAAAQRYAFYAIwALAAQEcgAAABAAEAADABAAII9J\n"

static bool check(const char *text, const char *const *names) {
    return pem_check(text, strlen(text), names, NULL);
}

static void blocks_of_the_names_are_taken(void **state) {
    (void)state;
    assert_true(check(BLOCK("CERTIFICATE", LINE "AA==\n"), pem_certificate));
    assert_true(check(BLOCK("CERTIFICATE", LINE) BLOCK("CERTIFICATE", "AAAA\n"), pem_certificate));
    assert_true(check(BLOCK("EC PRIVATE KEY", LINE), pem_private_key));
    assert_true(check(BLOCK("PINGPLAY TPM KEY", LINE), pem_private_key));
}

static void anything_else_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "\n",
        "AAAA\n",
        BLOCK("CERTIFICATE", ""),
        BLOCK("CERTIFICATE", "\n"),
        BLOCK("CERTIFICATE", "A-A\n"),
        BLOCK("CERTIFICATE", "Proc-Type: 4,ENCRYPTED\n"),
        BLOCK("CERTIFICATE", LINE) "\n",
        "Subject: x\n" BLOCK("CERTIFICATE", LINE),
        BLOCK("CERTIFICATE", LINE) BLOCK("EC PRIVATE KEY", LINE),
        BLOCK("ENCRYPTED PRIVATE KEY", LINE),
        "-----BEGIN CERTIFICATE-----\n" LINE,
        "-----BEGIN CERTIFICATE-----\n" LINE "-----END EC PRIVATE KEY-----\n",
        "-----BEGIN CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n" LINE "-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\r\n" LINE "-----END CERTIFICATE-----\r\n",
        BLOCK("CERTIFICATE",
              "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"),
    };
    for (size_t i = 0; i < PP_COUNT(texts); i++)
        assert_false(check(texts[i], pem_certificate));
    assert_false(check(BLOCK("EC PRIVATE KEY", LINE), pem_certificate));
    assert_false(check(BLOCK("CERTIFICATE", LINE), pem_private_key));
    /* A NUL is no end of it. */
    static const char cut[] = BLOCK("CERTIFICATE", "AA\0A\n");
    assert_false(pem_check(cut, sizeof cut - 1, pem_certificate, NULL));
}

static void certificates_are_collected_from_what_people_have(void **state) {
    (void)state;
    static const char file[] =
        "Bag Attributes\n  friendlyName: x\n-----BEGIN CERTIFICATE-----\r\nAAAA\r\n"
        "-----END CERTIFICATE-----\r\n\n# another\n" BLOCK("EC PRIVATE KEY", LINE) BLOCK("CERTIFICATE", LINE);
    pp_autobuf struct pp_buf out = PP_BUF_INIT(1024);
    struct pp_error error = {0};
    assert_true(pem_collect_certificates(file, &out, &error));
    assert_string_equal(pp_buf_text(&out), BLOCK("CERTIFICATE", "AAAA\n") BLOCK("CERTIFICATE", LINE));
    assert_true(check(pp_buf_text(&out), pem_certificate));
    assert_false(pem_collect_certificates(BLOCK("EC PRIVATE KEY", LINE), &out, &error));
    assert_int_equal(error.code, PP_E_NOTFOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_of_the_names_are_taken),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(certificates_are_collected_from_what_people_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
