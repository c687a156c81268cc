#include "base/redact.h"

#include <stdint.h>
#include <string.h>

#include "base/encode.h"
#include "base/mem.h"
#include "test_support.h"

static void what_looks_like_a_secret_is_cut_and_what_does_not_stays(void **state) {
    (void)state;
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"", ""},
        {"content is on the screen", "content is on the screen"},
        {"display 640x360, dummy/software", "display 640x360, dummy/software"},
        {"certificate of device 7b0e4d8e-3a52-4a0e-9b5c-0f4a1d2c3b4a", NULL},
        {"enrol at https://headend:8443/enrol?user_code=BCDF-GHJK with the code BCDF-GHJK", NULL},
        {"cookie pp=Zm9vYmFyYmF6cXV4Zm9vYmFyMTIz; Secure", "cookie pp=Z…(31); Secure"},
        {"key eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLCJleHAiOjEzMDA4MTkzODB9",
         "key eyJhbGciOiJFUzI1NiJ9.eyJp…(40)"},
        {"object 3f2a90bc3f2a90bc3f2a90bc3f2a90bc3f2a90bc3f2a90bc3f2a90bc3f2a90bc", "object 3f2a90bc…(64)"},
        {"through http://mary:secret@proxy:3128/", "through http://…@proxy:3128/"},
        {"https://host/a@b", "https://host/a@b"},
        {"totp JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "totp JBSW…(32)"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        char out[256];
        pp_redact(rows[i].text, out, sizeof out);
        assert_string_equal(out, rows[i].expected ? rows[i].expected : rows[i].text);
    }
}

/* Keys as they stand in documents: of 64 random-looking ones, in base64url and hex, none is left readable. */
static void no_key_passes(void **state) {
    (void)state;
    uint64_t seed = 88172645463325252u;
    for (int round = 0; round < 64; round++) {
        uint8_t key[32];
        for (size_t i = 0; i < sizeof key; i++) {
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            key[i] = (uint8_t)seed;
        }
        char text[2][PP_HEX_SIZE(32)], out[256];
        pp_base64url_encode(key, sizeof key, text[0]);
        pp_hex_encode(key, sizeof key, text[1]);
        for (size_t form = 0; form < 2; form++) {
            pp_redact(text[form], out, sizeof out);
            assert_null(strstr(out, text[form] + 8));
            assert_true(strlen(out) < 24);
        }
    }
}

static void it_stays_within_its_room(void **state) {
    (void)state;
    const char *text =
        "http://user:pw@proxy and 3f2a90bc3f2a90bc3f2a90bc3f2a90bc3f2a90bc, and then some more";
    for (size_t room = 1; room < 64; room++) {
        char out[65];
        memset(out, '#', sizeof out);
        pp_redact(text, out, room);
        assert_true(strlen(out) < room);
        assert_int_equal(out[room], '#');
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_looks_like_a_secret_is_cut_and_what_does_not_stays),
        cmocka_unit_test(no_key_passes),
        cmocka_unit_test(it_stays_within_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
