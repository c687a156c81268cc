/*
 * Drives firmware/net/ticket.h from the command line, for a KDC that answers late: asks for a ticket at once, and gives
 * it up when a line comes on standard input. Says "ticket" or why there is none, and then whether the memory that
 * GSS-API looks at has any ("held", "empty").
 *
 *   pingplay-ticket-test --keytab FILE --principal NAME@REALM --kdc HOST:PORT --host HOST
 */
#include <fcntl.h>
#include <krb5/krb5.h>
#include <pthread.h>
#include <stdio.h>

#include "base/file.h"
#include "base/options.h"
#include "net/ticket.h"

struct program {
    struct net_tickets *tickets;
    struct net_ticket_request request;
    const char *keytab_file;
};

static bool cache_is_held(void) {
    krb5_context context = NULL;
    krb5_ccache cache = NULL;
    krb5_principal owner = NULL;
    bool held = krb5_init_context(&context) == 0 && krb5_cc_default(context, &cache) == 0 &&
                krb5_cc_get_principal(context, cache, &owner) == 0;
    krb5_free_principal(context, owner);
    if (cache)
        krb5_cc_close(context, cache);
    krb5_free_context(context);
    return held;
}

static void *run(void *arg) {
    struct program *program = arg;
    struct pp_error error = {0};
    int64_t expires_s = 0;
    bool ok = net_ticket_fetch(program->tickets, &program->request, &expires_s, &error);
    printf("%s\n%s\n", ok ? "ticket" : error.message, cache_is_held() ? "held" : "empty");
    fflush(stdout);
    return NULL;
}

int main(int argc, char **argv) {
    struct program program = {.request = {.password = ""}};
    pp_autobuf struct pp_buf keytab = PP_BUF_INIT(NET_TICKET_KEYTAB_MAX);
    struct pp_error error = {0};
    const struct pp_option options[] = {{"keytab", PP_OPTION_STRING, &program.keytab_file},
                                        {"principal", PP_OPTION_STRING, &program.request.principal},
                                        {"kdc", PP_OPTION_STRING, &program.request.kdc},
                                        {"host", PP_OPTION_STRING, &program.request.host},
                                        {0}};
    pthread_t thread;
    int first = argc;
    if (!pp_options_parse(options, argc, argv, &first, &error) || !program.keytab_file ||
        !pp_file_read(AT_FDCWD, program.keytab_file, &keytab, &error) ||
        !(program.tickets = net_tickets_create(&error))) {
        fprintf(stderr, "pingplay-ticket-test: %s\n", error.message);
        return 2;
    }
    program.request.keytab = keytab.data;
    program.request.keytab_size = keytab.size;
    program.request.number = net_ticket_begin(program.tickets);
    if (pthread_create(&thread, NULL, run, &program) != 0)
        return 2;
    if (getchar() != EOF) {
        net_ticket_forget(program.tickets);
        printf("forgotten\n");
        fflush(stdout);
    }
    pthread_join(thread, NULL);
    net_tickets_destroy(program.tickets);
    return 0;
}
