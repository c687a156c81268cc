/* Signatures of PCR policies, as systemd-measure(1) writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tpm/pcrsig.h"

#define HEX32 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ENTRY(pcrs, pkfp, pol, sig)                                                                          \
    "{\"pcrs\":" pcrs ",\"pkfp\":\"" pkfp "\",\"pol\":\"" pol "\",\"sig\":\"" sig "\"}"
#define BANK(entries) "{\"sha1\":[{\"other\":1}],\"sha256\":[" entries "]}"

static bool parse(const char *json, struct pcrsig *pcrsig, struct pp_error *error) {
    return pcrsig_parse(json, strlen(json), pcrsig, error);
}

static void entries_of_the_bank_are_read(void **state) {
    (void)state;
    struct pcrsig pcrsig PP_CLEANUP(pcrsig_finish) = {0};
    assert_true(parse(BANK(ENTRY("[11]", HEX32, HEX32, "AQID") "," ENTRY("[7,11]", HEX32, HEX32, "AQ==")),
                      &pcrsig, NULL));
    assert_int_equal(pcrsig.count, 2);
    assert_int_equal(pcrsig.entries[0].pcrs, 1 << 11);
    assert_int_equal(pcrsig.entries[1].pcrs, 1 << 11 | 1 << 7);
    assert_int_equal(pcrsig.entries[0].policy[1], 0x23);
    assert_int_equal(pcrsig.entries[0].signature_size, 3);
    assert_memory_equal(pcrsig.entries[0].signature, "\1\2\3", 3);
}

static void without_the_bank_there_are_none(void **state) {
    (void)state;
    struct pcrsig pcrsig PP_CLEANUP(pcrsig_finish) = {0};
    assert_true(parse("{\"sha1\":[]}", &pcrsig, NULL));
    assert_int_equal(pcrsig.count, 0);
}

static void one_wrong_entry_refuses_the_document(void **state) {
    (void)state;
    static const struct {
        const char *json, *words;
    } rows[] = {
        {"[]", "not an object"},
        {"{\"sha256\":{}}", "sha256"},
        {BANK("1"), "entry 0: not an object"},
        {BANK(ENTRY("[11]", HEX32, HEX32, "AQID") "," ENTRY("[24]", HEX32, HEX32, "AQID")), "entry 1: pcrs"},
        {BANK(ENTRY("[]", HEX32, HEX32, "AQID")), "entry 0: pcrs: empty"},
        {BANK(ENTRY("[-1]", HEX32, HEX32, "AQID")), "entry 0: pcrs"},
        {BANK(ENTRY("[1.5]", HEX32, HEX32, "AQID")), "entry 0: pcrs"},
        {BANK(ENTRY("[\"11\"]", HEX32, HEX32, "AQID")), "entry 0: pcrs"},
        {BANK(ENTRY("[11]", "00", HEX32, "AQID")), "entry 0: pkfp"},
        {BANK(ENTRY("[11]", HEX32, "zz", "AQID")), "entry 0: pol"},
        {BANK(ENTRY("[11]", HEX32, HEX32, "")), "entry 0: sig: empty"},
        {BANK(ENTRY("[11]", HEX32, HEX32, "A!")), "entry 0: sig"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pcrsig pcrsig = {0};
        struct pp_error error = {0};
        assert_false(parse(rows[i].json, &pcrsig, &error));
        if (!strstr(error.message, rows[i].words))
            fail_msg("%s", error.message);
        assert_null(pcrsig.entries);
    }
}

static void signatures_and_their_number_are_capped(void **state) {
    (void)state;
    static char json[PCRSIG_SIZE_MAX];
    struct pcrsig pcrsig PP_CLEANUP(pcrsig_finish) = {0};
    size_t used = (size_t)snprintf(json, sizeof json, "{\"sha256\":[");
    for (int i = 0; i < PCRSIG_ENTRIES_MAX; i++)
        used += (size_t)snprintf(json + used, sizeof json - used, "%s" ENTRY("[11]", HEX32, HEX32, "AQID"),
                                 i ? "," : "");
    snprintf(json + used, sizeof json - used, "]}");
    assert_true(parse(json, &pcrsig, NULL));
    assert_int_equal(pcrsig.count, PCRSIG_ENTRIES_MAX);
    snprintf(json + used, sizeof json - used, "," ENTRY("[11]", HEX32, HEX32, "AQID") "]}");
    struct pp_error error = {0};
    struct pcrsig more;
    assert_false(parse(json, &more, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_of_the_bank_are_read),
        cmocka_unit_test(without_the_bank_there_are_none),
        cmocka_unit_test(one_wrong_entry_refuses_the_document),
        cmocka_unit_test(signatures_and_their_number_are_capped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
