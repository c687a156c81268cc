#include "headend/device/proof_guard.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static struct proof proof_of(uint8_t key, const char *jti, const char *nonce) {
    struct proof proof = {.thumbprint = {key}};
    snprintf(proof.jti, sizeof proof.jti, "%s", jti);
    snprintf(proof.nonce, sizeof proof.nonce, "%s", nonce);
    return proof;
}

static enum proof_verdict take(struct proof_guard *guard, uint8_t key, const char *jti, const char *nonce,
                               int64_t now_ms) {
    struct proof proof = proof_of(key, jti, nonce);
    return proof_guard_take(guard, &proof, now_ms);
}

static void a_proof_is_taken_once(void **state) {
    (void)state;
    char nonce[SECRET_TEXT_SIZE];
    struct proof_guard *guard = proof_guard_create(NULL);
    proof_guard_nonce(guard, 1000, nonce);
    assert_int_equal(take(guard, 1, "a", nonce, 1000), PROOF_FRESH);
    assert_int_equal(take(guard, 1, "a", nonce, 1000), PROOF_SEEN);
    assert_int_equal(take(guard, 1, "b", nonce, 1000), PROOF_FRESH);
    assert_int_equal(take(guard, 2, "a", nonce, 1000), PROOF_FRESH); /* another screen's */
    assert_int_equal(take(guard, 1, "a", nonce, 1000 + PROOF_GUARD_LIFE_MS - 1), PROOF_SEEN);
    proof_guard_destroy(guard);
}

static void a_nonce_is_good_for_a_while_and_then_never_again(void **state) {
    (void)state;
    char first[SECRET_TEXT_SIZE];
    char second[SECRET_TEXT_SIZE];
    struct proof_guard *guard = proof_guard_create(NULL);
    assert_int_equal(take(guard, 1, "x", "", 0), PROOF_STALE);
    assert_int_equal(take(guard, 1, "x", "made-up", 0), PROOF_STALE);
    proof_guard_nonce(guard, 0, first);
    assert_int_equal(take(guard, 1, "a", first, 0), PROOF_FRESH);
    proof_guard_nonce(guard, PROOF_GUARD_LIFE_MS, second);
    assert_string_not_equal(first, second);
    /* the one before is still good, and still remembers */
    assert_int_equal(take(guard, 1, "a", first, PROOF_GUARD_LIFE_MS), PROOF_SEEN);
    assert_int_equal(take(guard, 1, "b", first, PROOF_GUARD_LIFE_MS), PROOF_FRESH);
    assert_int_equal(take(guard, 1, "a", second, PROOF_GUARD_LIFE_MS), PROOF_FRESH);
    assert_int_equal(take(guard, 1, "c", first, 2 * PROOF_GUARD_LIFE_MS), PROOF_STALE);
    assert_int_equal(take(guard, 1, "a", first, 2 * PROOF_GUARD_LIFE_MS), PROOF_STALE);
    /* after a long silence neither is */
    proof_guard_nonce(guard, 2 * PROOF_GUARD_LIFE_MS, second);
    assert_int_equal(take(guard, 1, "d", second, 9 * PROOF_GUARD_LIFE_MS), PROOF_STALE);
    proof_guard_destroy(guard);
}

/* However many there are: what is forgotten is refused, and not taken twice. */
static void what_is_forgotten_is_stale_and_not_fresh(void **state) {
    (void)state;
    char first[SECRET_TEXT_SIZE];
    char nonce[SECRET_TEXT_SIZE];
    char jti[32];
    unsigned fresh = 0;
    struct proof_guard *guard = proof_guard_create(NULL);
    proof_guard_nonce(guard, 0, first);
    assert_int_equal(take(guard, 7, "mine", first, 0), PROOF_FRESH);
    for (unsigned i = 0; i < 2 * PROOF_GUARD_SEEN + 10; i++) {
        snprintf(jti, sizeof jti, "%u", i);
        proof_guard_nonce(guard, 0, nonce);
        fresh += take(guard, 1, jti, nonce, 0) == PROOF_FRESH;
        assert_int_not_equal(take(guard, 7, "mine", first, 0), PROOF_FRESH);
    }
    assert_int_equal(fresh, 2 * PROOF_GUARD_SEEN + 10);
    assert_int_equal(take(guard, 7, "mine", first, 0), PROOF_STALE);
    proof_guard_destroy(guard);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proof_is_taken_once),
        cmocka_unit_test(a_nonce_is_good_for_a_while_and_then_never_again),
        cmocka_unit_test(what_is_forgotten_is_stale_and_not_fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
