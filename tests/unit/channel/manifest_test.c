/* What a manifest says arrives; what breaks it is refused with the place named. */
#include "sample.h"

static const struct channel_playlist *playlist_named(const struct channel_manifest *manifest,
                                                     const char *name) {
    for (size_t i = 0; i < manifest->playlist_count; i++) {
        if (strcmp(manifest->playlists[i].name, name) == 0)
            return &manifest->playlists[i];
    }
    fail_msg("no playlist %s", name);
    return NULL;
}

static void manifest_is_read_whole(void **state) {
    (void)state;
    PP_AUTO(channel_manifest) struct channel_manifest *m = sample_manifest(sample_json());
    assert_string_equal(m->channel, "lobby");
    assert_string_equal(m->title, "Lobby");
    assert_int_equal(m->version, 7);
    assert_int_equal(m->width, 1920);
    assert_int_equal(m->height, 1080);
    assert_int_equal(m->background, 0x101418);
    assert_int_equal(m->object_count, 2);
    assert_int_equal(m->layout_count, 2);
    assert_string_equal(m->default_layout->name, "day");
    assert_int_equal(m->event_count, 1);
    assert_string_equal(m->schedule[0].layout->name, "night");
    assert_int_equal(m->schedule[0].rule.freq, RULE_WEEKLY);
    assert_int_equal(m->schedule[0].duration.ms, 36000000);
    assert_int_equal(m->schedule[0].priority, 10);
}

static void objects_have_hash_length_and_key(void **state) {
    (void)state;
    PP_AUTO(channel_manifest) struct channel_manifest *m = sample_manifest(sample_json());
    for (unsigned i = 0; i < 32; i++) {
        assert_int_equal(m->objects[0].sha256[i], i);
        assert_int_equal(m->objects[0].key[i], i);
        assert_int_equal(m->objects[1].key[i], 0xff);
    }
    assert_int_equal(m->objects[0].length, 183422);
    assert_string_equal(m->objects[0].media_type, "image/jpeg");
    assert_int_equal(m->objects[1].sha256[0], 0xff);
    assert_string_equal(m->objects[1].media_type, "");
}

static void items_have_their_settings_and_defaults(void **state) {
    (void)state;
    PP_AUTO(channel_manifest) struct channel_manifest *m = sample_manifest(sample_json());
    const struct channel_playlist *welcome = playlist_named(m, "welcome");
    assert_true(welcome->wall_clock);
    assert_int_equal(welcome->item_count, 3);
    const struct channel_item *first = &welcome->items[0];
    assert_string_equal(first->id, "a1");
    assert_int_equal(first->kind, CHANNEL_IMAGE);
    assert_ptr_equal(first->object, &m->objects[0]);
    assert_int_equal(first->duration_ms, 10000);
    assert_int_equal(first->fit, CHANNEL_COVER);
    assert_int_equal(first->transition, CHANNEL_CROSSFADE);
    assert_int_equal(first->transition_ms, 600);
    assert_true(first->volume >= 1.0);
    assert_true(welcome->items[1].volume > 0.49 && welcome->items[1].volume < 0.51);
    const struct channel_item *last = &welcome->items[2];
    assert_string_equal(last->id, "a4");
    assert_int_equal(last->duration_ms, 10000);
    assert_int_equal(last->fit, CHANNEL_CONTAIN);
    assert_int_equal(last->transition, CHANNEL_CUT);
    assert_int_equal(welcome->total_ms, 40000);
    const struct channel_playlist *ticker = playlist_named(m, "ticker");
    assert_false(ticker->wall_clock);
    assert_int_equal(ticker->items[0].duration_ms, 0);
    assert_int_equal(ticker->total_ms, 0);
}

static void zones_come_in_the_order_of_z(void **state) {
    (void)state;
    PP_AUTO(channel_manifest) struct channel_manifest *m = sample_manifest(sample_json());
    const struct channel_layout *day = m->default_layout;
    assert_int_equal(day->zone_count, 2);
    assert_string_equal(day->zones[0].id, "main");
    assert_string_equal(day->zones[1].id, "news");
    assert_int_equal(day->zones[1].y, 980);
    assert_int_equal(day->zones[1].height, 100);
    assert_string_equal(day->zones[1].playlist->name, "ticker");
}

static void unknown_kinds_are_left_out_and_listed(void **state) {
    (void)state;
    PP_AUTO(channel_manifest) struct channel_manifest *m = sample_manifest(sample_json());
    assert_int_equal(m->skipped_count, 1);
    assert_int_equal(m->skipped_total, 1);
    assert_string_equal(m->skipped[0].path, "playlists.welcome.items[2]");
    assert_string_equal(m->skipped[0].kind, "hologram");
}

static void list_of_skipped_items_is_capped_and_counted_on(void **state) {
    (void)state;
    cJSON *json = sample_json();
    cJSON *items = sample_at(json, "playlists.ticker.items");
    for (int i = 0; i < CHANNEL_SKIPPED_MAX + 5; i++)
        cJSON_AddItemToArray(items, cJSON_Parse("{\"id\": \"x\", \"kind\": \"hologram\\u001b\"}"));
    PP_AUTO(channel_manifest) struct channel_manifest *m = sample_manifest(json);
    assert_int_equal(m->skipped_count, CHANNEL_SKIPPED_MAX);
    assert_int_equal(m->skipped_total, CHANNEL_SKIPPED_MAX + 6);
    assert_string_equal(m->skipped[1].kind, "?");
}

static void a_canvas_may_take_the_display_s_shape(void **state) {
    (void)state;
    cJSON *plain = sample_json();
    PP_AUTO(channel_manifest) struct channel_manifest *kept = sample_manifest(plain);
    assert_false(kept->fill);
    cJSON *json = sample_json();
    sample_set(json, "canvas.fit", "\"fill\"");
    PP_AUTO(channel_manifest) struct channel_manifest *filled = sample_manifest(json);
    assert_true(filled->fill);
}

static void unknown_fields_and_nulls_are_ignored(void **state) {
    (void)state;
    cJSON *json = sample_json();
    sample_set(json, "future", "{\"a\": [1, 2]}");
    sample_set(json, "playlists.welcome.items[0].future", "true");
    sample_set(json, "title", "null");
    sample_set(json, "canvas.background", "null");
    sample_set(json, "schedule", NULL);
    PP_AUTO(channel_manifest) struct channel_manifest *m = sample_manifest(json);
    assert_string_equal(m->title, "");
    assert_int_equal(m->background, 0);
    assert_int_equal(m->event_count, 0);
}

static void playlist_without_items_is_allowed(void **state) {
    (void)state;
    cJSON *json = sample_json();
    sample_set(json, "playlists.ticker.items", "[]");
    PP_AUTO(channel_manifest) struct channel_manifest *m = sample_manifest(json);
    assert_int_equal(playlist_named(m, "ticker")->item_count, 0);
}

struct broken {
    const char *path;  /* set to… */
    const char *value; /* …this JSON; NULL removes it */
    enum pp_code code;
    const char *message; /* begins so */
};

static const struct broken broken[] = {
    {"format", "2", PP_E_UNSUPPORTED, "format: is 2"},
    {"format", NULL, PP_E_INVALID, "format: is missing"},
    {"format", "\"1\"", PP_E_INVALID, "format: is not a number"},
    {"channel", "\"\"", PP_E_INVALID, "channel: is not a name"},
    {"channel", "\"../x\"", PP_E_INVALID, "channel: is not a name"},
    {"channel", "\".hidden\"", PP_E_INVALID, "channel: is not a name"},
    {"title", "7", PP_E_INVALID, "title: is not a string"},
    {"version", "-1", PP_E_INVALID, "version: is not between"},
    {"canvas", "[]", PP_E_INVALID, "canvas: is not an object"},
    {"canvas.width", "0", PP_E_INVALID, "canvas.width: is not between"},
    {"canvas.width", "16385", PP_E_INVALID, "canvas.width: is not between"},
    {"canvas.height", "1.5", PP_E_INVALID, "canvas.height: is not an integer"},
    {"canvas.height", "1e300", PP_E_INVALID, "canvas.height: is not between"},
    {"canvas.fit", "\"cover\"", PP_E_INVALID, "canvas.fit: "},
    {"canvas.background", "\"red\"", PP_E_INVALID, "canvas.background: is not a colour"},
    {"canvas.background", "\"#1014180\"", PP_E_INVALID, "canvas.background: is not a colour"},
    {"default_layout", "\"noon\"", PP_E_INVALID, "default_layout: there is no layout \"noon\""},
    {"default_layout", NULL, PP_E_INVALID, "default_layout: is missing"},
    {"objects", NULL, PP_E_INVALID, "objects: is missing"},
    {"objects.o1.sha256", "\"00\"", PP_E_INVALID, "objects.o1.sha256: "},
    {"objects.o1.length", "0", PP_E_INVALID, "objects.o1.length: is not between"},
    {"objects.o1.length", "1e15", PP_E_INVALID, "objects.o1.length: is not between"},
    {"objects.o1.key", "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"", PP_E_INVALID,
     "objects.o1.key: is not 32 bytes"},
    {"objects.o1.key", "\"AAEC\"", PP_E_INVALID, "objects.o1.key: is not 32 bytes"},
    {"objects.o1.key", NULL, PP_E_INVALID, "objects.o1.key: is missing"},
    {"objects.o1.media_type", "\"image jpeg\"", PP_E_INVALID, "objects.o1.media_type: is not a media type"},
    {"objects.a b", "{}", PP_E_INVALID, "objects.a b: is not a name"},
    {"playlists.welcome.align", "\"moon\"", PP_E_INVALID, "playlists.welcome.align: \"moon\""},
    {"playlists.welcome.items", "{}", PP_E_INVALID, "playlists.welcome.items: is not an array"},
    {"playlists.welcome.items[1]", "3", PP_E_INVALID, "playlists.welcome.items[1]: is not an object"},
    {"playlists.welcome.items[1].id", "\"a1\"", PP_E_INVALID,
     "playlists.welcome.items[1].id: \"a1\" stands twice"},
    {"playlists.welcome.items[1].id", NULL, PP_E_INVALID, "playlists.welcome.items[1].id: is missing"},
    {"playlists.welcome.items[2].kind", "2", PP_E_INVALID,
     "playlists.welcome.items[2].kind: is not a string"},
    {"playlists.welcome.items[3].object", "\"o9\"", PP_E_INVALID,
     "playlists.welcome.items[3].object: there is no object \"o9\""},
    {"playlists.welcome.items[3].object", NULL, PP_E_INVALID,
     "playlists.welcome.items[3].object: is missing"},
    {"playlists.welcome.items[3].duration", "\"10s\"", PP_E_INVALID,
     "playlists.welcome.items[3].duration: \"10s\" is not a duration"},
    {"playlists.welcome.items[3].duration", "\"PT0S\"", PP_E_INVALID,
     "playlists.welcome.items[3].duration: is not between"},
    {"playlists.welcome.items[3].duration", "\"P2D\"", PP_E_INVALID,
     "playlists.welcome.items[3].duration: is not between"},
    {"playlists.welcome.items[0].fit", "\"squeeze\"", PP_E_INVALID,
     "playlists.welcome.items[0].fit: \"squeeze\""},
    {"playlists.welcome.items[1].volume", "1.1", PP_E_INVALID,
     "playlists.welcome.items[1].volume: is not between"},
    {"playlists.welcome.items[0].transition.kind", "\"wipe\"", PP_E_INVALID,
     "playlists.welcome.items[0].transition.kind: \"wipe\""},
    {"playlists.welcome.items[0].transition.duration", "\"PT11S\"", PP_E_INVALID,
     "playlists.welcome.items[0].transition.duration: is not between"},
    {"playlists.welcome.items[0].transition.duration", NULL, PP_E_INVALID,
     "playlists.welcome.items[0].transition.duration: is missing"},
    {"layouts", "{}", PP_E_INVALID, "schedule[0].layout: there is no layout"},
    {"layouts.day.zones", "[]", PP_E_INVALID, "layouts.day.zones: has no zone"},
    {"layouts.day.zones[1].playlist", "\"x\"", PP_E_INVALID,
     "layouts.day.zones[1].playlist: there is no playlist"},
    {"layouts.day.zones[1].id", "\"news\"", PP_E_INVALID, "layouts.day.zones[1].id: \"news\" stands twice"},
    {"layouts.day.zones[1].width", "-5", PP_E_INVALID, "layouts.day.zones[1].width: is not between"},
    {"layouts.day.zones[0].z", "1001", PP_E_INVALID, "layouts.day.zones[0].z: is not between"},
    {"schedule", "{}", PP_E_INVALID, "schedule: is not an array"},
    {"schedule[0].dtstart", "\"2026-02-29T08:00:00\"", PP_E_INVALID, "schedule[0].dtstart: is not a time"},
    {"schedule[0].dtstart", "\"2026-01-05T08:00:00+01:00\"", PP_E_INVALID,
     "schedule[0].dtstart: is not a time"},
    {"schedule[0].dtstart", "\"2026-0105T080000\"", PP_E_INVALID, "schedule[0].dtstart: is not a time"},
    {"schedule[0].dtend", "\"2026-01-05T09:00:00\"", PP_E_INVALID,
     "schedule[0].dtend: stands beside a duration"},
    {"schedule[0].tzid", "\"W. Europe Standard Time\"", PP_E_INVALID, "schedule[0].tzid: is not a time zone"},
    {"schedule[0].exdate", "\"2026-01-05T08:00:00\"", PP_E_INVALID, "schedule[0].exdate: is not an array"},
    {"schedule[0].exdate", "[\"2026-01-05T08:00:00Z\"]", PP_E_INVALID,
     "schedule[0].exdate[0]: must end in Z where dtstart does"},
    {"schedule[0].rdate", "[\"tomorrow\"]", PP_E_INVALID, "schedule[0].rdate[0]: is not a time"},
    {"schedule[0].dtstart", "\"2026-01-05T24:00:00\"", PP_E_INVALID, "schedule[0].dtstart: is not a time"},
    {"schedule[0].duration", "\"PT0S\"", PP_E_INVALID, "schedule[0].duration: is not between"},
    {"schedule[0].duration", "\"P367D\"", PP_E_INVALID, "schedule[0].duration: is not between"},
    {"schedule[0].rrule", "\"FREQ=SECONDLY\"", PP_E_UNSUPPORTED, "schedule[0].rrule: recurs more often"},
    {"schedule[0].rrule", "\"FREQ=SOMETIMES\"", PP_E_INVALID, "schedule[0].rrule: is not a recurrence rule"},
    {"schedule[0].rrule", "\"FREQ=DAILY;COUNT=1001\"", PP_E_LIMIT, "schedule[0].rrule: has a COUNT"},
    {"schedule[0].rrule", "\"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\"", PP_E_INVALID,
     "schedule[0].rrule: never happens"},
    {"schedule[0].rrule", "\"FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30\"", PP_E_INVALID,
     "schedule[0].rrule: never happens"},
    {"schedule[0].rrule", "\"FREQ=HOURLY;INTERVAL=7\"", PP_E_UNSUPPORTED, "schedule[0].rrule: is hourly"},
    {"schedule[0].rrule", "\"FREQ=HOURLY;BYHOUR=8,9;BYSETPOS=1\"", PP_E_UNSUPPORTED,
     "schedule[0].rrule: is hourly with a BYSETPOS"},
    {"schedule[0].rrule", "\"FREQ=HOURLY;BYDAY=1MO\"", PP_E_INVALID,
     "schedule[0].rrule: has a BYDAY with a number"},
    {"schedule[0].rrule", "\"FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO\"", PP_E_INVALID,
     "schedule[0].rrule: has a BYDAY with a number and a BYWEEKNO"},
    {"schedule[0].rrule", "\"FREQ=MONTHLY;BYWEEKNO=1\"", PP_E_INVALID, "schedule[0].rrule: has a BYWEEKNO"},
    {"schedule[0].rrule", "\"FREQ=MONTHLY;BYYEARDAY=1\"", PP_E_INVALID, "schedule[0].rrule: has a BYYEARDAY"},
    {"schedule[0].rrule", "\"FREQ=WEEKLY;BYMONTHDAY=1\"", PP_E_INVALID,
     "schedule[0].rrule: has a BYMONTHDAY"},
    {"schedule[0].rrule", "\"FREQ=DAILY;BYSETPOS=1\"", PP_E_INVALID, "schedule[0].rrule: has a BYSETPOS"},
    {"schedule[0].rrule", "\"FREQ=DAILY;COUNT=2;UNTIL=20270101\"", PP_E_INVALID,
     "schedule[0].rrule: has both a COUNT and an UNTIL"},
    {"schedule[0].rrule", "\"FREQ=DAILY;INTERVAL=0\"", PP_E_INVALID,
     "schedule[0].rrule: is not a recurrence rule (RFC 5545 §3.3.10): INTERVAL=0"},
    {"schedule[0].rrule", "\"FREQ=DAILY;BYMONTH=13\"", PP_E_INVALID,
     "schedule[0].rrule: is not a recurrence rule"},
    {"schedule[0].rrule", "\"FREQ=DAILY;BYMONTHDAY=0\"", PP_E_INVALID,
     "schedule[0].rrule: is not a recurrence rule"},
    {"schedule[0].rrule", "\"FREQ=DAILY;FREQ=DAILY\"", PP_E_INVALID,
     "schedule[0].rrule: is not a recurrence rule (RFC 5545 §3.3.10): it has two FREQ"},
    {"schedule[0].rrule", "\"FREQ=DAILY;BYDAY=-MO\"", PP_E_INVALID,
     "schedule[0].rrule: is not a recurrence rule"},
    {"schedule[0].rrule", "\"FREQ=DAILY;\"", PP_E_INVALID, "schedule[0].rrule: is not a recurrence rule"},
    {"schedule[0].rrule", "\"BYDAY=MO\"", PP_E_INVALID,
     "schedule[0].rrule: is not a recurrence rule (RFC 5545 §3.3.10): it has no FREQ"},
    {"schedule[0].rrule", "\"RSCALE=GREGORIAN;FREQ=DAILY\"", PP_E_UNSUPPORTED,
     "schedule[0].rrule: has an RSCALE"},
    {"schedule[0].rrule", "\"FREQ=HOURLY;BYMINUTE=0,5,10,15,20,25,30,35,40,45,50,55,59\"", PP_E_LIMIT,
     "schedule[0].rrule: recurs more than 288 times a day"},
    {"schedule[0].priority", "1001", PP_E_INVALID, "schedule[0].priority: is not between"},
};

static void each_breach_is_refused_with_its_place(void **state) {
    (void)state;
    for (size_t i = 0; i < PP_COUNT(broken); i++) {
        struct pp_error error = {0};
        cJSON *json = sample_json();
        sample_set(json, broken[i].path, broken[i].value);
        struct channel_manifest *manifest = sample_parse(json, &error);
        if (manifest)
            fail_msg("%s = %s was taken", broken[i].path, broken[i].value ? broken[i].value : "(removed)");
        if (strncmp(error.message, broken[i].message, strlen(broken[i].message)) != 0)
            fail_msg("\"%s\" does not begin with \"%s\"", error.message, broken[i].message);
        if (error.code != broken[i].code)
            fail_msg("%s: code %s", error.message, pp_code_name(error.code));
    }
}

static void key_is_never_part_of_a_message(void **state) {
    (void)state;
    struct pp_error error = {0};
    cJSON *json = sample_json();
    sample_set(json, "objects.o1.key", "\"SECRETSECRETSECRETSECRET\"");
    assert_null(sample_parse(json, &error));
    assert_null(strstr(error.message, "SECRET"));
}

/* ---- Caps ---- */

static void more_items_than_the_cap_are_refused(void **state) {
    (void)state;
    struct pp_error error = {0};
    cJSON *json = sample_json();
    cJSON *items = sample_at(json, "playlists.ticker.items");
    for (int i = 0; i < CHANNEL_ITEMS_MAX; i++)
        cJSON_AddItemToArray(items, cJSON_Parse("{\"id\": \"x\", \"kind\": \"none\"}"));
    assert_null(sample_parse(json, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_string_equal(error.message, "playlists.ticker.items: has more than 1024 items");
}

static void more_items_in_all_than_the_cap_are_refused(void **state) {
    (void)state;
    struct pp_error error = {0};
    cJSON *json = sample_json();
    cJSON *playlists = sample_at(json, "playlists");
    for (int i = 0; i < CHANNEL_ITEMS_TOTAL_MAX / 1000 + 1; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%d", i);
        cJSON *items = cJSON_AddArrayToObject(cJSON_AddObjectToObject(playlists, name), "items");
        for (int k = 0; k < 1000; k++)
            cJSON_AddItemToArray(items, cJSON_Parse("{\"id\": \"x\", \"kind\": \"none\"}"));
    }
    assert_null(sample_parse(json, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_non_null(strstr(error.message, "makes more than 8192 items in all"));
}

static void more_objects_than_the_cap_are_refused(void **state) {
    (void)state;
    struct pp_error error = {0};
    cJSON *json = sample_json();
    for (int i = 0; i < CHANNEL_OBJECTS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "x%d", i);
        cJSON_AddTrueToObject(sample_at(json, "objects"), name);
    }
    assert_null(sample_parse(json, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_string_equal(error.message, "objects: has more than 4096 members");
}

static void more_zones_layouts_or_events_than_the_cap_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *path;
        int count;
        const char *message;
    } rows[] = {{"layouts.day.zones", CHANNEL_ZONES_MAX, "layouts.day.zones: has more than 16 items"},
                {"schedule", CHANNEL_SCHEDULE_MAX, "schedule: has more than 512 items"}};
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pp_error error = {0};
        cJSON *json = sample_json();
        for (int k = 0; k < rows[i].count; k++)
            cJSON_AddItemToArray(sample_at(json, rows[i].path), cJSON_CreateTrue());
        assert_null(sample_parse(json, &error));
        assert_int_equal(error.code, PP_E_LIMIT);
        assert_string_equal(error.message, rows[i].message);
    }
}

static void long_texts_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *path;
        size_t max;
    } rows[] = {{"title", CHANNEL_TITLE_MAX},
                {"channel", CHANNEL_NAME_MAX},
                {"schedule[0].rrule", CHANNEL_RRULE_MAX},
                {"objects.o1.media_type", CHANNEL_MEDIA_TYPE_MAX},
                {"playlists.welcome.items[0].id", CHANNEL_NAME_MAX}};
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pp_error error = {0};
        cJSON *json = sample_json();
        char value[1024] = "\"";
        memset(value + 1, 'x', rows[i].max + 1);
        strcpy(value + rows[i].max + 2, "\"");
        sample_set(json, rows[i].path, value);
        assert_null(sample_parse(json, &error));
        assert_int_equal(error.code, PP_E_LIMIT);
        assert_memory_equal(error.message, rows[i].path, strlen(rows[i].path));
    }
}

static void document_that_is_no_object_is_refused(void **state) {
    (void)state;
    static const char *const rows[] = {"", "[]", "null", "{", "{}x", "{\"format\":1,\"format\":1}"};
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pp_error error = {0};
        assert_null(channel_manifest_parse(rows[i], strlen(rows[i]), &error));
        assert_int_equal(error.code, PP_E_INVALID);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manifest_is_read_whole),
        cmocka_unit_test(objects_have_hash_length_and_key),
        cmocka_unit_test(items_have_their_settings_and_defaults),
        cmocka_unit_test(zones_come_in_the_order_of_z),
        cmocka_unit_test(unknown_kinds_are_left_out_and_listed),
        cmocka_unit_test(list_of_skipped_items_is_capped_and_counted_on),
        cmocka_unit_test(a_canvas_may_take_the_display_s_shape),
        cmocka_unit_test(unknown_fields_and_nulls_are_ignored),
        cmocka_unit_test(playlist_without_items_is_allowed),
        cmocka_unit_test(each_breach_is_refused_with_its_place),
        cmocka_unit_test(key_is_never_part_of_a_message),
        cmocka_unit_test(more_items_than_the_cap_are_refused),
        cmocka_unit_test(more_items_in_all_than_the_cap_are_refused),
        cmocka_unit_test(more_objects_than_the_cap_are_refused),
        cmocka_unit_test(more_zones_layouts_or_events_than_the_cap_are_refused),
        cmocka_unit_test(long_texts_are_refused),
        cmocka_unit_test(document_that_is_no_object_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
