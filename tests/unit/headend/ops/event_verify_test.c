#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../headend_home.h"
#include "crypto/jwk.h"
#include "events/head.h"
#include "headend/db/sql.h"
#include "headend/ops/event_chain.h"
#include "headend/ops/event_heads.h"
#include "headend/ops/event_verify.h"
#include "jose/jws.h"

#define SCREEN "00000000-0000-4000-8000-000000000001"

struct world {
    struct home *home;
    struct crypto_key *key;
    uint8_t point[CRYPTO_POINT_SIZE];
    struct event_head head; /* of the newest event that was made */
    char faults[4096];      /* a line each */
};

static void run(struct world *world, const char *sql) {
    struct pp_error error = {0};
    if (!db_run_sql(world->home->db, &error, sql, ""))
        fail_msg("%s: %s", sql, error.message);
}

static struct crypto_key *make_key(uint8_t point[CRYPTO_POINT_SIZE]) {
    struct crypto_key *key = crypto_key_generate(NULL);
    assert_non_null(key);
    assert_true(crypto_key_public_point(key, point, NULL));
    return key;
}

static void begin(struct world *world, void **state) {
    uint8_t thumbprint[JWK_THUMBPRINT_SIZE];
    *world = (struct world){.home = *state};
    world->key = make_key(world->point);
    assert_true(jwk_thumbprint(world->point, thumbprint, NULL));
    assert_true(db_run_sql(
        world->home->db, NULL,
        "INSERT INTO device(id, thumbprint, name, site, time_zone, locale, status, created, approved_by)"
        " VALUES(?, ?, 'Door', '', 'UTC', 'en', 'active', 0, 'test')",
        "sb", SCREEN, (const void *)thumbprint, sizeof thumbprint));
    assert_true(event_head_begin(&world->head, NULL));
}

static void finish(struct world *world) {
    crypto_key_destroy(world->key);
}

static void store(struct world *world, const cJSON *event) {
    pp_autojsontext char *text = cJSON_PrintUnformatted(event);
    assert_true(db_run_sql(
        world->home->db, NULL,
        "INSERT INTO report(id, device, list, kind, item, received) VALUES(lower(hex(randomblob(16))),"
        " ?, 'events', 'switched', ?, 0)",
        "ss", SCREEN, text));
}

/* The next events of the chain, as if they had come. */
static void send(struct world *world, int count) {
    db_autochange struct db_change change = {0};
    assert_true(db_change_begin(&change, world->home->db, NULL));
    for (int i = 0; i < count; i++) {
        struct event_place place;
        pp_autojson cJSON *event = cJSON_CreateObject();
        assert_true(event_link(event, &world->head, NULL));
        assert_true(event_place_read(event, &place, NULL));
        store(world, event);
        assert_true(db_run_sql(world->home->db, NULL,
                               "INSERT INTO event_link(device, chain, seq, prev, hash) VALUES(?, ?, ?, ?, ?)",
                               "ssibb", SCREEN, place.chain, place.seq, (const void *)place.prev,
                               sizeof place.prev, (const void *)place.hash, sizeof place.hash));
    }
    assert_true(db_change_commit(&change, NULL));
}

static void sign(const struct crypto_key *key, const struct event_head *head, int64_t now_s,
                 struct pp_buf *token) {
    uint8_t point[CRYPTO_POINT_SIZE];
    char kid[JWK_THUMBPRINT_TEXT_SIZE];
    pp_autobuf struct pp_buf payload = PP_BUF_INIT(EVENT_HEAD_PAYLOAD_MAX);
    assert_true(crypto_key_public_point(key, point, NULL) && jwk_thumbprint_text(point, kid, NULL));
    const struct jws_signer signer = {.key = key, .kid = kid, .typ = EVENT_HEAD_TYP};
    assert_true(event_head_write_payload(head, now_s, &payload, NULL) &&
                jws_sign(&signer, payload.data, payload.size, token, NULL));
}

typedef bool receive(struct db *db, const struct event_sender *sender, const char *token,
                     struct pp_error *error);

static void vouch_by(struct world *world, receive *as, const struct crypto_key *key,
                     const struct event_head *head, int64_t now_s) {
    uint8_t point[CRYPTO_POINT_SIZE];
    struct pp_error error = {0};
    pp_autobuf struct pp_buf token = PP_BUF_INIT(EVENT_HEAD_TOKEN_MAX);
    const struct event_sender sender = {.device = SCREEN, .point = point};
    assert_true(crypto_key_public_point(key, point, NULL));
    sign(key, head, now_s, &token);
    if (!as(world->home->db, &sender, pp_buf_text(&token), &error))
        fail_msg("%s", error.message);
}

static void vouch(struct world *world, const struct event_head *head, int64_t now_s) {
    vouch_by(world, event_head_take, world->key, head, now_s);
}

static void report(struct world *world, const struct event_head *head, int64_t now_s) {
    vouch_by(world, event_head_compare, world->key, head, now_s);
}

static void note(void *arg, const char *fault) {
    struct world *world = arg;
    size_t used = strlen(world->faults);
    snprintf(world->faults + used, sizeof world->faults - used, "%s\n", fault);
}

static int64_t faults(struct world *world) {
    struct device device;
    struct pp_error error = {0};
    struct event_verification found = {.tell = note, .arg = world};
    world->faults[0] = 0;
    assert_true(device_find(world->home->db, SCREEN, &device, NULL));
    if (!event_verify(world->home->db, &device, &found, &error))
        fail_msg("%s", error.message);
    return found.faults;
}

static void expect_whole(struct world *world) {
    if (faults(world))
        fail_msg("%s", world->faults);
}

/* One fault, with these words. */
static void expect(struct world *world, const char *words) {
    int64_t number = faults(world);
    if (number != 1 || !strstr(world->faults, words))
        fail_msg("not \"%s\" but: %s", words, world->faults);
}

static int64_t findings(struct world *world) {
    db_autorow struct db_row *row = db_query_sql(
        world->home->db, NULL, "SELECT count(*) FROM event_finding WHERE finding = 'rollback'", "");
    assert_true(row && db_next(row, "finding", NULL));
    return db_int(row, 0);
}

/* ---- Events without a place ---- */

static void an_event_without_a_place_among_those_with_one_is_told(void **state) {
    struct world world;
    begin(&world, state);
    pp_autojson cJSON *bare = cJSON_CreateObject();
    store(&world, bare); /* of a version that had no chains */
    expect_whole(&world);
    send(&world, 2);
    vouch(&world, &world.head, 100);
    expect_whole(&world);
    store(&world, bare);
    expect(&world, "events: 1 without a place in a chain came after those with one");
    run(&world, "DELETE FROM report WHERE rowid = (SELECT max(rowid) FROM report)");
    cJSON_AddStringToObject(bare, "chain", world.head.chain); /* and no number */
    store(&world, bare);
    expect(&world, "events: 1 stand in no chain");
    finish(&world);
}

static void one_that_came_so_is_told_as_it_was_found(void **state) {
    struct world world;
    bool keep;
    begin(&world, state);
    send(&world, 1);
    vouch(&world, &world.head, 100);
    pp_autojson cJSON *bare = cJSON_CreateObject();
    assert_true(event_chain_take(world.home->db, SCREEN, bare, &keep, NULL));
    expect(&world, "events: found as it came: An event without a place in the screen's chain");
    finish(&world);
}

/* ---- Whose signatures ---- */

static void heads_by_a_key_without_a_certificate_are_told(void **state) {
    struct world world;
    uint8_t point[CRYPTO_POINT_SIZE];
    begin(&world, state);
    PP_AUTO(crypto_key) struct crypto_key *other = make_key(point);
    send(&world, 2);
    vouch(&world, &world.head, 100);
    send(&world, 2);
    vouch_by(&world, event_head_take, other, &world.head, 200);
    expect(&world, "which no certificate of this screen's is for");
    run(&world, "DELETE FROM event_head WHERE seq = 2"); /* all that is left is by that key */
    expect(&world, "which no certificate of this screen's is for");
    uint8_t thumbprint[JWK_THUMBPRINT_SIZE];
    assert_true(jwk_thumbprint(point, thumbprint, NULL));
    assert_true(db_run_sql(world.home->db, NULL,
                           "INSERT INTO certificate(serial, device, thumbprint, issued, expires, revoked)"
                           " VALUES(randomblob(16), ?, ?, 0, 1, 1)",
                           "sb", SCREEN, (const void *)thumbprint, sizeof thumbprint));
    expect_whole(&world);
    finish(&world);
}

static void a_key_whose_certificate_was_forgotten_since_is_no_fault(void **state) {
    struct world world;
    uint8_t point[CRYPTO_POINT_SIZE];
    begin(&world, state);
    PP_AUTO(crypto_key) struct crypto_key *former = make_key(point);
    send(&world, 2); /* a whole chain of that time … */
    vouch_by(&world, event_head_take, former, &world.head, 100);
    assert_true(event_head_begin(&world.head, NULL));
    send(&world, 2); /* … and one over which the key was renewed */
    vouch_by(&world, event_head_take, former, &world.head, 200);
    send(&world, 2);
    vouch(&world, &world.head, 300);
    expect_whole(&world);
    finish(&world);
}

/* ---- Where the oldest have gone by themselves ---- */

/* The events that are more than are kept go, and with them their places. */
static void trim(struct world *world) {
    run(world, "DELETE FROM report WHERE rowid IN (SELECT rowid FROM report ORDER BY rowid DESC LIMIT "
               "9223372036854775807 OFFSET "
               "20000)");
    assert_true(event_chain_trim(world->home->db, SCREEN, NULL));
}

static void of_a_full_database_only_the_oldest_may_lack(void **state) {
    struct world world;
    begin(&world, state);
    send(&world, 50);
    vouch(&world, &world.head, 50); /* its event goes */
    send(&world, EVENT_LINKS_MAX);
    vouch(&world, &world.head, 100);
    assert_true(event_head_begin(&world.head, NULL));
    send(&world, 5);
    vouch(&world, &world.head, 200);
    trim(&world);
    run(&world,
        "DELETE FROM report WHERE rowid < 60"); /* some more, as where others without a place are kept */
    expect_whole(&world);
    pp_autojson cJSON *event = cJSON_CreateObject();
    struct event_head other;
    assert_true(event_head_begin(&other, NULL) && event_link(event, &other, NULL));
    run(&world, "DELETE FROM report WHERE rowid = 70");
    run(&world, "DELETE FROM event_link WHERE number = (SELECT max(number) - 4 FROM event_link)");
    run(&world, "DELETE FROM report WHERE rowid = (SELECT max(rowid) - 4 FROM report)");
    run(&world, "DELETE FROM event_link WHERE number = (SELECT max(number) FROM event_link)");
    run(&world, "DELETE FROM report WHERE rowid = (SELECT max(rowid) FROM report)");
    store(&world, event);
    send(&world, 1);
    vouch(&world, &world.head, 300);
    for (int i = 0; i < 2; i++) { /* full again */
        assert_true(event_head_begin(&world.head, NULL));
        send(&world, 1);
        vouch(&world, &world.head, 400 + i);
    }
    const char *const words[] = {"event 70 was taken out", "1 event is missing (1 to 1)",
                                 "1 event is missing (5 to 5)", "events: 1 stand in no chain",
                                 "events: 1 that the screen has signed for are gone"};
    assert_int_equal(faults(&world), PP_COUNT(words));
    for (size_t i = 0; i < PP_COUNT(words); i++) {
        if (!strstr(world.faults, words[i]))
            fail_msg("not \"%s\" but: %s", words[i], world.faults);
    }
    finish(&world);
}

/* ---- Chains that nothing vouches for ---- */

static void a_chain_without_any_head_has_words_of_its_own(void **state) {
    struct world world;
    begin(&world, state);
    send(&world, 3);
    expect(&world, "no signed head vouches for any of it (events 1 to 3): ");
    struct event_head head = world.head;
    send(&world, 2);
    vouch(&world, &head, 100);
    expect(&world, "no signed head vouches for events 4 to 5: ");
    finish(&world);
}

/* ---- Heads that come again, or late ---- */

static void an_older_head_that_is_sent_again_is_no_rollback(void **state) {
    struct world world;
    begin(&world, state);
    send(&world, 2);
    struct event_head older = world.head;
    vouch(&world, &older, 100);
    send(&world, 3);
    vouch(&world, &world.head, 200);
    report(&world, &older, 100); /* by whoever kept it … */
    report(&world, &older, 200); /* … or a status that was overtaken */
    vouch(&world, &older, 100);
    report(&world, &world.head, 250);
    assert_int_equal(findings(&world), 0);
    expect_whole(&world);
    report(&world, &older, 201); /* signed now */
    assert_int_equal(findings(&world), 1);
    finish(&world);
}

static void the_time_of_another_key_s_heads_does_not_count(void **state) {
    struct world world;
    uint8_t point[CRYPTO_POINT_SIZE];
    begin(&world, state);
    PP_AUTO(crypto_key) struct crypto_key *renewed = make_key(point);
    send(&world, 2);
    struct event_head older = world.head;
    send(&world, 3);
    vouch(&world, &world.head, 200);
    vouch_by(&world, event_head_compare, renewed, &older, 150);
    assert_int_equal(findings(&world), 1);
    finish(&world);
}

static void another_event_at_its_place_is_a_rollback_where_it_was_signed_later(void **state) {
    struct world world;
    begin(&world, state);
    send(&world, 3);
    vouch(&world, &world.head, 200);
    struct event_head other = world.head;
    memset(other.hash, 7, sizeof other.hash);
    vouch(&world, &other, 200);
    assert_int_equal(findings(&world), 0);
    vouch(&world, &other, 201);
    assert_int_equal(findings(&world), 1);
    finish(&world);
}

/* A head for events of the same second is kept, whatever the clock says: they are here. */
static void a_head_for_what_is_here_is_kept_at_any_time(void **state) {
    struct world world;
    begin(&world, state);
    send(&world, 3);
    vouch(&world, &world.head, 200);
    send(&world, 1);
    vouch(&world, &world.head, 200);
    expect_whole(&world);
    send(&world, 1);
    vouch(&world, &world.head, 100);
    expect_whole(&world);
    finish(&world);
}

#define test(name) cmocka_unit_test_setup_teardown(name, test_home_setup, test_home_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        test(an_event_without_a_place_among_those_with_one_is_told),
        test(one_that_came_so_is_told_as_it_was_found),
        test(heads_by_a_key_without_a_certificate_are_told),
        test(a_key_whose_certificate_was_forgotten_since_is_no_fault),
        test(of_a_full_database_only_the_oldest_may_lack),
        test(a_chain_without_any_head_has_words_of_its_own),
        test(an_older_head_that_is_sent_again_is_no_rollback),
        test(the_time_of_another_key_s_heads_does_not_count),
        test(another_event_at_its_place_is_a_rollback_where_it_was_signed_later),
        test(a_head_for_what_is_here_is_kept_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
