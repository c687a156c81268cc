/* The first account, of whoever has the link that the headend was made with (ops/setup_link.h). */
#include "base/clock.h"
#include "base/log.h"
#include "headend/api/handlers.h"
#include "headend/api/passkey_options.h"
#include "headend/http/problems.h"
#include "headend/ops/op_accounts.h"
#include "headend/ops/operations.h"
#include "headend/ops/setup_link.h"
#include "headend/ops/throttle.h"
#include "headend/ops/user_link.h"
#include "headend/ops/users.h"
#include "headend/server/admin.h"
#include "headend/server/hasher.h"
#include "headend/server/streams.h"

#define BUSY_S     2                       /* in which the queue of passwords has moved on */
#define SOURCE_MAX (ADDRESS_TEXT_SIZE + 8) /* bytes with the NUL */

static void refuse(struct reply *reply) {
    reply_with(reply, PROBLEM_SETUP_LINK_INVALID,
               "this link does not work, or not any more: \"pingplay-headend setup-link\" makes another");
}

/* What a link is for. */
struct link {
    int64_t admin;                /* whose password; 0: it makes the first account */
    char name[TEXT_NAME_MAX + 1]; /* theirs */
};

static bool link_find(struct db *db, const char *token, struct link *link, struct pp_error *error) {
    struct pp_error missing = {0};
    *link = (struct link){0};
    if (setup_link_check(db, token, &missing))
        return true;
    return missing.code == PP_E_NOTFOUND ? user_link_check(db, token, &link->admin, link->name, error)
                                         : pp_fail(error, missing.code, "%s", missing.message);
}

/* Whether the document has a link's token that works: guessing gets slower with each one that does not. False: it is
 * answered. */
static bool token_good(struct request *request, struct reply *reply, const char **token, struct link *link) {
    char source[SOURCE_MAX];
    char address[ADDRESS_TEXT_SIZE];
    int64_t wait_s = 0;
    struct pp_error error = {0};
    if (!pp_json_string(request->document, "token", SECRET_TEXT_SIZE - 1, token, &error)) {
        reply_with_parameter(reply, PROBLEM_BODY_INVALID, "token", error.message);
        return false;
    }
    request_address(request, address);
    snprintf(source, sizeof source, "setup:%s", address);
    if (!throttle_attempt_at(request->db, source, pp_clock_realtime_s(), &wait_s, &error)) {
        reply_failure(reply, &error);
        return false;
    }
    if (wait_s > 0) {
        reply_with(reply, PROBLEM_TOO_MANY_ATTEMPTS, "too many attempts have failed");
        reply_retry_after(reply, wait_s);
        return false;
    }
    if (link_find(request->db, *token, link, &error)) {
        if (throttle_clear_at(request->db, source, &error))
            return true;
    } else if (error.code == PP_E_NOTFOUND) {
        pp_log_warning("a set-up link that does not work came from %s", address);
        refuse(reply);
        return false;
    }
    reply_failure(reply, &error);
    return false;
}

/* POST /api/v1/setup/check */
void api_setup_check(struct request *request, struct reply *reply) {
    const char *token;
    struct link link;
    if (!api_open_body(request, reply) || !token_good(request, reply, &token, &link))
        return;
    pp_autojson cJSON *answer = cJSON_CreateObject();
    cJSON_AddItemToObject(answer, "name", link.admin ? cJSON_CreateString(link.name) : cJSON_CreateNull());
    reply_json(reply, MHD_HTTP_OK, answer);
}

/* A name that may be an administrator's. False: it is answered. */
static bool name_good(const struct request *request, struct reply *reply, const char **name) {
    struct pp_error error = {0};
    if (pp_json_string(request->document, "name", TEXT_NAME_MAX, name, &error) &&
        text_check("name", *name, 1, TEXT_NAME_MAX, &error))
        return true;
    reply_with_parameter(reply, PROBLEM_BODY_INVALID, "name", error.message);
    return false;
}

static bool password_good(const struct request *request, struct reply *reply, const char *name,
                          const char **password) {
    struct pp_error error = {0};
    if (pp_json_string(request->document, "password", PASSWORD_MAX, password, &error) &&
        user_check(name, *password, &error))
        return true;
    reply_with_parameter(reply, PROBLEM_BODY_INVALID, "password", error.message);
    return false;
}

static void busy(struct reply *reply) {
    reply_with(reply, PROBLEM_UNAVAILABLE, "many are signing in just now");
    reply_retry_after(reply, BUSY_S);
}

/* Whoever has made the account is signed in. */
static void enter(struct request *request, struct reply *reply, int64_t admin, const char *name) {
    char address[ADDRESS_TEXT_SIZE];
    char session[SECRET_TEXT_SIZE];
    struct pp_error error = {0};
    if (!admin_enter(request, admin, session, &error)) {
        reply_failure(reply, &error);
        return;
    }
    request_address(request, address);
    pp_log_info("the first account was made from %s", address);
    api_session_reply(request, reply, MHD_HTTP_CREATED, name, session);
    pp_wipe(session, sizeof session);
}

/* Whoever has the link makes it: the audit knows him by the account's name, and from where he asked. */
static bool account_make(struct request *request, const char *name, const struct first_account *account,
                         int64_t *admin, struct pp_error *error) {
    const struct op_place at = {.home = request->app->home, .db = request->db, .given = account};
    struct actor actor = {.kind = ACTOR_PERSON};
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = cJSON_CreateObject();
    snprintf(actor.name, sizeof actor.name, "%s", name);
    request_address(request, actor.address);
    cJSON_AddStringToObject(value, "name", name);
    return ops_run(&at, &actor, "account.first", value, &result, error) &&
           pp_json_integer(result.value, "id", 1, PP_JSON_INTEGER_MAX, admin, error);
}

static void setup_by_passkey(struct request *request, struct reply *reply, const char *token,
                             const char *name) {
    struct passkey_party party;
    struct webauthn_answer answer;
    const cJSON *document;
    const char *passkey_name = name;
    int64_t admin = 0;
    struct pp_error error = {0};
    if (!passkey_party(request, reply, &party))
        return;
    bool read = pp_json_object(request->document, "passkey", &document, &error) &&
                webauthn_answer_read(document, CLIENT_CREATES, &answer, &error) &&
                (!pp_json_has(request->document, "passkey_name") ||
                 (pp_json_string(request->document, "passkey_name", TEXT_NAME_MAX, &passkey_name, &error) &&
                  text_check("passkey_name", passkey_name, 1, TEXT_NAME_MAX, &error)));
    if (!read)
        reply_with_parameter(reply, PROBLEM_BODY_INVALID, "passkey", error.message);
    else if (account_make(
                 request, name,
                 &(struct first_account){
                     .token = token, .party = &party.party, .answer = &answer, .passkey_name = passkey_name},
                 &admin, &error))
        enter(request, reply, admin, name);
    else if (error.code == PP_E_NOTFOUND)
        refuse(reply);
    else
        passkey_reply_refused(request, reply, &error);
}

/* A password's form takes as long to make as to check. */
static void setup_begin(struct request *request, struct reply *reply) {
    struct attempt *attempt = &request->attempt;
    const char *token;
    struct link link;
    if (!api_open_body(request, reply) || !token_good(request, reply, &token, &link) ||
        !name_good(request, reply, &attempt->name))
        return;
    if (link.admin && (strcmp(attempt->name, link.name) != 0 || pp_json_has(request->document, "passkey"))) {
        reply_with_parameter(reply, PROBLEM_BODY_INVALID,
                             strcmp(attempt->name, link.name) ? "name" : "passkey",
                             "the link is for the password of somebody who has an account");
        return;
    }
    if (pp_json_has(request->document, "passkey")) {
        setup_by_passkey(request, reply, token, attempt->name);
        return;
    }
    if (!password_good(request, reply, attempt->name, &attempt->password))
        return;
    request_address(request, attempt->address);
    attempt->makes = attempt->known = true;
    if (hasher_reserve(request->app->hasher, request))
        reply->wait_hash = true;
    else
        busy(reply);
}

/* Somebody has set their own password, and is signed in. */
static void join(struct request *request, struct reply *reply, const char *token, const struct link *link) {
    const struct joining joining = {.token = token, .encoded = request->attempt.encoded};
    const struct op_place at = {.home = request->app->home, .db = request->db, .given = &joining};
    struct actor actor = {.kind = ACTOR_PERSON, .user = link->admin};
    op_result_auto struct op_result result = {0};
    char session[SECRET_TEXT_SIZE];
    struct pp_error error = {0};
    pp_autojson cJSON *value = cJSON_CreateObject();
    snprintf(actor.name, sizeof actor.name, "%s", link->name);
    request_address(request, actor.address);
    if (strcmp(request->attempt.name, link->name) != 0) {
        refuse(reply); /* the link was another one's when it was looked at */
        return;
    }
    if (!ops_run(&at, &actor, "account.join", value, &result, &error) ||
        !admin_enter(request, link->admin, session, &error)) {
        reply_failure(reply, &error);
        return;
    }
    streams_end_of(request->app->streams, link->admin, "");
    pp_log_info("%s has set a password by a link, from %s", link->name, actor.address);
    api_session_reply(request, reply, MHD_HTTP_CREATED, link->name, session);
    pp_wipe(session, sizeof session);
}

static void setup_finish(struct request *request, struct reply *reply) {
    const struct attempt *attempt = &request->attempt;
    const char *token;
    int64_t admin = 0;
    struct pp_error error = {0};
    if (!attempt->right) {
        pp_fail(&error, PP_E_NOMEM, "the password could not be kept");
        reply_failure(reply, &error);
        return;
    }
    /* Somebody with the same link may have been quicker. */
    struct link link;
    if (!token_good(request, reply, &token, &link))
        return;
    if (link.admin) {
        join(request, reply, token, &link);
        return;
    }
    const struct first_account account = {.token = token, .encoded = attempt->encoded};
    if (account_make(request, attempt->name, &account, &admin, &error))
        enter(request, reply, admin, attempt->name);
    else if (error.code == PP_E_NOTFOUND)
        refuse(reply);
    else
        reply_failure(reply, &error);
}

/* POST /api/v1/setup/passkey-options */
void api_setup_passkey_options(struct request *request, struct reply *reply) {
    struct passkey_party party;
    uint8_t handle[USER_HANDLE_SIZE];
    const char *token;
    const char *name;
    struct pp_error error = {0};
    struct link link;
    if (!api_open_body(request, reply) || !token_good(request, reply, &token, &link) ||
        !name_good(request, reply, &name) || !passkey_party(request, reply, &party))
        return;
    if (link.admin) {
        refuse(reply); /* it is for a password */
        return;
    }
    if (setup_link_handle(token, handle, &error))
        passkey_reply_create(request, reply, &party, token, handle, name, NULL);
    else
        reply_failure(reply, &error);
}

/* POST /api/v1/setup */
void api_setup(struct request *request, struct reply *reply) {
    switch (request->attempt.stage) {
    case ATTEMPT_CHECKED:
        setup_finish(request, reply);
        break;
    case ATTEMPT_CANCELLED:
        busy(reply);
        break;
    default:
        setup_begin(request, reply);
    }
}
