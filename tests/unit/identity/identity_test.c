/* The device key and what certificates are taken for it; the certificates are made by openssl. */
#include "support/held_flash.h"
#include "support/screen.h"

#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>

#include "base/file.h"

#define DAY 86400

static int64_t now(void) {
    return pp_clock_realtime_s();
}

static void key_is_made_once_and_kept(void **state) {
    struct screen *screen = *state;
    char thumbprint[IDENTITY_THUMBPRINT_SIZE];
    strcpy(thumbprint, identity_thumbprint(screen->identity));
    assert_int_equal(strlen(thumbprint), 43);
    screen_reopen(screen);
    assert_string_equal(identity_thumbprint(screen->identity), thumbprint);
    assert_false(identity_has_certificate(screen->identity));
    assert_null(identity_certificate_pem(screen->identity));
    assert_string_equal(identity_device_id(screen->identity), "");
}

static void fingerprint_words_are_the_first_bytes_of_the_thumbprint(void **state) {
    struct screen *screen = *state;
    uint8_t bytes[32];
    char words[IDENTITY_WORDS_SIZE];
    assert_true(pp_base64url_decode_exact(identity_thumbprint(screen->identity), bytes, sizeof bytes, NULL));
    snprintf(words, sizeof words, "%02x%02x %02x%02x %02x%02x %02x%02x", bytes[0], bytes[1], bytes[2],
             bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]);
    assert_string_equal(identity_fingerprint_words(screen->identity), words);
}

/* openssl's opinion of the request: its signature, subject and key. */
static void certificate_request_is_signed_and_names_the_key(void **state) {
    struct screen *screen = *state;
    pp_autobuf struct pp_buf csr = PP_BUF_INIT(4096);
    char path[128];
    char command[256];
    char line[256] = "";
    assert_true(screen_request(screen, false, &csr, NULL));
    snprintf(path, sizeof path, "%s/csr.der", screen->folder);
    assert_true(pp_file_replace(AT_FDCWD, path, csr.data, csr.size, 0600, NULL));
    snprintf(command, sizeof command, "openssl req -inform DER -in %s -noout -verify -subject 2>&1", path);
    FILE *openssl = popen(command, "r");
    size_t size = fread(line, 1, sizeof line - 1, openssl);
    line[size] = 0;
    assert_int_equal(pclose(openssl), 0);
    assert_non_null(strstr(line, "OK"));
    assert_non_null(strstr(line, identity_thumbprint(screen->identity)));
}

static void certificate_is_taken_kept_and_read_again(void **state) {
    struct screen *screen = *state;
    struct pp_error error = {0};
    int64_t before = 0;
    assert_true(screen_accept(screen, "", now(), &error));
    for (int i = 0; i < 2; i++) {
        assert_true(identity_has_certificate(screen->identity));
        assert_string_equal(identity_device_id(screen->identity), "11111111-2222-4333-8444-555555555555");
        assert_int_equal(identity_not_after(screen->identity) - identity_not_before(screen->identity),
                         30 * DAY);
        int64_t renewed_after = identity_renew_at(screen->identity) - identity_not_before(screen->identity);
        assert_in_range(renewed_after, 20 * DAY, 20 * DAY + 30 * DAY / IDENTITY_JITTER_PART);
        assert_true(i == 0 || renewed_after == before);
        before = renewed_after;
        assert_non_null(strstr(identity_certificate_pem(screen->identity), "-----BEGIN CERTIFICATE-----"));
        screen_reopen(screen);
    }
}

/* A fleet that was installed on one day does not come back on one day. */
static void renewals_of_many_screens_are_spread(void **state) {
    struct screen *screen = *state;
    int64_t soonest = INT64_MAX;
    int64_t latest = 0;
    for (int i = 0; i < 12; i++) {
        assert_true(vault_remove(screen->vault, "device-key", NULL));
        screen_reopen(screen);
        assert_true(screen_accept(screen, "", now(), NULL));
        int64_t after = identity_renew_at(screen->identity) - identity_not_before(screen->identity);
        soonest = after < soonest ? after : soonest;
        latest = after > latest ? after : latest;
    }
    assert_true(latest - soonest > DAY / 2);
}

static int count_of(const char *text, const char *part) {
    int count = 0;
    for (const char *c = text; (c = strstr(c, part)); c++)
        count++;
    return count;
}

static void chain_is_kept_without_the_root_and_without_strangers(void **state) {
    struct screen *screen = *state;
    struct pp_error error = {0};
    assert_true(
        screen_accept(screen, ",\"authority\":\"intermediate\",\"root\":true,\"extra\":true", now(), &error));
    assert_int_equal(count_of(identity_certificate_pem(screen->identity), "BEGIN CERTIFICATE"), 2);
    screen_use_identity(screen);
    test_server_do(&screen->server, "{\"do\":\"answers\",\"list\":[{}]}");
    net_autoresponse struct net_response response = {0};
    struct net_request request = {.path = "/", .use_identity = true};
    assert_true(net_client_fetch(screen->client, &request, &response, &error));
    pp_autojson cJSON *log = test_server_ask(&screen->server, "{\"do\":\"log\"}");
    assert_string_equal(test_log_text(log, 0, "device"), "11111111-2222-4333-8444-555555555555");
}

struct refusal {
    const char *options;
    enum pp_code code;
    const char *says;
};

static void certificates_that_are_not_ours_to_take_are_refused(void **state) {
    struct screen *screen = *state;
    static const struct refusal rows[] = {
        {",\"authority\":\"stranger\"", PP_E_AUTH,
         "the certificate does not come from the configured authority"},
        {",\"key\":\"other\"", PP_E_AUTH, "no certificate of the answer is for this screen's key"},
        {",\"twice\":true", PP_E_AUTH, "two certificates of the answer are for this screen's key"},
        {",\"start\":-40", PP_E_EXPIRED, "the certificate or one above it has expired"},
        {",\"start\":3", PP_E_EXPIRED, "the certificate or one above it is not yet valid"},
        {",\"purposes\":\"serverAuth\"", PP_E_AUTH, "the certificate is not for a client"},
        {",\"purposes\":\"\"", PP_E_AUTH, "the certificate is not for a client"},
        {",\"usage\":\"keyAgreement\"", PP_E_AUTH, "the certificate's key may not sign"},
        {",\"ca\":true,\"usage\":\"digitalSignature,keyCertSign\"", PP_E_AUTH,
         "the certificate is an authority's"},
        {",\"lax\":true", PP_E_INVALID, "certificate 1 of the answer: its signature is not in DER"},
        {",\"cn\":\"two words\"", PP_E_INVALID, "the certificate's common name has an invalid character"},
        {",\"cn\":\"a+CN=b\"", PP_E_INVALID, "the certificate has two common names"},
    };
    assert_true(screen_accept(screen, ",\"cn\":\"before\"", now(), NULL));
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pp_error error = {0};
        assert_false(screen_accept(screen, rows[i].options, now(), &error));
        assert_string_equal(error.message, rows[i].says);
        assert_int_equal(error.code, rows[i].code);
        assert_string_equal(identity_device_id(screen->identity), "before");
    }
    screen_reopen(screen);
    assert_string_equal(identity_device_id(screen->identity), "before");
}

static void certificate_without_key_usage_is_taken(void **state) {
    struct screen *screen = *state;
    struct pp_error error = {0};
    assert_true(screen_accept(screen, ",\"usage\":\"\"", now(), &error));
}

static void accept_with_authorities(struct screen *screen, const char *authorities, const char *options,
                                    const char *says) {
    struct pp_error error = {0};
    pp_autobuf struct pp_buf pkcs7 = PP_BUF_INIT(65536);
    pp_autojson cJSON *file =
        test_server_ask(&screen->server, "{\"do\":\"authorities\",\"list\":[%s]}", authorities);
    const char *path = cJSON_GetObjectItemCaseSensitive(file, "path")->valuestring;
    screen_issue(screen, options, &pkcs7);
    PP_AUTO(net_authorities) struct net_authorities *trusted = test_authorities(path, NULL);
    (void)!identity_accept_certificate(screen->identity, pkcs7.data, pkcs7.size, trusted, now(), &error);
    assert_string_equal(error.message, says);
}

/* RFC 5280 §4.2.1.10: critical, and obeyed. */
static void authority_with_name_constraints_may_issue_what_they_allow(void **state) {
    struct screen *screen = *state;
    accept_with_authorities(screen, "\"constrained\",\"authority\"", "", "");
    accept_with_authorities(screen, "\"constrained\",\"authority\"", ",\"authority\":\"constrained\"", "");
    accept_with_authorities(screen, "\"constrained\"",
                            ",\"authority\":\"constrained\",\"names\":\"DNS:a.example.org\"", "");
    accept_with_authorities(screen, "\"constrained\"",
                            ",\"authority\":\"constrained\",\"names\":\"DNS:example.com\"",
                            "the certificate has a name that its authority may not give (name constraints)");
    accept_with_authorities(screen, "\"constrained\"", "",
                            "the certificate does not come from the configured authority");
    accept_with_authorities(screen, "", "", "trusted authorities: there is no certificate");
}

/* Leaf last, the root too, a stranger between, and what is no certificate at all. */
static void certificates_of_an_answer_may_stand_in_any_order(void **state) {
    struct screen *screen = *state;
    static const char *const rows[] = {
        ",\"authority\":\"intermediate\",\"extra\":true,\"root\":true,\"reversed\":true",
        ",\"authority\":\"intermediate\",\"odd\":true,\"reversed\":true",
        ",\"authority\":\"intermediate\",\"odd\":true",
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pp_error error = {0};
        assert_true(screen_accept(screen, rows[i], now(), &error));
        assert_string_equal(error.message, "");
        assert_int_equal(count_of(identity_certificate_pem(screen->identity), "BEGIN CERTIFICATE"), 2);
    }
}

static void every_certificate_of_the_path_is_valid_at_the_time_given(void **state) {
    struct screen *screen = *state;
    struct pp_error error = {0};
    assert_false(screen_accept(screen, "", 1000, &error));
    assert_int_equal(error.code, PP_E_EXPIRED);
    assert_true(screen_accept(screen, "", now(), &error));
    assert_false(screen_accept(screen, "", now() + 40 * DAY, &error));
    assert_int_equal(error.code, PP_E_EXPIRED);
}

static void request_of_a_renewal_has_the_subject_of_the_certificate(void **state) {
    struct screen *screen = *state;
    pp_autobuf struct pp_buf csr = PP_BUF_INIT(4096);
    assert_true(screen_accept(screen, ",\"cn\":\"device-77\"", now(), NULL));
    assert_true(screen_request(screen, false, &csr, NULL));
    assert_non_null(memmem(csr.data, csr.size, "device-77", 9));
}

static void every_damaged_answer_is_refused_and_changes_nothing(void **state) {
    struct screen *screen = *state;
    pp_autobuf struct pp_buf pkcs7 = PP_BUF_INIT(65536);
    screen_issue(screen, "", &pkcs7);
    for (size_t i = 0; i < pkcs7.size; i += 7) {
        struct pp_error error = {0};
        pkcs7.data[i] ^= 0x10;
        assert_false(identity_accept_certificate(screen->identity, pkcs7.data, pkcs7.size,
                                                 screen->authorities, now(), &error));
        assert_string_not_equal(error.message, "");
        assert_false(identity_has_certificate(screen->identity));
        pkcs7.data[i] ^= 0x10;
    }
    assert_true(identity_accept_certificate(screen->identity, pkcs7.data, pkcs7.size, screen->authorities,
                                            now(), NULL));
}

static void stored_certificate_for_another_key_counts_as_none(void **state) {
    struct screen *screen = *state;
    assert_true(screen_accept(screen, "", now(), NULL));
    assert_true(vault_remove(screen->vault, "device-key", NULL));
    screen_reopen(screen);
    assert_false(identity_has_certificate(screen->identity));
    assert_true(vault_put(screen->vault, "certificate", "nonsense", 8, NULL));
    screen_reopen(screen);
    assert_false(identity_has_certificate(screen->identity));
}

static bool file_holds(const char *path, const void *secret, size_t size) {
    pp_autobuf struct pp_buf content = PP_BUF_INIT(1024 * 1024);
    assert_true(pp_file_read(AT_FDCWD, path, &content, NULL));
    return content.size && memmem(content.data, content.size, secret, size);
}

static void private_key_stands_in_no_file(void **state) {
    struct screen *screen = *state;
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(8192);
    uint8_t der[1024];
    size_t size = 0;
    assert_true(screen_accept(screen, "", now(), NULL));
    assert_true(crypto_key_save_pem(identity_key(screen->identity), &pem, NULL));
    const char *body = strchr(pp_buf_text(&pem), '\n') + 1;
    assert_true(
        pp_base64_decode(body, (size_t)(strstr(body, "-----END") - body), der, sizeof der, &size, NULL));
    /* SEC 1: SEQUENCE, version, OCTET STRING of the 32 secret bytes at offset 7. */
    assert_int_equal(der[5], 0x04);
    assert_int_equal(der[6], 32);
    char path[128];
    snprintf(path, sizeof path, "%s/vault", screen->folder);
    pp_autodir DIR *folder = opendir(path);
    const struct dirent *entry;
    int files = 0;
    while ((entry = readdir(folder))) {
        char file[512];
        if (entry->d_type != DT_REG)
            continue;
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        assert_false(file_holds(file, der + 7, 32));
        files++;
    }
    assert_true(files >= 2);
}

/* Turns every bit of the last byte of a file, which may be missing. */
static void damage(const char *folder, const char *name) {
    char path[128];
    snprintf(path, sizeof path, "%s/vault/%s", folder, name);
    if (access(path, F_OK) != 0)
        return;
    assert_int_equal(chmod(path, 0600), 0);
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, -1, SEEK_END), 0);
    int last = fgetc(file);
    assert_int_equal(fseek(file, -1, SEEK_END), 0);
    fputc(~last & 0xff, file);
    assert_int_equal(fclose(file), 0);
}

static void key_that_is_damaged_beyond_reading_is_made_anew_and_has_no_certificate(void **state) {
    struct screen *screen = *state;
    char old[IDENTITY_THUMBPRINT_SIZE];
    assert_true(screen_accept(screen, "", pp_clock_realtime_s(), NULL));
    strcpy(old, identity_thumbprint(screen->identity));
    damage(screen->folder, "device-key.0");
    damage(screen->folder, "device-key.1");
    screen_reopen(screen);
    assert_string_not_equal(identity_thumbprint(screen->identity), old);
    assert_false(identity_has_certificate(screen->identity));
    strcpy(old, identity_thumbprint(screen->identity));
    screen_reopen(screen);
    assert_string_equal(identity_thumbprint(screen->identity), old);
}

static void count_kept(void *arg, const struct pp_error *error) {
    int *kept = arg;
    kept[error != NULL]++;
}

/* Nothing is asked for under a certificate that the next start would not know; and nobody waits for the flash. */
static void certificate_is_in_use_once_it_is_on_flash(void **state) {
    struct screen *screen = *state;
    int kept[2] = {0, 0};
    PP_AUTO(pp_jobs) struct pp_jobs *jobs = pp_jobs_create("flash", NULL);
    assert_true(screen_accept(screen, ",\"cn\":\"one\"", now(), NULL));
    vault_set_jobs(screen->vault, jobs);
    for (int round = 0; round < 2; round++) {
        flash_fail(round == 0);
        flash_hold(true);
        assert_true(screen_accept(screen, ",\"cn\":\"two\"", now(), NULL));
        identity_when_kept(screen->identity, count_kept, kept);
        flash_wait();
        pp_jobs_finish(jobs);
        assert_string_equal(identity_device_id(screen->identity), "one");
        assert_int_equal(kept[0], 0);
        flash_hold(false);
        pp_jobs_wait(jobs);
        assert_int_equal(kept[1], 1); /* the first could not be kept */
        assert_int_equal(kept[0], round);
        assert_string_equal(identity_device_id(screen->identity), round ? "two" : "one");
    }
    identity_when_kept(screen->identity, count_kept, kept); /* it is so already */
    assert_int_equal(kept[0], 2);
    vault_set_jobs(screen->vault, NULL);
    screen_reopen(screen);
    assert_string_equal(identity_device_id(screen->identity), "two");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        screen_test(key_is_made_once_and_kept),
        screen_test(fingerprint_words_are_the_first_bytes_of_the_thumbprint),
        screen_test(certificate_request_is_signed_and_names_the_key),
        screen_test(certificate_is_taken_kept_and_read_again),
        screen_test(renewals_of_many_screens_are_spread),
        screen_test(chain_is_kept_without_the_root_and_without_strangers),
        screen_test(certificates_that_are_not_ours_to_take_are_refused),
        screen_test(certificate_without_key_usage_is_taken),
        screen_test(authority_with_name_constraints_may_issue_what_they_allow),
        screen_test(certificates_of_an_answer_may_stand_in_any_order),
        screen_test(every_certificate_of_the_path_is_valid_at_the_time_given),
        screen_test(request_of_a_renewal_has_the_subject_of_the_certificate),
        screen_test(every_damaged_answer_is_refused_and_changes_nothing),
        screen_test(stored_certificate_for_another_key_counts_as_none),
        screen_test(certificate_is_in_use_once_it_is_on_flash),
        screen_test(private_key_stands_in_no_file),
        screen_test(key_that_is_damaged_beyond_reading_is_made_anew_and_has_no_certificate),
    };
    return cmocka_run_group_tests(tests, screen_group_set_up, screen_group_tear_down);
}
