#include "headend/db/postgres_address.h"

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <string.h>

#include "base/mem.h"

#define SOCKET_FOLDER "/run/postgresql" /* Debian's */

/* What an address may say. All else is ours to decide. */
static const char *const allowed[] = {"host",    "hostaddr",    "port",    "dbname", "user",  "passfile",
                                      "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl"};

static bool name_is_allowed(const char *name) {
    for (size_t i = 0; i < PP_COUNT(allowed); i++) {
        if (strcmp(name, allowed[i]) == 0)
            return true;
    }
    return false;
}

static void setting_add(struct postgres_settings *settings, const char *name, const char *value) {
    settings->names[settings->count] = name;
    settings->values[settings->count++] = value;
}

static const char *setting_of(const struct postgres_settings *settings, const char *name) {
    for (size_t i = 0; i < settings->count; i++) {
        if (strcmp(settings->names[i], name) == 0)
            return settings->values[i];
    }
    return NULL;
}

static bool address_is_loopback(const char *host) {
    struct in_addr four;
    struct in6_addr six;
    if (inet_pton(AF_INET, host, &four) == 1)
        return ntohl(four.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

/* Whether nobody else is on the way. "localhost" is a name, and names are looked up somewhere. */
static bool host_is_here(const char *host) {
    return *host == '/' || address_is_loopback(host);
}

static bool tls_decide(struct postgres_settings *settings, struct pp_error *error) {
    const char *mode = setting_of(settings, "sslmode");
    const char *address = setting_of(settings, "hostaddr");
    if (mode && strcmp(mode, "verify-full") != 0)
        return pp_fail(error, PP_E_INVALID, "database: sslmode=%s: only verify-full is", mode);
    if (mode)
        return true;
    bool here = address ? address_is_loopback(address) : host_is_here(setting_of(settings, "host"));
    setting_add(settings, "sslmode", here ? "disable" : "verify-full");
    return true;
}

static bool parsed_take(struct postgres_settings *settings, struct pp_error *error) {
    for (const PQconninfoOption *option = settings->parsed; option->keyword; option++) {
        if (!option->val)
            continue;
        if (strcmp(option->keyword, "password") == 0)
            return pp_fail(error, PP_E_INVALID,
                           "database: no password in the address: put it into a file, and name that with "
                           "passfile");
        if (!name_is_allowed(option->keyword))
            return pp_fail(error, PP_E_INVALID, "database: %s cannot be set in the address", option->keyword);
        if (strchr(option->val, ',') && strncmp(option->keyword, "host", 4) == 0)
            return pp_fail(error, PP_E_INVALID, "database: one host, not several");
        if (*option->val)
            setting_add(settings, option->keyword, option->val);
    }
    return true;
}

bool postgres_address_read(const char *address, struct postgres_settings *settings, struct pp_error *error) {
    char *why = NULL;
    *settings = (struct postgres_settings){0};
    if (strlen(address) > POSTGRES_ADDRESS_MAX)
        return pp_fail(error, PP_E_LIMIT, "database: the address has more than %d bytes",
                       POSTGRES_ADDRESS_MAX);
    if (strncmp(address, "postgresql://", 13) != 0)
        return pp_fail(error, PP_E_INVALID, "database: an address begins with postgresql://");
    settings->parsed = PQconninfoParse(address, &why);
    if (!settings->parsed) {
        /* libpq quotes what it does not understand, which may be a password. */
        PQfreemem(why);
        return pp_fail(error, PP_E_INVALID, "database: not an address of a PostgreSQL");
    }
    if (!parsed_take(settings, error))
        return false;
    if (!setting_of(settings, "host"))
        setting_add(settings, "host", SOCKET_FOLDER);
    if (!setting_of(settings, "dbname"))
        return pp_fail(error, PP_E_INVALID, "database: the address names no database");
    if (!tls_decide(settings, error))
        return false;
    setting_add(settings, "gssencmode", "disable"); /* it would stand in for TLS, with nobody's certificate */
    setting_add(settings, "connect_timeout", "10");
    setting_add(settings, "keepalives_idle", "20");
    setting_add(settings, "keepalives_interval", "5");
    setting_add(settings, "keepalives_count", "4");
    setting_add(settings, "tcp_user_timeout", "30000");
    setting_add(settings, "target_session_attrs", "read-write");
    setting_add(settings, "client_encoding", "UTF8");
    setting_add(settings, "application_name", "pingplay-headend");
    return true;
}

void postgres_settings_finish(struct postgres_settings *settings) {
    if (settings->parsed)
        PQconninfoFree(settings->parsed);
    *settings = (struct postgres_settings){0};
}
