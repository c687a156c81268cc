#include "jose/id_token.h"

#include <string.h>

#include "base/json.h"
#include "crypto/random.h"
#include "jose/compact.h"

#define SIGNATURE_MAX 1024 /* bytes: RSA of 8192 bits */

enum { TOKEN_HEADER, TOKEN_PAYLOAD, TOKEN_SIGNATURE, TOKEN_PARTS };

static const struct {
    const char *name;
    enum crypto_scheme scheme;
} algorithms[] = {{"ES256", CRYPTO_ES256}, {"RS256", CRYPTO_RS256}};

static bool find_scheme(const cJSON *header, enum crypto_scheme *scheme, struct pp_error *error) {
    const char *name = NULL;
    if (!pp_json_string(header, "alg", JOSE_NAME_MAX, &name, error))
        return false;
    for (size_t i = 0; i < PP_COUNT(algorithms); i++) {
        if (strcmp(algorithms[i].name, name) != 0)
            continue;
        *scheme = algorithms[i].scheme;
        return true;
    }
    return pp_fail(error, PP_E_UNSUPPORTED, "header: \"alg\" is neither ES256 nor RS256");
}

/* A provider that names a kind has to mean this one. */
static bool check_type(const cJSON *header, struct pp_error *error) {
    const char *type = NULL;
    if (!cJSON_GetObjectItemCaseSensitive(header, "typ"))
        return true;
    return pp_json_string(header, "typ", JOSE_NAME_MAX, &type, error) &&
           (strcmp(type, "JWT") == 0 || pp_fail(error, PP_E_INVALID, "header: \"typ\" is not \"JWT\""));
}

static bool verify(const struct compact_part parts[TOKEN_PARTS], const struct key_set *keys,
                   struct pp_error *error) {
    const char *kid = NULL;
    enum crypto_scheme scheme = CRYPTO_ES256;
    pp_autobuf struct pp_buf signature = PP_BUF_INIT(SIGNATURE_MAX);
    pp_autojson cJSON *header = compact_header_of_others(&parts[TOKEN_HEADER], error);
    if (!header || !find_scheme(header, &scheme, error) || !check_type(header, error) ||
        !compact_header_kid(header, &kid, error))
        return false;
    const struct key_set_entry *entry = key_set_find(keys, kid, scheme);
    if (!entry)
        return pp_fail(error, PP_E_NOTFOUND, "signed by a key that the provider does not name");
    return compact_decode(&parts[TOKEN_SIGNATURE], "signature", &signature, error) &&
           crypto_public_verify(entry->key, scheme, parts[TOKEN_HEADER].text,
                                parts[TOKEN_HEADER].size + 1 + parts[TOKEN_PAYLOAD].size, signature.data,
                                signature.size, error);
}

/* ---- Claims ---- */

static bool text_is(const cJSON *claims, const char *name, const char *wanted, const char *what,
                    struct pp_error *error) {
    const char *text = NULL;
    return pp_json_string(claims, name, ID_TOKEN_TEXT_MAX, &text, error) &&
           (strcmp(text, wanted) == 0 || pp_fail(error, PP_E_AUTH, "\"%s\": %s", name, what));
}

static bool list_has(const cJSON *value, const char *text) {
    const cJSON *item;
    if (cJSON_IsString(value))
        return strcmp(value->valuestring, text) == 0;
    if (!cJSON_IsArray(value))
        return false;
    cJSON_ArrayForEach(item, value) {
        if (cJSON_IsString(item) && strcmp(item->valuestring, text) == 0)
            return true;
    }
    return false;
}

/* §3.1.3.7, 3 to 5: one of several has to say which of them asked. */
static bool check_audience(const cJSON *claims, const char *client_id, struct pp_error *error) {
    const cJSON *audience = cJSON_GetObjectItemCaseSensitive(claims, "aud");
    int count = cJSON_IsArray(audience) ? cJSON_GetArraySize(audience) : 1;
    if (!cJSON_IsString(audience) && !cJSON_IsArray(audience))
        return pp_fail(error, PP_E_INVALID, "field \"aud\" is missing or neither a string nor a list");
    if (count > ID_TOKEN_AUD_MAX)
        return pp_fail(error, PP_E_LIMIT, "\"aud\": more than %d", ID_TOKEN_AUD_MAX);
    if (!list_has(audience, client_id))
        return pp_fail(error, PP_E_AUTH, "\"aud\": it is for somebody else");
    bool several = count > 1 || cJSON_GetObjectItemCaseSensitive(claims, "azp");
    return !several || text_is(claims, "azp", client_id, "it was asked for by somebody else", error);
}

static bool check_nonce(const cJSON *claims, const struct id_token_demands *demands, struct pp_error *error) {
    const char *nonce = NULL;
    bool there = cJSON_GetObjectItemCaseSensitive(claims, "nonce");
    if (!demands->nonce || (!there && !demands->nonce_needed))
        return true;
    if (!pp_json_string(claims, "nonce", ID_TOKEN_TEXT_MAX, &nonce, error))
        return false;
    size_t size = strlen(nonce);
    return (size == strlen(demands->nonce) && crypto_equal(nonce, demands->nonce, size)) ||
           pp_fail(error, PP_E_AUTH, "\"nonce\": it answers another request");
}

static bool check_times(const cJSON *claims, const struct id_token_demands *demands, struct id_token *out,
                        struct pp_error *error) {
    int64_t from = 0;
    if (!pp_json_integer(claims, "iat", 0, PP_JSON_INTEGER_MAX, &out->issued_s, error) ||
        !pp_json_integer(claims, "exp", 0, PP_JSON_INTEGER_MAX, &out->expires_s, error) ||
        (cJSON_GetObjectItemCaseSensitive(claims, "nbf") &&
         !pp_json_integer(claims, "nbf", 0, PP_JSON_INTEGER_MAX, &from, error)))
        return false;
    if (out->expires_s <= demands->now_s - demands->skew_s)
        return pp_fail(error, PP_E_EXPIRED, "\"exp\": expired");
    if (out->issued_s > demands->now_s + demands->skew_s || from > demands->now_s + demands->skew_s)
        return pp_fail(error, PP_E_EXPIRED, "\"iat\" or \"nbf\": from the future");
    return out->issued_s >= demands->now_s - demands->skew_s - demands->age_max_s ||
           pp_fail(error, PP_E_EXPIRED, "\"iat\": issued too long ago");
}

/* Not so important that a token without it would be refused. */
static const char *optional_text(const cJSON *claims, const char *name) {
    const char *text = "";
    return pp_json_string(claims, name, ID_TOKEN_TEXT_MAX, &text, NULL) ? text : "";
}

static void read_names(const cJSON *claims, struct id_token *out) {
    static const char *const names[] = {"name", "preferred_username", "email", "sub"};
    for (size_t i = 0; i < PP_COUNT(names) && !*out->name; i++)
        snprintf(out->name, sizeof out->name, "%s", optional_text(claims, names[i]));
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(claims, "email_verified")))
        snprintf(out->email, sizeof out->email, "%s", optional_text(claims, "email"));
}

static bool read_claims(const cJSON *claims, const struct id_token_demands *demands, struct id_token *out,
                        struct pp_error *error) {
    const char *subject = NULL;
    if (!cJSON_IsObject(claims))
        return pp_fail(error, PP_E_INVALID, "not a JSON object");
    if (!text_is(claims, "iss", demands->issuer, "it is of another provider", error) ||
        !pp_json_string(claims, "sub", ID_TOKEN_TEXT_MAX, &subject, error) ||
        !check_audience(claims, demands->client_id, error) || !check_nonce(claims, demands, error) ||
        !check_times(claims, demands, out, error))
        return false;
    if (!*subject)
        return pp_fail(error, PP_E_INVALID, "\"sub\" is empty");
    strcpy(out->subject, subject);
    read_names(claims, out);
    return true;
}

bool id_token_read(const char *token, size_t size, const struct key_set *keys,
                   const struct id_token_demands *demands, struct id_token *out, struct pp_error *error) {
    struct compact_part parts[TOKEN_PARTS];
    struct id_token read = {0};
    pp_autobuf struct pp_buf payload = PP_BUF_INIT(ID_TOKEN_MAX);
    if (size > ID_TOKEN_MAX)
        return pp_fail(error, PP_E_LIMIT, "ID token: more than %d characters", ID_TOKEN_MAX);
    if (!compact_split(token, size, parts, TOKEN_PARTS, error) || !verify(parts, keys, error) ||
        !compact_decode(&parts[TOKEN_PAYLOAD], "payload", &payload, error))
        return pp_wrap(error, "ID token");
    pp_autojson cJSON *claims = pp_json_parse(payload.data, payload.size, ID_TOKEN_MAX, error);
    if (!claims || !read_claims(claims, demands, &read, error))
        return pp_wrap(error, "ID token");
    *out = read;
    out->claims = pp_steal(&claims);
    return true;
}

void id_token_finish(struct id_token *token) {
    pp_json_destroy(token->claims);
    token->claims = NULL;
}

bool id_token_claim_has(const struct id_token *token, const char *name, const char *value) {
    return list_has(cJSON_GetObjectItemCaseSensitive(token->claims, name), value);
}
