#include <fcntl.h>
#include <sys/stat.h>

#include "base/options.h"
#include "headend/cli/commands.h"
#include "headend/ops/enrolment.h"
#include "headend/ops/publish.h"
#include "headend/ops/security_contact.h"
#include "headend/signer/ca_issue.h"

#define ZONE_LINK   "/etc/localtime"
#define FIRST_ADMIN "admin" /* whose password is on the standard input, where nobody is named */

struct init_options {
    struct pp_option_list hosts;
    const char *admin; /* without an administrator, a link is made that makes one */
    const char *time_zone, *database;
    bool password_stdin;
    uint64_t port;
};

/* The host names given, or this machine's and the loopback ones. */
static bool hosts_collect(const struct pp_option_list *given, struct host_list *list,
                          struct pp_error *error) {
    static const char *const loopback[] = {"localhost", "127.0.0.1", "::1"};
    for (size_t i = 0; i < given->count; i++) {
        if (!host_list_add(list, given->items[i], error))
            return pp_wrap(error, "--host");
    }
    char name[HOME_HOST_MAX];
    /* A machine's name may be nothing that can stand in a certificate. */
    if (!given->count && gethostname(name, sizeof name) == 0 && memchr(name, 0, sizeof name))
        (void)!host_list_add(list, name, NULL);
    for (size_t i = 0; i < PP_COUNT(loopback); i++) {
        if (!host_list_add(list, loopback[i], error))
            return false;
    }
    return true;
}

/* This machine's zone by the link that Debian and others keep, else UTC. */
static void time_zone_here(char zone[TIME_ZONE_MAX + 1]) {
    char target[PP_PATH_MAX];
    ssize_t size = readlink(ZONE_LINK, target, sizeof target - 1);
    target[size > 0 ? size : 0] = 0;
    const char *mark = strstr(target, "/zoneinfo/");
    bool known = mark && strlen(mark + 10) <= TIME_ZONE_MAX && time_zone_check(mark + 10, NULL);
    snprintf(zone, TIME_ZONE_MAX + 1, "%.*s", TIME_ZONE_MAX, known ? mark + 10 : "UTC");
}

static bool init_fill(struct home *home, const struct host_list *hosts, const char *time_zone,
                      struct pp_error *error) {
    if (!home_hosts_save(home, hosts, error) || !enrolment_time_zone_set(home->db, time_zone, error) ||
        !ca_create(home, error))
        return false;
    PP_AUTO(ca) struct ca *ca = ca_open(home, error);
    return ca && ca_issue_server(ca, home, hosts, error) && publish_init(home, error);
}

/* Named by the options; else whoever has the link makes the account. */
static bool init_account(struct home *home, const struct init_options *options, const struct account *account,
                         struct pp_error *error) {
    if (!options->admin)
        return command_setup_print(home, options->port, error);
    if (!user_add(home->db, account->name, account->password, error))
        return false;
    account_print(account);
    return true;
}

/* All that can be refused is looked at first, so that a mistake leaves no folder half made. */
static bool init_make(const char *path, const struct init_options *options, struct pp_error *error) {
    char zone[TIME_ZONE_MAX + 1];
    struct host_list hosts = {0};
    account_auto struct account account = {0};
    time_zone_here(zone);
    const char *time_zone = options->time_zone ? options->time_zone : zone;
    if (!hosts_collect(&options->hosts, &hosts, error) || !time_zone_check(time_zone, error) ||
        !command_setup_port(options->port, error) ||
        (options->admin && !account_read(&account, options->admin, options->password_stdin, error)))
        return false;
    PP_AUTO(home) struct home *home = home_create(path, options->database, error);
    return home && init_fill(home, &hosts, time_zone, error) && init_account(home, options, &account, error);
}

bool command_init(int argc, char **argv, struct pp_error *error) {
    struct init_options options = {.port = SETUP_PORT};
    const struct pp_option table[] = {
        {"host", PP_OPTION_LIST, &options.hosts},
        {"admin", PP_OPTION_STRING, &options.admin},
        {"password-stdin", PP_OPTION_FLAG, &options.password_stdin},
        {"time-zone", PP_OPTION_STRING, &options.time_zone},
        {"port", PP_OPTION_UNSIGNED, &options.port},
        {"database", PP_OPTION_STRING, &options.database},
        {0},
    };
    int first = 0;
    if (!pp_options_parse(table, argc, argv, &first, error))
        return false;
    if (argc - first != 1)
        return pp_fail(error, PP_E_INVALID, "init: one DIR is needed");
    if (options.password_stdin && !options.admin)
        options.admin = FIRST_ADMIN;
    if (!init_make(argv[first], &options, error))
        return false;
    printf("A screen is installed with %s/" HOME_CA_CERTIFICATE " and %s/" HOME_ROOT "\n", argv[first],
           argv[first]);
    printf("Start it: pingplay-headend serve %s\n", argv[first]);
    return true;
}

static bool hosts_set(struct home *home, const struct pp_option_list *names, struct host_list *hosts,
                      struct pp_error *error) {
    if (!hosts_collect(names, hosts, error))
        return false;
    PP_AUTO(ca) struct ca *ca = ca_open(home, error);
    return ca && ca_issue_server(ca, home, hosts, error) && home_hosts_save(home, hosts, error);
}

bool command_hosts(int argc, char **argv, struct pp_error *error) {
    const struct pp_option table[] = {{0}};
    int first = 0;
    if (!pp_options_parse(table, argc, argv, &first, error))
        return false;
    if (argc - first < 1 || argc - first > HOME_HOSTS_MAX)
        return pp_fail(error, PP_E_INVALID, "hosts: DIR is needed, and at most %d names", HOME_HOSTS_MAX - 1);
    struct pp_option_list names = {0};
    struct host_list hosts = {0};
    for (int i = first + 1; i < argc; i++)
        names.items[names.count++] = argv[i];
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    if (!home ||
        !(names.count ? hosts_set(home, &names, &hosts, error) : home_hosts_load(home, &hosts, error)))
        return false;
    for (size_t i = 0; i < hosts.count; i++)
        printf("%s\n", hosts.names[i]);
    return true;
}

bool command_security_contact(int argc, char **argv, struct pp_error *error) {
    bool none = false;
    const struct pp_option table[] = {{"none", PP_OPTION_FLAG, &none}, {0}};
    int first = 0;
    if (!pp_options_parse(table, argc, argv, &first, error))
        return false;
    if (argc - first < 1 || (none && argc - first > 1))
        return pp_fail(error, PP_E_INVALID, "security-contact: DIR is needed, and addresses or --none");
    struct security_contacts contacts = {0};
    for (int i = first + 1; i < argc; i++) {
        if (!security_contacts_add(&contacts, argv[i], error))
            return false;
    }
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    if (!home || !(none || contacts.count ? security_contacts_save(home->db, &contacts, error)
                                          : security_contacts_load(home->db, &contacts, error)))
        return false;
    for (size_t i = 0; i < contacts.count; i++)
        printf("%s\n", contacts.uris[i]);
    return true;
}
