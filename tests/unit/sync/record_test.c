/* The record that says what is current comes back as it was, and nothing else is taken for one. */
#include "folder.h"

static struct sync_record sample(void) {
    struct sync_record record = {.has_rejected = true, .rejected = {9, 8, 7}};
    record.current = (struct sync_stored){
        .there = true, .channel = "lobby", .version = 7, .sha256 = {1}, .length = 2041, .key = {0xfb, 0xff}};
    record.previous = (struct sync_stored){
        .there = true, .channel = "hall", .version = 0, .sha256 = {2}, .length = 1, .key = {3}};
    return record;
}

static void assert_stored_equal(const struct sync_stored *a, const struct sync_stored *b) {
    assert_int_equal(a->there, b->there);
    assert_string_equal(a->channel, b->channel);
    assert_int_equal(a->version, b->version);
    assert_memory_equal(a->sha256, b->sha256, sizeof a->sha256);
    assert_int_equal(a->length, b->length);
    assert_memory_equal(a->key, b->key, sizeof a->key);
}

static void record_comes_back_from_the_vault(void **state) {
    (void)state;
    struct folder folder;
    struct sync_record record = sample();
    struct sync_record again;
    folder_init(&folder);
    folder_save(&folder, &record);
    assert_true(sync_record_load(folder.vault, &again, NULL));
    assert_stored_equal(&record.current, &again.current);
    assert_stored_equal(&record.previous, &again.previous);
    assert_true(again.has_rejected);
    assert_memory_equal(record.rejected, again.rejected, sizeof record.rejected);
    folder_finish(&folder);
}

static void vault_without_the_record_gives_an_empty_one(void **state) {
    (void)state;
    struct folder folder;
    struct sync_record record;
    folder_init(&folder);
    assert_true(sync_record_load(folder.vault, &record, NULL));
    assert_false(record.current.there);
    assert_false(record.previous.there);
    assert_false(record.has_rejected);
    folder_finish(&folder);
}

static void empty_record_comes_back(void **state) {
    (void)state;
    struct sync_record record = {0};
    pp_autobuf struct pp_buf text = PP_BUF_INIT(RECORD_SIZE_MAX);
    assert_true(sync_record_print(&record, &text, NULL));
    assert_string_equal(pp_buf_text(&text), "{\"format\":1}");
    assert_true(sync_record_parse(text.data, text.size, &record, NULL));
    assert_false(record.current.there);
}

static void what_is_no_record_is_refused(void **state) {
    (void)state;
#define HASH "\"sha256\":\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\""
#define KEY  "\"key\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\""
    static const char *const rows[] = {
        "",
        "[]",
        "{}",
        "{\"format\":2}",
        "{\"format\":1,\"current\":1}",
        "{\"format\":1,\"current\":{}}",
        "{\"format\":1,\"current\":{\"channel\":\"../x\",\"version\":1," HASH ",\"length\":1," KEY "}}",
        "{\"format\":1,\"current\":{\"channel\":\"x\",\"version\":-1," HASH ",\"length\":1," KEY "}}",
        "{\"format\":1,\"current\":{\"channel\":\"x\",\"version\":1," HASH ",\"length\":0," KEY "}}",
        "{\"format\":1,\"current\":{\"channel\":\"x\",\"version\":1," HASH ",\"length\":4194305," KEY "}}",
        "{\"format\":1,\"current\":{\"channel\":\"x\",\"version\":1,\"sha256\":\"00\",\"length\":1," KEY "}}",
        "{\"format\":1,\"previous\":{\"channel\":\"x\",\"version\":1," HASH ",\"length\":1,\"key\":\"AA\"}}",
        "{\"format\":1,\"rejected\":\"xyz\"}",
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pp_error error = {0};
        struct sync_record record;
        if (sync_record_parse(rows[i], strlen(rows[i]), &record, &error))
            fail_msg("%s was taken", rows[i]);
        assert_int_equal(error.code, PP_E_INVALID);
        assert_false(record.current.there);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_comes_back_from_the_vault),
        cmocka_unit_test(vault_without_the_record_gives_an_empty_one),
        cmocka_unit_test(empty_record_comes_back),
        cmocka_unit_test(what_is_no_record_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
