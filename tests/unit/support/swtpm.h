/*
 * A TPM 2.0 of a test's own: a child process swtpm(8) that listens on a socket in a folder. It has no resource
 * manager, and keeps what a killed process had loaded, as a bare TPM does. Everything here asserts.
 */
#ifndef PP_TESTS_SUPPORT_SWTPM_H
#define PP_TESTS_SUPPORT_SWTPM_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/encode.h"
#include "crypto/bulk.h"
#include "crypto/key.h"
#include "support/test_folder.h"

#define TEST_SWTPM_LOOKS 3000 /* of a hundredth of a second, until it listens */

struct test_swtpm {
    pid_t pid; /* 0: it does not run */
    char folder[TEST_FOLDER_SIZE];
    char tcti[64];
    char policy_key[64]; /* PEM file of who signs its PCR policies */
    char signatures[64]; /* .pcrsig file of the policies that are signed */
    struct crypto_key *signer;
};

static inline bool test_swtpm_listens(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    pp_autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
}

static inline void test_swtpm_begin(struct test_swtpm *swtpm) {
    char state[64], server[96], control[96], paths[2][80];
    snprintf(state, sizeof state, "dir=%s", swtpm->folder);
    snprintf(server, sizeof server, "type=unixio,path=%s/tpm", swtpm->folder);
    snprintf(control, sizeof control, "type=unixio,path=%s/tpm.ctrl", swtpm->folder);
    snprintf(paths[0], sizeof paths[0], "%s/tpm.ctrl", swtpm->folder);
    snprintf(paths[1], sizeof paths[1], "%s/tpm", swtpm->folder);
    unlink(paths[0]);
    unlink(paths[1]);
    swtpm->pid = fork();
    assert_true(swtpm->pid >= 0);
    if (swtpm->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that dies leaves none behind, nor its output open */
        execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state, "--server", server, "--ctrl",
               control, "--flags", "not-need-init,startup-clear", NULL);
        _exit(127);
    }
    for (int path = 0; path < 2; path++) {
        bool listens = false;
        for (int i = 0; i < TEST_SWTPM_LOOKS && !(listens = test_swtpm_listens(paths[path])); i++)
            usleep(10000);
        assert_true(listens);
    }
}

/* As if power was cut. What it keeps stays. */
static inline void test_swtpm_kill(struct test_swtpm *swtpm) {
    if (swtpm->pid)
        kill(swtpm->pid, SIGKILL);
    if (swtpm->pid)
        waitpid(swtpm->pid, NULL, 0);
    swtpm->pid = 0;
}

static inline void test_swtpm_write(const char *path, const void *data, size_t size) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static inline void test_swtpm_start(struct test_swtpm *swtpm) {
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(1024);
    setenv("TSS2_LOG", "all+NONE", 0);
    *swtpm = (struct test_swtpm){0};
    test_folder_make(swtpm->folder);
    snprintf(swtpm->tcti, sizeof swtpm->tcti, "swtpm:path=%s/tpm", swtpm->folder);
    snprintf(swtpm->policy_key, sizeof swtpm->policy_key, "%s/policy.pem", swtpm->folder);
    snprintf(swtpm->signatures, sizeof swtpm->signatures, "%s/pcrsig.json", swtpm->folder);
    swtpm->signer = crypto_key_generate(NULL);
    assert_non_null(swtpm->signer);
    assert_true(crypto_key_public_pem(swtpm->signer, &pem, NULL));
    test_swtpm_write(swtpm->policy_key, pem.data, pem.size);
    test_swtpm_begin(swtpm);
}

static inline void test_swtpm_stop(struct test_swtpm *swtpm) {
    test_swtpm_kill(swtpm);
    crypto_key_destroy(swtpm->signer);
    test_folder_remove(swtpm->folder);
}

/* A command of tpm2-tools(1): another user of the same TPM, while ours is closed. */
static inline void test_swtpm_tool(const struct test_swtpm *swtpm, const char *command) {
    char line[512];
    snprintf(line, sizeof line, "TPM2TOOLS_TCTI=%s tpm2_%s >/dev/null", swtpm->tcti, command);
    assert_int_equal(system(line), 0);
}

/* The value of PCR 11 after the measurement of each of `measured` (NULL ends them), from zero on. */
static inline void test_pcr_value(const char *const measured[], uint8_t value[32]) {
    memset(value, 0, 32);
    for (size_t i = 0; measured[i]; i++) {
        uint8_t extended[64];
        memcpy(extended, value, 32);
        assert_true(crypto_sha256(measured[i], strlen(measured[i]), extended + 32, NULL));
        assert_true(crypto_sha256(extended, sizeof extended, value, NULL));
    }
}

/* Measures into PCR 11. */
static inline void test_swtpm_measure(const struct test_swtpm *swtpm, const char *what) {
    uint8_t digest[32];
    char hex[PP_HEX_SIZE(32)], command[128];
    assert_true(crypto_sha256(what, strlen(what), digest, NULL));
    pp_hex_encode(digest, sizeof digest, hex);
    snprintf(command, sizeof command, "pcrextend 11:sha256=%s", hex);
    test_swtpm_tool(swtpm, command);
}

/* What TPM2_PolicyPCR makes of these values (TPM 2.0 part 3 §23.7), reckoned without a TPM. */
static inline void test_policy_digest(const uint8_t value[32], uint8_t digest[32]) {
    static const uint8_t command[] = {0, 0, 0x01, 0x7f};                              /* TPM_CC_PolicyPCR */
    static const uint8_t selection[] = {0, 0, 0, 1, 0x00, 0x0b, 3, 0x00, 0x08, 0x00}; /* SHA-256: PCR 11 */
    uint8_t whole[32 + sizeof command + sizeof selection + 32] = {0};
    memcpy(whole + 32, command, sizeof command);
    memcpy(whole + 32 + sizeof command, selection, sizeof selection);
    assert_true(crypto_sha256(value, 32, whole + sizeof whole - 32, NULL));
    assert_true(crypto_sha256(whole, sizeof whole, digest, NULL));
}

/* Writes the .pcrsig file of one policy: `signer` allows PCR 11 to be what these measurements make it, and says that
 * it was `named` who signed. */
static inline void test_swtpm_authorize_as(struct test_swtpm *swtpm, const char *const measured[],
                                           struct crypto_key *signer, struct crypto_key *named) {
    uint8_t value[32], policy[32], fingerprint[32];
    char policy_hex[PP_HEX_SIZE(32)], signer_hex[PP_HEX_SIZE(32)],
        signature[PP_BASE64_SIZE(CRYPTO_SIGNATURE_MAX)];
    char json[1024];
    uint8_t point[CRYPTO_POINT_SIZE];
    pp_autobuf struct pp_buf der = PP_BUF_INIT(CRYPTO_SIGNATURE_MAX);
    test_pcr_value(measured, value);
    test_policy_digest(value, policy);
    assert_true(crypto_key_public_point(named, point, NULL));
    assert_true(crypto_sha256(point, sizeof point, fingerprint, NULL));
    assert_true(crypto_key_sign(signer, policy, sizeof policy, &der, NULL));
    pp_hex_encode(policy, sizeof policy, policy_hex);
    pp_hex_encode(fingerprint, sizeof fingerprint, signer_hex);
    pp_base64_encode(der.data, der.size, signature);
    int size = snprintf(json, sizeof json,
                        "{\"sha256\":[{\"pcrs\":[11],\"pkfp\":\"%s\",\"pol\":\"%s\",\"sig\":\"%s\"}]}",
                        signer_hex, policy_hex, signature);
    test_swtpm_write(swtpm->signatures, json, (size_t)size);
}

static inline void test_swtpm_authorize(struct test_swtpm *swtpm, const char *const measured[]) {
    test_swtpm_authorize_as(swtpm, measured, swtpm->signer, swtpm->signer);
}

#define TEST_MEASURED(...) ((const char *const[]){__VA_ARGS__, NULL})

#endif
