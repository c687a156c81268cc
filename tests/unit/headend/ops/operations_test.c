/* headend/ops/operations: who may do what, and that it is written down. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "../headend_home.h"
#include "headend/db/sql.h"
#include "headend/ops/audit.h"
#include "headend/ops/channel.h"
#include "headend/ops/content.h"
#include "headend/ops/operations.h"
#include "headend/ops/users.h"

static void screen_add(struct home *home, const char *site, const char *channel, char id[UUID_TEXT_SIZE]) {
    assert_true(uuid_make(id, NULL));
    assert_true(
        db_run_sql(home->db, NULL,
                   "INSERT INTO device(id, thumbprint, name, site, channel, time_zone, locale, status,"
                   " created, approved_by) VALUES(?, randomblob(32), 'Hall', ?, ?, 'UTC', 'en', 'active',"
                   " 0, 'test')",
                   "sss", id, site, channel));
}

static void channels_make(struct home *home) {
    bool made;
    assert_true(channel_make(home->db, "lobby", "Lobby", &made, NULL));
    assert_true(channel_make(home->db, "bar", "Bar", &made, NULL));
}

static struct actor person(const char *grant) {
    struct actor actor = {.kind = ACTOR_PERSON, .name = "ann", .user = 7};
    if (grant)
        assert_true(grant_read(grant, &actor.grants[actor.grants_count++], NULL));
    return actor;
}

static cJSON *request_of(const char *screen) {
    cJSON *request = cJSON_CreateObject();
    cJSON_AddStringToObject(request, "screen", screen);
    return request;
}

/* Takes the request; the field that a failure is about goes to `field`. */
static enum pp_code run_for(struct home *home, const struct actor *actor, const char *operation,
                            cJSON *request, char field[OP_NAME_MAX + 1]) {
    const struct op_place at = {.home = home, .db = home->db};
    op_result_auto struct op_result result = {0};
    struct pp_error error = {0};
    bool ok = ops_run(&at, actor, operation, request, &result, &error);
    assert_int_equal(ok, error.code == PP_OK);
    snprintf(field, OP_NAME_MAX + 1, "%s", result.field);
    pp_json_destroy(request);
    return error.code;
}

static enum pp_code run(struct home *home, const struct actor *actor, const char *operation, cJSON *request) {
    char field[OP_NAME_MAX + 1];
    return run_for(home, actor, operation, request, field);
}

static enum pp_code change(struct home *home, const struct actor *actor, const char *screen,
                           const char *member, const char *value) {
    cJSON *request = request_of(screen);
    cJSON_AddStringToObject(request, member, value);
    return run(home, actor, "screen.change", request);
}

static int64_t number_of(struct home *home, const char *sql) {
    db_autorow struct db_row *row = db_query_sql(home->db, NULL, sql, "");
    assert_non_null(row);
    assert_true(db_next(row, "number", NULL));
    return db_int(row, 0);
}

/* ---- Roles ---- */

/* As actor.h shows it, written down a second time. */
static const char *const may[ROLES] = {
    [ROLE_VIEWER] = "view",
    [ROLE_EDITOR] = "view edit",
    [ROLE_PUBLISHER] = "view edit publish",
    [ROLE_OPERATOR] = "view operate",
    [ROLE_ADMIN] = "view edit publish operate administer audit",
    [ROLE_AUDITOR] = "view audit",
};

/* Of the shape that is wanted, of things that are there: whether they may is then all that decides. */
static cJSON *request_for(const struct operation *operation, const char *screen) {
    cJSON *request = cJSON_CreateObject();
    for (const struct op_field *field = operation->fields; field->name; field++) {
        const char *value = strcmp(field->name, "screen") == 0    ? screen
                            : strcmp(field->name, "channel") == 0 ? "lobby"
                                                                  : "x";
        if (!field->needed)
            continue;
        if (field->type == OP_TEXT)
            cJSON_AddStringToObject(request, field->name, value);
        else if (field->type == OP_INTEGER)
            cJSON_AddNumberToObject(request, field->name, 1);
        else if (field->type == OP_IDS || field->type == OP_TEXTS || field->type == OP_OBJECTS)
            cJSON_AddArrayToObject(request, field->name);
        else if (field->type == OP_BOOLEAN)
            cJSON_AddFalseToObject(request, field->name);
        else if (field->type == OP_ANY)
            cJSON_AddNullToObject(request, field->name);
        else if (field->type == OP_OBJECT)
            cJSON_AddArrayToObject(cJSON_AddObjectToObject(request, field->name), "items");
        else
            fail_msg("%s: a needed %s of a type that this test does not know", operation->name, field->name);
    }
    return request;
}

static void each_role_may_do_what_the_table_says_and_nothing_else(void **state) {
    struct home *home = *state;
    size_t count;
    const struct operation *all = operations_all(&count);
    char screen[UUID_TEXT_SIZE];
    channels_make(home);
    assert_true(count > 9);
    for (size_t i = 0; i < count * ROLES; i++) {
        const struct operation *operation = &all[i / ROLES];
        enum role role = (enum role)(i % ROLES);
        struct actor actor = person(role_name(role));
        int64_t rows = number_of(home, "SELECT count(*) FROM audit");
        screen_add(home, "Rennes", "lobby", screen);
        enum pp_code code = run(home, &actor, operation->name, request_for(operation, screen));
        bool allowed = operation->right == RIGHT_NONE || strstr(may[role], right_name(operation->right));
        if (allowed == (code == PP_E_DENIED))
            fail_msg("%s as %s: %s", operation->name, role_name(role), pp_code_name(code));
        /* What was done, and what somebody tried who may not. */
        bool written = operation->changes && (!allowed || code == PP_OK);
        if (written || !operation->changes)
            assert_int_equal(number_of(home, "SELECT count(*) FROM audit"), rows + written);
    }
}

static void who_has_no_grant_or_is_a_screen_may_do_nothing(void **state) {
    struct home *home = *state;
    size_t count;
    const struct operation *all = operations_all(&count);
    char screen[UUID_TEXT_SIZE];
    channels_make(home);
    screen_add(home, "Rennes", "lobby", screen);
    struct actor nobody = person(NULL);
    struct actor display = {.kind = ACTOR_SCREEN, .name = "4f0c"};
    for (size_t i = 0; i < count; i++) {
        /* They may not see it, either. */
        bool hidden =
            all[i].concern == OP_SCREEN || all[i].concern == OP_CHANNEL || all[i].concern == OP_SITE;
        enum pp_code expected = hidden ? PP_E_NOTFOUND : PP_E_DENIED;
        if (all[i].right != RIGHT_NONE)
            assert_int_equal(run(home, &nobody, all[i].name, request_for(&all[i], screen)), expected);
        assert_int_equal(run(home, &display, all[i].name, request_for(&all[i], screen)), expected);
    }
    assert_int_equal(number_of(home, "SELECT count(*) FROM audit WHERE outcome = 'done'"), 0);
}

/* ---- Scopes ---- */

static void a_grant_for_a_site_is_for_its_screens_alone(void **state) {
    struct home *home = *state;
    char rennes[UUID_TEXT_SIZE];
    char lyon[UUID_TEXT_SIZE];
    channels_make(home);
    screen_add(home, "Rennes", "lobby", rennes);
    screen_add(home, "Lyon", "lobby", lyon);
    struct actor actor = person("operator:site=Rennes");
    assert_int_equal(change(home, &actor, rennes, "name", "Foyer"), PP_OK);
    assert_int_equal(change(home, &actor, lyon, "name", "Foyer"), PP_E_NOTFOUND);
    assert_int_equal(run(home, &actor, "screen.retire", request_of(lyon)), PP_E_NOTFOUND);
    assert_int_equal(number_of(home, "SELECT count(*) FROM device WHERE name = 'Foyer'"), 1);
}

static void a_grant_for_a_channel_is_for_its_screens_alone(void **state) {
    struct home *home = *state;
    char lobby[UUID_TEXT_SIZE];
    char bar[UUID_TEXT_SIZE];
    char none[UUID_TEXT_SIZE];
    channels_make(home);
    screen_add(home, "", "lobby", lobby);
    screen_add(home, "", "bar", bar);
    screen_add(home, "", NULL, none);
    struct actor actor = person("operator:channel=lobby");
    assert_int_equal(change(home, &actor, lobby, "name", "Foyer"), PP_OK);
    assert_int_equal(change(home, &actor, bar, "name", "Foyer"), PP_E_NOTFOUND);
    assert_int_equal(change(home, &actor, none, "name", "Foyer"), PP_E_NOTFOUND);
}

static void who_may_see_a_screen_and_not_change_it_is_told_so(void **state) {
    struct home *home = *state;
    char id[UUID_TEXT_SIZE];
    channels_make(home);
    screen_add(home, "Rennes", "lobby", id);
    struct actor actor = person("viewer:site=Rennes");
    assert_int_equal(change(home, &actor, id, "name", "Foyer"), PP_E_DENIED);
    assert_int_equal(number_of(home, "SELECT count(*) FROM audit WHERE outcome = 'denied'"
                                     " AND operation = 'screen.change' AND actor = 'ann'"),
                     1);
}

static void nobody_moves_a_screen_to_where_they_may_not(void **state) {
    struct home *home = *state;
    char id[UUID_TEXT_SIZE];
    channels_make(home);
    screen_add(home, "Rennes", "lobby", id);
    struct actor actor = person("operator:site=Rennes");
    assert_int_equal(change(home, &actor, id, "site", "Lyon"), PP_E_DENIED);
    assert_int_equal(number_of(home, "SELECT count(*) FROM device WHERE site = 'Rennes'"), 1);
    actor = person("operator:channel=lobby");
    assert_int_equal(change(home, &actor, id, "channel", "bar"), PP_E_DENIED);
    assert_int_equal(number_of(home, "SELECT count(*) FROM device WHERE channel = 'lobby'"), 1);
    assert_true(grant_read("operator:channel=bar", &actor.grants[actor.grants_count++], NULL));
    assert_int_equal(change(home, &actor, id, "channel", "bar"), PP_OK);
}

static void the_access_mode_takes_an_administrator_by_command_too(void **state) {
    struct home *home = *state;
    char id[UUID_TEXT_SIZE];
    screen_add(home, "Rennes", NULL, id);
    for (int i = 0; i < 2; i++) {
        struct actor actor = person(i ? "admin" : "operator");
        cJSON *request = request_of(id);
        cJSON_AddStringToObject(request, "name", "set-access-mode");
        cJSON_AddStringToObject(request, "argument", "cookie");
        assert_int_equal(run(home, &actor, "screen.command", request), i ? PP_OK : PP_E_DENIED);
    }
}

/* ---- The audit ---- */

#define SEEN_SIZE 4096

static bool row_see(void *arg, const struct audit_row *row, struct pp_error *error) {
    (void)error;
    char *seen = arg;
    snprintf(seen + strlen(seen), SEEN_SIZE - strlen(seen), "%s %s %s|%s|%s\n", row->actor, row->operation,
             row->outcome, row->before, row->after);
    return true;
}

static void what_was_before_and_what_is_after_is_written_down(void **state) {
    struct home *home = *state;
    char id[UUID_TEXT_SIZE];
    char seen[SEEN_SIZE] = "";
    channels_make(home);
    screen_add(home, "Rennes", "lobby", id);
    struct actor actor = person("operator");
    assert_int_equal(change(home, &actor, id, "name", "Foyer"), PP_OK);
    assert_true(audit_each(home->db, 0, row_see, seen, NULL));
    assert_non_null(strstr(seen, "ann screen.change done|{\"name\":\"Hall\",\"site\":\"Rennes\""));
    assert_non_null(strstr(seen, "|{\"name\":\"Foyer\",\"site\":\"Rennes\""));
}

static void secrets_are_not_written_down(void **state) {
    struct home *home = *state;
    char id[UUID_TEXT_SIZE];
    char seen[SEEN_SIZE] = "";
    screen_add(home, "Rennes", NULL, id);
    struct actor actor = person("admin");
    cJSON *request = request_of(id);
    cJSON_AddStringToObject(request, "mode", "password");
    cJSON_AddStringToObject(request, "password_hash", "$argon2id$secret");
    assert_int_equal(run(home, &actor, "screen.access", request), PP_OK);
    assert_true(audit_each(home->db, 0, row_see, seen, NULL));
    assert_non_null(strstr(seen, "\"mode\":\"certificate\""));
    assert_non_null(strstr(seen, "\"password_hash\":\"another\""));
    assert_null(strstr(seen, "argon2id"));
}

static void what_fails_changes_nothing_and_is_not_written_down(void **state) {
    struct home *home = *state;
    char id[UUID_TEXT_SIZE];
    char field[OP_NAME_MAX + 1];
    screen_add(home, "Rennes", NULL, id);
    struct actor actor = person("operator");
    cJSON *request = request_of(id);
    cJSON_AddStringToObject(request, "name", "Foyer");
    cJSON_AddStringToObject(request, "channel", "nowhere");
    assert_int_equal(run_for(home, &actor, "screen.change", request, field), PP_E_NOTFOUND);
    assert_string_equal(field, "channel");
    assert_int_equal(number_of(home, "SELECT count(*) FROM audit"), 0);
    assert_int_equal(number_of(home, "SELECT count(*) FROM device WHERE name = 'Hall'"), 1);
}

static void where_the_audit_cannot_be_written_nothing_is_done(void **state) {
    struct home *home = *state;
    char id[UUID_TEXT_SIZE];
    screen_add(home, "Rennes", NULL, id);
    struct actor actor = person("operator");
    assert_true(db_run_sql(home->db, NULL, "ALTER TABLE audit RENAME TO elsewhere", ""));
    assert_int_equal(change(home, &actor, id, "name", "Foyer"), PP_E_IO);
    assert_int_equal(number_of(home, "SELECT count(*) FROM device WHERE name = 'Hall'"), 1);
}

/* ---- Requests ---- */

static void a_request_of_another_shape_is_refused_by_its_member(void **state) {
    struct home *home = *state;
    static const struct {
        const char *request, *field;
    } cases[] = {
        {"{}", "screen"},
        {"{\"screen\":1}", "screen"},
        {"{\"screen\":\"x\",\"colour\":\"red\"}", "colour"},
        {"{\"screen\":\"x\",\"rotation\":\"90\"}", "rotation"},
        {"{\"screen\":\"x\",\"rotation\":0.5}", "rotation"},
        {"{\"screen\":\"x\",\"offline_mark\":1}", "offline_mark"},
        {"{\"screen\":\"x\",\"name\":null}", "name"},
        {"{\"screen\":\"x\",\"name\":{}}", "name"},
    };
    struct actor actor = person("admin");
    char field[OP_NAME_MAX + 1];
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        cJSON *request = cJSON_Parse(cases[i].request);
        assert_int_equal(run_for(home, &actor, "screen.change", request, field), PP_E_INVALID);
        assert_string_equal(field, cases[i].field);
    }
    assert_int_equal(run(home, &actor, "screen.paint", cJSON_CreateObject()), PP_E_UNSUPPORTED);
}

static void values_that_are_none_are_refused_by_their_member(void **state) {
    struct home *home = *state;
    static const char *const cases[][2] = {
        {"name", "\"\""},      {"rotation", "45"},     {"locale", "\"de\""},   {"time_zone", "\"?\""},
        {"lock_after_s", "1"}, {"lock_after_s", "-5"}, {"channel", "\"No!\""}, {"erase_after_s", "600"}};
    char id[UUID_TEXT_SIZE];
    char field[OP_NAME_MAX + 1];
    screen_add(home, "Rennes", NULL, id);
    struct actor actor = person("operator");
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        cJSON *request = request_of(id);
        cJSON_AddItemToObject(request, cases[i][0], cJSON_Parse(cases[i][1]));
        enum pp_code code = run_for(home, &actor, "screen.change", request, field);
        assert_int_equal(code, i ? PP_E_INVALID : PP_E_LIMIT);
        assert_string_equal(field, cases[i][0]);
    }
}

/* ---- Grants ---- */

static enum pp_code roles_give(struct home *home, const struct actor *actor, const char *name,
                               const char *role) {
    cJSON *request = cJSON_CreateObject();
    cJSON_AddStringToObject(request, "name", name);
    cJSON *roles = cJSON_AddArrayToObject(request, "roles");
    if (role)
        cJSON_AddItemToArray(roles, cJSON_CreateString(role));
    return run(home, actor, "user.roles", request);
}

static void somebody_is_always_an_administrator_of_the_whole(void **state) {
    struct home *home = *state;
    struct actor owner = actor_command_line();
    assert_true(user_add(home->db, "ann", "long enough", NULL));
    assert_int_equal(roles_give(home, &owner, "ann", "viewer"), PP_E_STATE);
    assert_int_equal(roles_give(home, &owner, "ann", "admin:site=Rennes"), PP_E_STATE);
    assert_true(user_add(home->db, "bob", "long enough", NULL));
    assert_int_equal(roles_give(home, &owner, "ann", "viewer:site=Rennes"), PP_OK);
    assert_int_equal(roles_give(home, &owner, "bob", NULL), PP_E_STATE);
    assert_int_equal(roles_give(home, &owner, "eve", "viewer"), PP_E_NOTFOUND);
    struct pp_error error = {0};
    assert_false(user_remove(home->db, "bob", &error));
    assert_int_equal(error.code, PP_E_STATE);
    struct actor ann = {.kind = ACTOR_PERSON};
    assert_true(user_grants(home->db, "ann", &ann, NULL));
    assert_int_equal(ann.grants_count, 1);
    assert_false(actor_may(&ann, RIGHT_VIEW));
    assert_true(actor_may_at(&ann, RIGHT_VIEW, &(struct place){"Rennes", ""}));
}

static void passwords_of_users_are_not_written_down(void **state) {
    struct home *home = *state;
    struct actor owner = actor_command_line();
    char seen[SEEN_SIZE] = "";
    cJSON *request = cJSON_CreateObject();
    cJSON_AddStringToObject(request, "name", "ann");
    cJSON_AddStringToObject(request, "password", "a very long secret");
    assert_int_equal(run(home, &owner, "user.add", request), PP_OK);
    assert_true(audit_each(home->db, 0, row_see, seen, NULL));
    assert_non_null(strstr(seen, "user.add done||{\"roles\":[\"admin\"]}"));
    assert_null(strstr(seen, "secret"));
}

static void grants_are_read_to_the_letter(void **state) {
    (void)state;
    static const char *const wrong[] = {"",
                                        "root",
                                        "viewer:",
                                        "viewer:site",
                                        "viewer:site=",
                                        "viewer:room=x",
                                        "viewer:whole=x",
                                        "viewer:channel=No!",
                                        "viewers",
                                        "operator site=x",
                                        "admin:site=\x01"};
    struct grant grant;
    for (size_t i = 0; i < PP_COUNT(wrong); i++)
        assert_false(grant_read(wrong[i], &grant, NULL));
    assert_true(grant_read("publisher:site=Caf\xc3\xa9 = Bar", &grant, NULL));
    assert_int_equal(grant.role, ROLE_PUBLISHER);
    assert_int_equal(grant.scope, SCOPE_SITE);
    assert_string_equal(grant.value, "Caf\xc3\xa9 = Bar");
}

/* Of a mode that others do not need. */
static void what_goes_with_a_mode_is_refused_by_its_member_where_it_is_missing(void **state) {
    static const char *const members[][2] = {{"issuer", "https://sso.example"},
                                             {"client_id", "screens"},
                                             {"scope", "openid"},
                                             {"groups_claim", "groups"}};
    struct home *home = *state;
    const struct actor owner = actor_command_line();
    char screen[UUID_TEXT_SIZE];
    char field[OP_NAME_MAX + 1];
    channels_make(home);
    screen_add(home, "Rennes", "lobby", screen);
    for (size_t i = 0; i < PP_COUNT(members); i++) {
        cJSON *request = request_of(screen);
        cJSON_AddStringToObject(request, "mode", "sso");
        cJSON_AddItemToArray(cJSON_AddArrayToObject(request, "allowed"), cJSON_CreateString("anyone"));
        for (size_t j = 0; j < PP_COUNT(members); j++) {
            if (j != i)
                cJSON_AddStringToObject(request, members[j][0], members[j][1]);
        }
        assert_int_equal(run_for(home, &owner, "screen.access", request, field), PP_E_INVALID);
        assert_string_equal(field, members[i][0]);
    }
}

/* ---- Much at once ---- */

#define SHOWN_ON 700

static void shown_on(struct home *home, const char *channel, const char *content) {
    bool made;
    assert_true(channel_make(home->db, channel, channel, &made, NULL));
    assert_true(db_run_sql(home->db, NULL, "UPDATE channel SET publish = 1 WHERE id = ?", "s", channel));
    assert_true(
        db_run_sql(home->db, NULL,
                   "INSERT INTO channel_version(channel, number, done, created, author, note, restored,"
                   " document, manifest) VALUES(?, 1, 1, 0, 'ann', '', 0, '', '{}')",
                   "s", channel));
    assert_true(db_run_sql(
        home->db, NULL,
        "INSERT INTO channel_version_object(channel, number, place, clear, sha256, length,"
        " media_type, content, content_version, name) VALUES(?, 1, 0, ?, ?, 1, 'image/png', ?, 1, '')",
        "sbbs", channel, channel, (size_t)32, channel, (size_t)32, content));
}

static void content_of_very_many_channels_is_published_and_that_is_written_down(void **state) {
    struct home *home = *state;
    const struct actor owner = actor_command_line();
    struct content content = {.file = {.kind = "image", .media_type = "image/png", .bytes = 1}};
    cJSON *request = cJSON_CreateObject();
    struct db_change change = {0};
    snprintf(content.labels.name, sizeof content.labels.name, "menu.png");
    assert_true(db_change_begin(&change, home->db, NULL) && uuid_make(content.file.file, NULL) &&
                content_add(home->db, &content, NULL) && uuid_make(content.file.file, NULL) &&
                content_replace(home->db, &content, NULL));
    for (int i = 0; i < SHOWN_ON; i++) {
        char channel[CHANNEL_ID_MAX + 1];
        snprintf(channel, sizeof channel, "%060d", i);
        shown_on(home, channel, content.id);
    }
    assert_true(db_change_commit(&change, NULL));
    cJSON_AddStringToObject(request, "content", content.id);
    assert_int_equal(run(home, &owner, "content.publish", request), PP_OK);
    assert_int_equal(number_of(home,
                               "SELECT count(*) FROM audit WHERE operation = 'content.publish' AND after ="
                               " '{\"channels\":700,\"jobs\":0}'"),
                     1);
}

#define home_test(name) cmocka_unit_test_setup_teardown(name, test_home_setup, test_home_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        home_test(each_role_may_do_what_the_table_says_and_nothing_else),
        home_test(who_has_no_grant_or_is_a_screen_may_do_nothing),
        home_test(a_grant_for_a_site_is_for_its_screens_alone),
        home_test(a_grant_for_a_channel_is_for_its_screens_alone),
        home_test(who_may_see_a_screen_and_not_change_it_is_told_so),
        home_test(nobody_moves_a_screen_to_where_they_may_not),
        home_test(the_access_mode_takes_an_administrator_by_command_too),
        home_test(what_was_before_and_what_is_after_is_written_down),
        home_test(secrets_are_not_written_down),
        home_test(what_fails_changes_nothing_and_is_not_written_down),
        home_test(where_the_audit_cannot_be_written_nothing_is_done),
        home_test(a_request_of_another_shape_is_refused_by_its_member),
        home_test(values_that_are_none_are_refused_by_their_member),
        home_test(somebody_is_always_an_administrator_of_the_whole),
        home_test(passwords_of_users_are_not_written_down),
        home_test(what_goes_with_a_mode_is_refused_by_its_member_where_it_is_missing),
        home_test(content_of_very_many_channels_is_published_and_that_is_written_down),
        cmocka_unit_test(grants_are_read_to_the_letter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
