/* Who follows a document of the repository, and what they are told. Real worker, real TLS, no channel. */
#include "served.h"

#include "base/file.h"
#include "sync/sync.h"

#define WAIT_MS 60000 /* for a result, generous */

/* What a follower was told. */
struct follower {
    char text[64];
    unsigned takes, misses;
    enum pp_code code;
};

struct world {
    struct served served;
    struct sync *sync;
};

static int64_t metadata_time(void *arg) {
    const struct sim *sim = arg;
    return sim->now * 1000;
}

static int64_t real_time(void *arg) {
    (void)arg;
    return pp_clock_realtime_ms();
}

static void begin(struct world *world, void **state) {
    struct pp_error error = {0};
    char root[PP_PATH_MAX];
    char base[64];
    *world = (struct world){0};
    served_init(&world->served, *state);
    served_add(&world->served, "keys/one.json", "one");
    served_add(&world->served, "keys/two.json", "two");
    served_publish(&world->served, "targets snapshot timestamp");
    snprintf(root, sizeof root, "%s/root.json", world->served.folder.dir);
    test_server_url(*state, "good", base);
    struct sync_config config = {
        .state_dir = world->served.folder.dir,
        .vault = world->served.folder.vault,
        .store = world->served.folder.store,
        .base_url = base,
        .repo_path = world->served.path,
        .ca_file = test_server_path(*state, "authority"),
        .root_file = root,
        .clocks = {.time = {.now_ms = metadata_time, .arg = world->served.sim},
                   .other = {.now_ms = real_time}},
        .look_pause_ms = -1,
        .scrub_pause_ms = -1,
    };
    world->sync = sync_create(&config, &error);
    assert_string_equal(error.message, "");
    assert_non_null(world->sync);
}

static void end(struct world *world) {
    sync_destroy(world->sync);
    served_finish(&world->served);
}

static void on_text(void *arg, const char *text) {
    struct follower *follower = arg;
    snprintf(follower->text, sizeof follower->text, "%s", text);
    follower->takes++;
}

static void on_none(void *arg, const struct pp_error *error) {
    struct follower *follower = arg;
    follower->code = error->code;
    follower->misses++;
}

static struct sync_document row(const char *path, struct follower *follower) {
    *follower = (struct follower){0};
    return (struct sync_document){
        .path = path, .bytes_max = 16, .take = on_text, .miss = on_none, .arg = follower};
}

static void follow(struct world *world, const struct sync_document *document) {
    struct pp_error error = {0};
    bool ok = sync_add_document(world->sync, document, &error);
    assert_string_equal(error.message, "");
    assert_true(ok);
}

/* As the agent does with what sync tells. */
static void take_one_result(struct world *world) {
    struct pollfd wait = {.fd = sync_result_fd(world->sync), .events = POLLIN};
    struct sync_result result;
    assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
    if (!sync_take_result(world->sync, &result))
        return;
    if (result.kind == SYNC_DOCUMENT)
        result.document->take(result.document->arg, result.text);
    else if (result.kind == SYNC_NO_DOCUMENT)
        result.document->miss(result.document->arg, &result.error);
    else
        fail_msg("a result of kind %d: %s", (int)result.kind, result.error.message);
    sync_result_finish(&result);
}

static void wait_for_takes(struct world *world, const struct follower *follower, unsigned takes) {
    while (follower->takes < takes)
        take_one_result(world);
    assert_int_equal(follower->takes, takes);
}

static void wait_for_miss(struct world *world, const struct follower *follower) {
    while (!follower->misses)
        take_one_result(world);
}

static void each_follower_gets_its_document(void **state) {
    struct world world;
    struct follower one;
    struct follower two;
    begin(&world, state);
    const struct sync_document first = row("keys/one.json", &one);
    const struct sync_document second = row("keys/two.json", &two);
    follow(&world, &first);
    follow(&world, &second);
    sync_request_document(world.sync, "keys/one.json");
    wait_for_takes(&world, &two, 1);
    assert_int_equal(one.takes, 1);
    assert_string_equal(one.text, "one");
    assert_string_equal(two.text, "two");
    assert_int_equal(one.misses + two.misses, 0);
    end(&world);
}

static void document_is_told_again_only_where_it_changed(void **state) {
    struct world world;
    struct follower one;
    struct follower two;
    begin(&world, state);
    const struct sync_document first = row("keys/one.json", &one);
    const struct sync_document second = row("keys/two.json", &two);
    follow(&world, &first);
    follow(&world, &second);
    sync_request_document(world.sync, "keys/one.json");
    wait_for_takes(&world, &two, 1);
    served_add(&world.served, "keys/two.json", "changed");
    served_publish(&world.served, "targets snapshot timestamp");
    sync_request_document(world.sync, "keys/one.json");
    wait_for_takes(&world, &two, 2);
    assert_string_equal(two.text, "changed");
    assert_int_equal(one.takes, 1);
    end(&world);
}

static void follower_may_come_later(void **state) {
    struct world world;
    struct follower one;
    struct follower two;
    begin(&world, state);
    const struct sync_document first = row("keys/one.json", &one);
    const struct sync_document second = row("keys/two.json", &two);
    follow(&world, &first);
    sync_request_document(world.sync, "keys/one.json");
    wait_for_takes(&world, &one, 1);
    follow(&world, &second);
    sync_request_document(world.sync, "keys/two.json");
    wait_for_takes(&world, &two, 1);
    assert_int_equal(one.takes, 1);
    end(&world);
}

/* And who lives on the other one does not notice. */
static void document_over_its_cap_is_not_taken(void **state) {
    struct world world;
    struct follower one;
    struct follower two;
    begin(&world, state);
    struct sync_document first = row("keys/one.json", &one);
    const struct sync_document second = row("keys/two.json", &two);
    first.bytes_max = 2;
    follow(&world, &first);
    follow(&world, &second);
    sync_request_document(world.sync, "keys/one.json");
    wait_for_miss(&world, &one);
    assert_int_equal(one.code, PP_E_LIMIT);
    assert_int_equal(one.takes, 0);
    assert_string_equal(two.text, "two");
    end(&world);
}

static void document_that_does_not_match_is_missed_until_the_right_one_comes(void **state) {
    struct world world;
    struct follower one;
    begin(&world, state);
    const struct sync_document first = row("keys/one.json", &one);
    served_answer_target(&world.served, "keys/one.json", "one", "{\"body\":\"two\"}");
    follow(&world, &first);
    sync_request_document(world.sync, "keys/one.json");
    wait_for_miss(&world, &one);
    assert_int_equal(one.code, PP_E_AUTH);
    assert_int_equal(one.takes, 0);
    served_publish(&world.served, "");
    wait_for_takes(&world, &one, 1); /* asked for again, by itself */
    assert_string_equal(one.text, "one");
    end(&world);
}

static void asked_for_document_that_no_metadata_names_is_missed_unless_it_is_optional(void **state) {
    struct world world;
    struct follower absent;
    struct follower optional;
    begin(&world, state);
    struct sync_document second = row("keys/optional.json", &optional);
    const struct sync_document first = row("keys/absent.json", &absent);
    second.optional = true;
    follow(&world, &second);
    follow(&world, &first);
    sync_request_document(world.sync, "keys/optional.json");
    sync_request_document(world.sync, "keys/absent.json");
    wait_for_miss(&world, &absent);
    assert_int_equal(absent.code, PP_E_NOTFOUND);
    served_add(&world.served, "keys/absent.json", "here");
    served_publish(&world.served, "targets snapshot timestamp");
    wait_for_takes(&world, &absent, 1);
    assert_int_equal(optional.misses + optional.takes, 0);
    end(&world);
}

static void document_has_one_follower_and_there_are_so_many(void **state) {
    struct world world;
    struct follower one;
    struct pp_error error = {0};
    char paths[SYNC_DOCUMENTS_MAX + 1][32];
    begin(&world, state);
    for (int i = 0; i < SYNC_DOCUMENTS_MAX; i++) {
        snprintf(paths[i], sizeof paths[i], "keys/%d.json", i);
        const struct sync_document document = row(paths[i], &one);
        follow(&world, &document);
        assert_false(sync_add_document(world.sync, &document, &error));
        assert_int_equal(error.code, PP_E_STATE);
    }
    const struct sync_document more = row("keys/one.json", &one);
    assert_false(sync_add_document(world.sync, &more, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    end(&world);
}

static void request_for_what_nobody_follows_asks_nothing(void **state) {
    struct world world;
    struct follower two;
    begin(&world, state);
    (void)served_requests(&world.served);
    sync_request_document(world.sync, "keys/one.json");
    const struct sync_document second = row("keys/two.json", &two);
    follow(&world, &second);
    sync_request_document(world.sync, "keys/two.json");
    wait_for_takes(&world, &two, 1);
    assert_int_equal(served_requests(&world.served), 5); /* the next root, three of metadata, the target */
    end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_follower_gets_its_document),
        cmocka_unit_test(document_is_told_again_only_where_it_changed),
        cmocka_unit_test(follower_may_come_later),
        cmocka_unit_test(document_over_its_cap_is_not_taken),
        cmocka_unit_test(document_that_does_not_match_is_missed_until_the_right_one_comes),
        cmocka_unit_test(asked_for_document_that_no_metadata_names_is_missed_unless_it_is_optional),
        cmocka_unit_test(document_has_one_follower_and_there_are_so_many),
        cmocka_unit_test(request_for_what_nobody_follows_asks_nothing),
    };
    return cmocka_run_group_tests(tests, served_start, served_stop);
}
