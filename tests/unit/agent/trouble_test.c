/* What comes of each event: of which trouble it is, whether that begins or is over, and the word it is reported by. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "agent/trouble.h"
#include "base/mem.h"

/* `leaves`: the troubles with the headend, with the content and beside the code, of which "H", "C" and "K" were there:
 * "N" is the new one, "-" none. */
static const struct {
    enum trouble_event event;
    const char *leaves;
    const char *kind; /* NULL: it is not reported */
} rows[] = {
    {TROUBLE_START, "NCK", NULL},
    {TROUBLE_CONNECTION, "NCK", "connection"},
    {TROUBLE_SESSION, "NCK", "session"},
    {TROUBLE_TLS, "NCK", "security-tls"},
    {TROUBLE_PORTAL, "NCK", "captive-portal"},
    {TROUBLE_STATE_REFUSED, "NCK", "state-refused"},
    {TROUBLE_CONTROL_KEYS, "NCK", "control-keys"},
    {TROUBLE_CONTROL_KEYS_REFUSED, "NCK", "control-keys-refused"},
    {TROUBLE_ACCESS_MODE, "NCK", "access-mode"},
    {TROUBLE_SIGN_IN, "NCK", "sign-in-trouble"},
    {TROUBLE_CERTIFICATE_EXPIRED, "NCK", "certificate-expired"},
    {TROUBLE_CERTIFICATE_REVOKED, "NCK", "certificate-revoked"},
    {TROUBLE_RENEWAL, "NCK", "renewal-failed"},
    {TROUBLE_ENROLMENT, "NCK", "enrolment-failed"},
    {TROUBLE_ENROLMENT_NETWORK, "NCK", "enrolment-network"},
    {TROUBLE_ENROLMENT_SERVER, "NCK", "enrolment-server"},
    {TROUBLE_ENROLMENT_DENIED, "NCK", "enrolment-denied"},
    {TROUBLE_CERTIFICATE_WAITS, "NCK", "enrolment-waits"},
    {TROUBLE_CODE_GIVEN, "NCK", NULL},
    {TROUBLE_SYNC, "HNK", "sync-failed"},
    {TROUBLE_ENROLMENT_BEGUN, "HCN", NULL},
    {TROUBLE_APPROVAL_FAILED, "HCN", NULL},
    {TROUBLE_OVER_STARTED, "-CK", NULL},
    {TROUBLE_OVER_CONTACT, "-CK", NULL},
    {TROUBLE_OVER_APPROVED, "-CK", NULL},
    {TROUBLE_OVER_CERTIFICATE_ON_ITS_WAY, "-CK", NULL},
    {TROUBLE_OVER_CERTIFIED, "-CK", NULL},
    {TROUBLE_OVER_APPROVAL_GIVEN_UP, "-C-", NULL},
    {TROUBLE_OVER_ENROLMENT, "HC-", NULL},
    {TROUBLE_OVER_SYNCED, "H-K", NULL},
    {TROUBLE_OVER_NO_CHANNEL, "H-K", NULL},
    {TROUBLE_OVER_ERASING, "-CK", NULL},
};

static struct pp_error called(const char *name) {
    struct pp_error error = {0};
    pp_fail(&error, PP_E_NET, "%s", name);
    return error;
}

static void check(const struct pp_error *trouble, char expected) {
    const char name[] = {expected, 0};
    assert_int_equal(trouble->code, expected == '-' ? PP_OK : PP_E_NET);
    assert_string_equal(trouble->message, expected == '-' ? "" : name);
}

static void each_event_is_of_its_trouble_and_has_its_word(void **state) {
    (void)state;
    assert_int_equal(PP_COUNT(rows), TROUBLE_EVENTS);
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct troubles troubles = {.headend = called("H"), .content = called("C"), .code = called("K")};
        bool begins = strchr(rows[i].leaves, 'N') != NULL;
        const struct pp_error fresh = called("N");
        assert_int_equal(rows[i].event, i);
        assert_true(trouble_take(&troubles, rows[i].event, begins ? &fresh : NULL));
        check(&troubles.headend, rows[i].leaves[0]);
        check(&troubles.content, rows[i].leaves[1]);
        check(&troubles.code, rows[i].leaves[2]);
        assert_false(trouble_take(&troubles, rows[i].event, begins ? &fresh : NULL)); /* told once */
        if (rows[i].kind)
            assert_string_equal(trouble_kind(rows[i].event, PP_E_NET), rows[i].kind);
        else
            assert_null(trouble_kind(rows[i].event, PP_E_NET));
    }
}

/* A portal is in the way to the headend; that of the content is another, and is told by its own word. */
static void a_portal_is_told_as_that_where_the_headend_is_concerned(void **state) {
    (void)state;
    assert_string_equal(trouble_kind(TROUBLE_CONNECTION, PP_E_PORTAL), "captive-portal");
    assert_string_equal(trouble_kind(TROUBLE_ENROLMENT_NETWORK, PP_E_PORTAL), "captive-portal");
    assert_string_equal(trouble_kind(TROUBLE_SYNC, PP_E_PORTAL), "sync-failed");
    assert_null(trouble_kind(TROUBLE_START, PP_E_PORTAL));
}

/* Whoever approved has to be told why there is another code. */
static void what_failed_after_an_approval_stands_beside_the_next_code(void **state) {
    (void)state;
    struct troubles troubles = {0};
    const struct pp_error failed = called("EST"), away = called("no route");
    trouble_take(&troubles, TROUBLE_APPROVAL_FAILED, &failed);
    trouble_take(&troubles, TROUBLE_ENROLMENT, &failed);
    trouble_take(&troubles, TROUBLE_ENROLMENT_NETWORK, &away);
    trouble_take(&troubles, TROUBLE_CODE_GIVEN, &troubles.code);
    assert_string_equal(trouble_first(&troubles)->message, "EST");
}

static void a_code_that_is_the_first_stands_alone(void **state) {
    (void)state;
    struct troubles troubles = {0};
    const struct pp_error away = called("no route");
    trouble_take(&troubles, TROUBLE_ENROLMENT_BEGUN, &troubles.headend);
    trouble_take(&troubles, TROUBLE_ENROLMENT_NETWORK, &away);
    assert_string_equal(trouble_first(&troubles)->message, "no route");
    trouble_take(&troubles, TROUBLE_CODE_GIVEN, &troubles.code);
    assert_int_equal(trouble_first(&troubles)->code, PP_OK);
}

static void what_is_wrong_with_the_headend_is_said_first(void **state) {
    (void)state;
    struct troubles troubles = {.content = called("C")};
    assert_string_equal(trouble_first(&troubles)->message, "C");
    troubles.headend = called("H");
    assert_string_equal(trouble_first(&troubles)->message, "H");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_event_is_of_its_trouble_and_has_its_word),
        cmocka_unit_test(a_portal_is_told_as_that_where_the_headend_is_concerned),
        cmocka_unit_test(what_failed_after_an_approval_stands_beside_the_next_code),
        cmocka_unit_test(a_code_that_is_the_first_stands_alone),
        cmocka_unit_test(what_is_wrong_with_the_headend_is_said_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
