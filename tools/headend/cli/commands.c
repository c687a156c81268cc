#include "headend/cli/commands.h"

#include "headend/base/text.h"

struct command {
    const char *name, *second; /* second word, or NULL */
    command_function *run;     /* NULL: the one that serves, which command_run is given */
    const char *usage;         /* after the name */
    const char *what;
};

static const struct command commands[] = {
    {"init", NULL, command_init,
     "DIR [--host NAME]... [--admin NAME] [--password-stdin] [--time-zone ZONE] [--port N]\n"
     "[--database postgresql://HOST/NAME]",
     "make a headend in a new folder: authority, keys, and a link by which the first administrator makes an "
     "account;\n    with --admin, or a password, that account at once"},
    {"setup-link", NULL, command_setup_link, "DIR [--port N]",
     "make another such link, while there is no administrator; the one before it ends"},
    {"hosts", NULL, command_hosts, "DIR [NAME]...",
     "list the server's names, or give it others and a certificate for them (a running one takes it at "
     "SIGHUP)"},
    {"security-contact", NULL, command_security_contact, "DIR [--none | URI...]",
     "list, or name, whom a weakness is to be told: mailto:, https: or tel:, in /.well-known/security.txt"},
    {"serve", NULL, NULL,
     "DIR [--port N] [--console-port N] [--listen ADDRESS] [--connections N]\n"
     "      [--connections-per-address N] [--request-timeout S]\n"
     "      [--code-lifetime S] [--poll-interval S] [--certificate-lifetime S] [--cookie-lifetime S]\n"
     "      [--provider-ca FILE] [--public-address URL] [--alert-ca FILE] [--webhook-networks RANGES]\n"
     "      [--log-format text|json] [--metrics-token FILE] [--config FILE]",
     "serve screens and administrators until SIGTERM"},
    {"db", "move", command_db_move, "DIR postgresql://HOST/NAME | DIR --to-folder",
     "bring all that is kept into an empty PostgreSQL, or back into the folder, while no server runs; it "
     "arrives "
     "whole\n    or not at all, and what arrived is held against what was sent"},
    {"publish", NULL, command_publish,
     "DIR --channel ID [--title TEXT] [--duration S] [--rollout STEPS] [--renderers FOLDER]\n"
     "      [--renderer-user NAME] [--] CONTENT...",
     "seal, sign and publish images and videos, or a playlist FILE.json, on a channel"},
    {"channel", "add", command_channel_add, "DIR ID [--title TEXT]",
     "make a channel, empty as yet, for screens to be approved for"},
    {"restored", NULL, command_restored, "DIR [--root-version N]",
     "after DIR came from a backup: let screens take its states and content, though they have seen later "
     "ones"},
    {"rotate-keys", NULL, command_rotate_keys, "DIR root|timestamp|snapshot|targets|control|database|all...",
     "make new keys for what is signed here, and destroy the former; screens follow by themselves"},
    {"restate-time", NULL, command_restate_time, "DIR",
     "after a clock was wrong: sign what time it is now, for screens that were told a later one"},
    {"approve", NULL, command_approve,
     "DIR CODE --fingerprint GROUP --name TEXT [--channel ID] [--site TEXT] [--time-zone ZONE]\n"
     "      [--locale en|fr] [--access certificate|cookie]",
     "approve the screen that shows CODE; GROUP is one group of the fingerprint that stands there"},
    {"refuse", NULL, command_refuse, "DIR CODE", "refuse the screen that shows CODE: it shows another one"},
    {"screen", "list", command_screen_list, "DIR [--json]", "list the screens"},
    {"screen", "show", command_screen_show, "DIR SCREEN",
     "tell all about one screen, with its last events, as JSON"},
    {"screen", "now", command_screen_now, "DIR SCREEN [--at TIME] [--json]",
     "tell what is on at a screen, now or at a TIME like 2026-11-29T08:00 of its zone (with a Z of UTC), and "
     "why"},
    {"screen", "events", command_screen_events, "DIR SCREEN [--limit N] [--json]",
     "tell what a screen has reported, the newest last"},
    {"screen", "set", command_screen_set,
     "DIR SCREEN [--name TEXT] [--site TEXT] [--channel ID] [--time-zone ZONE] [--locale en|fr]\n"
     "      [--rotation 0|90|180|270] [--offline-mark yes|no] [--lock-after TIME|never]\n"
     "      [--erase-after TIME|never] [--tag TEXT]... [--untag TEXT]...",
     "change a screen; a channel of \"\" is none, the rotation turns its picture clockwise, the mark is a "
     "small one that it shows while it is offline; after a TIME like 7d without word of this headend it "
     "locks, "
     "or erases itself. A tag is a word of your own, by which screens are found"},
    {"screen", "access", command_screen_access,
     "DIR SCREEN certificate|cookie|sso|password [--session S] [--at-most S]\n"
     "      [--password-stdin | --new-password]\n"
     "      [--issuer URL --client-id ID --allow anyone|email:…|group:…|sub:…... [--scope TEXT] "
     "[--groups-claim "
     "NAME]\n"
     "      [--client-secret-file FILE] [--client-auth none|client_secret_basic|client_secret_post]]",
     "say how a screen shows who it is: by its certificate, or, where a proxy ends TLS, by its cookie and a "
     "proof of its key; or that a person has to sign in there, at a provider or by a password"},
    {"screen", "proxy", command_screen_proxy,
     "DIR SCREEN --address URL [--ca FILE] [--except LIST] [--user NAME --password-stdin] | --none | --unset",
     "say which proxy a screen is to go through, or that it is to go without; it keeps what works where the "
     "new one "
     "does not; unset: what it has is its own affair again. The password is readable by that screen alone"},
    {"screen", "sign-out", command_screen_sign_out, "DIR SCREEN",
     "end the session of whoever is signed in at a screen"},
    {"screen", "retire", command_screen_retire, "DIR SCREEN", "refuse a screen from now on"},
    {"screen", "revoke", command_screen_revoke, "DIR SCREEN",
     "refuse a screen's certificate and cookie: it shows a code, and has to be approved again"},
    {"screen", "restore", command_screen_restore, "DIR SCREEN", "take a retired screen back"},
    {"screen", "remove", command_screen_remove, "DIR SCREEN",
     "forget a retired screen, with all that it has reported"},
    {"screen", "command", command_screen_command, "DIR SCREEN NAME [ARGUMENT] [--wait] [--expires S]",
     "ask something of a screen, which answers with a signed receipt: identify [SECONDS], screenshot,\n"
     "    logs [LINES], diagnose, restart-player, restart, reboot, display on|off, volume PERCENT,\n"
     "    brightness PERCENT, clear-cache, rotate-keys, renew-certificate, set-access-mode MODE, retire"},
    {"screen", "received", command_screen_received, "DIR COMMAND [--out FILE]",
     "write the screenshot or the log that a screen has sent for a command, which \"screen command\" named"},
    {"screen", "commands", command_screen_commands, "DIR SCREEN [--json]",
     "list what was asked of a screen, and what became of it, the newest last"},
    {"group", "list", command_group_list, "DIR", "list the groups of screens"},
    {"group", "add", command_group_add,
     "DIR NAME [--priority N] [--tag TEXT]... [--site TEXT]... [--screen SCREEN]...",
     "make a group of the screens that have one of these tags, are at one of these sites, or are named; "
     "where "
     "two\n    groups of a screen say something of the same setting, the higher priority decides"},
    {"group", "remove", command_group_remove, "DIR NAME",
     "remove a group with its settings; its screens stay"},
    {"message", "send", command_message_send,
     "DIR --title [LANGUAGE=]TEXT... [--text [LANGUAGE=]TEXT]... (--for TIME | --until TIME)\n"
     "      [--severity info|warning|severe|extreme] [--style full|band] [--sound keep|duck|mute] [--key "
     "TEXT]\n"
     "      (--all | [--screen SCREEN]... [--group NAME]... [--site TEXT]... [--tag TEXT]...)",
     "show an urgent message over everything, at once, until its end; print its id, and how many screens it "
     "is "
     "for"},
    {"message", "list", command_message_list, "DIR [--json]",
     "list the urgent messages, the newest first, and how many screens show each"},
    {"message", "show", command_message_show, "DIR ID",
     "tell all of one, with its screens and which show it"},
    {"message", "cancel", command_message_cancel, "DIR ID", "end one before its end"},
    {"settings", NULL, command_settings,
     "DIR [--site TEXT | --group NAME | --screen SCREEN] [--time-zone ZONE] [--locale en|fr]\n"
     "      [--rotation 0|90|180|270] [--offline-mark yes|no] [--lock-after TIME|never]\n"
     "      [--erase-after TIME|never] [--inherit SETTING]...",
     "show, and before that change, what the organisation, a site, a group or a screen says of settings; for "
     "each the\n    nearest level counts. --inherit gives one back to the levels above: time_zone, locale, "
     "rotation, offline_mark,\n    or lock_after_s with erase_after_s"},
    {"channel", "list", command_channel_list, "DIR [--json]",
     "list the channels, what was last published on them, and how many screens show them"},
    {"channel", "rotate-key", command_channel_rotate_key, "DIR ID",
     "give a channel a new key, which its screens get; what is published from now on opens with that only"},
    {"channel", "unpublish", command_channel_unpublish, "DIR ID",
     "take back what is published on a channel: its screens say that it is empty"},
    {"channel", "versions", command_channel_versions, "DIR ID [--json]",
     "list what was published on a channel, by whom and when, as far as it is kept, the newest first"},
    {"channel", "schedule", command_channel_schedule,
     "DIR ID [--from DAY] [--to DAY] [--time-zone ZONE] [--draft] [--json | --ics]",
     "list what a channel shows from when to when, a week from today unless told otherwise, and where events "
     "get in "
     "each other's way"},
    {"channel", "preview", command_channel_preview,
     "DIR ID FILE [--at TIME] [--time-zone ZONE] [--width PIXELS] [--height PIXELS]",
     "write a picture of what a channel's draft looks like on a screen, now or at another time, as JPEG"},
    {"channel", "restore", command_channel_restore,
     "DIR ID NUMBER [--note TEXT] [--renderers FOLDER] [--renderer-user NAME]",
     "publish a version of a channel again, with the content that it had"},
    {"rollout", "show", command_rollout_show, "DIR ID [--json]",
     "tell which screens of a channel have its new version first, how they do, and why it is halted"},
    {"rollout", "advance", command_rollout_advance, "DIR ID", "begin the next step of a rollout now"},
    {"rollout", "halt", command_rollout_halt, "DIR ID",
     "halt a rollout: nobody else gets the new version, and who has it keeps it"},
    {"rollout", "resume", command_rollout_resume, "DIR ID",
     "let a rollout that is halted go on; errors so far count no more"},
    {"rollout", "finish", command_rollout_finish, "DIR ID",
     "give the new version to all screens of the channel now"},
    {"rollout", "cancel", command_rollout_cancel, "DIR ID",
     "end a rollout: its screens show again what is published"},
    {"channel", "remove", command_channel_remove, "DIR ID [--move-to ID]",
     "remove a channel with what is published on it; screens that show it need another one"},
    {"ca", "list", command_ca_list, "DIR [--json]",
     "list the certificate authorities, the newest first, and how many screens hold certificates by each"},
    {"ca", "rotate", command_ca_rotate, "DIR",
     "make a new certificate authority, which issues from now on; those before it are trusted until they are "
     "retired.\n    Screens follow by themselves"},
    {"ca", "retire", command_ca_retire, "DIR FINGERPRINT [--force]",
     "have screens trust an older authority no more, refuse its certificates, and destroy its key; with "
     "--force "
     "also\n    while screens hold such certificates, which have to be approved again then"},
    {"events", "export", command_events_export, "DIR [--format cef|jsonl] [--since TIME] [--screen SCREEN]",
     "write what screens have reported, and what is missing or wrong in it, one line each, the oldest first"},
    {"events", "verify", command_events_verify, "DIR [SCREEN]",
     "check that what screens have reported is all there, unchanged and in order, and what they have signed "
     "for;\n"
     "    exit status 1 where something was taken out, changed or put in"},
    {"audit", "export", command_audit_export, "DIR [--behind NUMBER]",
     "write what was done here, by whom and from where, one line of JSON each, the oldest first"},
    {"audit", "verify", command_audit_verify, "DIR [--noted NUMBER:HASH]",
     "check that what was done stands there as it was written, and tell the newest row's number and hash, to "
     "be "
     "noted;\n    exit status 1 where a row was changed, removed or moved"},
    {"network", "list", command_network_list, "DIR [--json]",
     "list from which networks screens may ask, and which proxies stand before this server"},
    {"network", "screens", command_network_screens, "DIR [--channel ID] --any | RANGE...",
     "let screens, or those of a channel, ask from these ranges of addresses only (203.0.113.0/24, "
     "2001:db8::/32);\n"
     "    others lock until they are moved back. The pages for people are open from everywhere"},
    {"network", "proxies", command_network_proxies,
     "DIR [--header Forwarded|X-Forwarded-For] --none | RANGE...",
     "name the proxies whose word counts for from where a screen asks, and the header that they write"},
    {"report", "plays", command_report_plays,
     "DIR [--by day|content|screen|channel] [--from DAY] [--to DAY] [--site TEXT] [--channel ID] [--screen "
     "SCREEN]",
     "write what was played, how often and for how long, as CSV: of the last 30 days, or from and to a DAY "
     "like "
     "2026-11-30"},
    {"report", "uptime", command_report_uptime,
     "DIR [--by screen|site] [--from DAY] [--to DAY] [--site TEXT] [--channel ID] [--screen SCREEN]",
     "write for how long screens were there, of the time that a headend ran, as CSV"},
    {"alert", "list", command_alert_list, "DIR [--json]", "list the rules of who is told of what"},
    {"alert", "add", command_alert_add,
     "DIR --name TEXT --about offline|problem|storage|certificate|sync|security|chain|disk|root\n"
     "      [--detail TEXT] [--site TEXT | --channel ID | --tag TEXT] [--hold S] [--repeat S] [--per-hour "
     "N]\n"
     "      [--quiet HH:MM-HH:MM] [--time-zone ZONE] [--locale en|fr] [--mail ADDRESS]... [--webhook URL]\n"
     "      [--enabled yes|no]",
     "tell somebody, by mail or a signed webhook, once something holds for S seconds, and again every S "
     "seconds "
     "as long as it\n    does; a webhook's secret is printed once"},
    {"alert", "set", command_alert_set,
     "DIR RULE [--name TEXT] [--about ...] [--detail TEXT] [--site TEXT | --channel ID | --tag TEXT] [--hold "
     "S]\n"
     "      [--repeat S] [--per-hour N] [--quiet HH:MM-HH:MM] [--time-zone ZONE] [--locale en|fr]\n"
     "      [--mail ADDRESS]... [--webhook URL] [--enabled yes|no]",
     "change a rule, which RULE names by its id or its name; what is not named stays"},
    {"alert", "remove", command_alert_remove, "DIR RULE", "remove a rule, with its messages"},
    {"alert", "test", command_alert_test, "DIR RULE", "have a rule's people told that this is a test"},
    {"alert", "messages", command_alert_messages, "DIR [--json]",
     "list what people were told, or are to be, the newest first, and why it did not reach them"},
    {"mail", "set", command_mail_set,
     "DIR --host NAME --from ADDRESS [--port N] [--tls starttls|first] [--user NAME --password-stdin]",
     "name the mail server that takes our mails, over TLS alone"},
    {"mail", "show", command_mail_show, "DIR",
     "tell which mail server takes our mails, without its password"},
    {"mail", "remove", command_mail_remove, "DIR", "name no mail server any more"},
    {"feed", "list", command_feed_list, "DIR [--json]",
     "list feeds: whose last value is fresh, stale or not there, and who gave it"},
    {"feed", "add", command_feed_add,
     "DIR NAME [--title TEXT] [--site TEXT] [--schema FILE] [--max BYTES] [--stale-after S]",
     "make a feed, a value that other systems give and screens show; of a site, for its screens alone"},
    {"feed", "set", command_feed_set,
     "DIR NAME [--title TEXT] [--site TEXT] [--schema FILE|none] [--max BYTES] [--stale-after S]",
     "change a feed; what is not named stays"},
    {"feed", "remove", command_feed_remove, "DIR NAME", "remove a feed, with its value"},
    {"feed", "show", command_feed_show, "DIR NAME", "tell all of a feed, with its value, as JSON"},
    {"feed", "value", command_feed_value, "DIR NAME JSON", "give a feed a value by hand"},
    {"feed-key", "list", command_feed_key_list, "DIR [--json]",
     "list the keys that feeds are given values with, and when they were used last"},
    {"feed-key", "add", command_feed_key_add, "DIR --name TEXT --feed NAME... [--expires TIME]",
     "make a key for these feeds alone, up to a TIME like 2027-01-31T00:00:00Z; it is printed once"},
    {"feed-key", "revoke", command_feed_key_revoke, "DIR ID", "take nothing more with a key"},
    {"user", "list", command_user_list, "DIR [--json]", "list those who may sign in"},
    {"user", "add", command_user_add, "DIR NAME [--role ROLE]... [--password-stdin]",
     "add somebody who may sign in; without a role, as an administrator. A ROLE is viewer, editor, "
     "publisher, "
     "operator, admin or\n    auditor, for all there is, or like operator:site=NAME, viewer:channel=ID"},
    {"user", "roles", command_user_roles, "DIR NAME --role ROLE...",
     "give somebody these roles in place of those before"},
    {"user", "password", command_user_password, "DIR NAME [--password-stdin]",
     "give an administrator a new password, and end the sessions"},
    {"user", "lock", command_user_lock, "DIR NAME", "lock somebody out, and end the sessions"},
    {"user", "unlock", command_user_unlock, "DIR NAME", "let somebody in again who was locked out"},
    {"user", "remove", command_user_remove, "DIR NAME", "remove an administrator, and end the sessions"},
};

static void row_print(const struct command *command, const char *indent) {
    printf("%s%s%s%s %s\n%s    %s\n", indent, command->name, command->second ? " " : "",
           command->second ? command->second : "", command->usage, indent, command->what);
}

/* The commands of one name, or all where it is NULL. How many there were. */
static size_t usage_print(const char *name) {
    size_t count = 0;
    for (size_t i = 0; i < PP_COUNT(commands); i++) {
        if (name && strcmp(name, commands[i].name) != 0)
            continue;
        if (!count++)
            printf("usage: pingplay-headend %s%sCOMMAND ...\n\n", name ? name : "", name ? " " : "");
        row_print(&commands[i], "  ");
    }
    if (count)
        printf("\nSCREEN is an id, the first characters of one, or a name. \"--\" ends the options.\n");
    return count;
}

static bool is_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* Whether help is asked for, anywhere among the options. */
static bool asks_for_help(int argc, char **argv) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (is_help(argv[i]))
            return true;
    }
    return false;
}

static const struct command *command_find(int argc, char **argv) {
    for (size_t i = 0; i < PP_COUNT(commands); i++) {
        const struct command *command = &commands[i];
        if (strcmp(argv[1], command->name) == 0 &&
            (!command->second || (argc > 2 && strcmp(argv[2], command->second) == 0)))
            return command;
    }
    return NULL;
}

bool command_run(int argc, char **argv, command_function *serve, struct pp_error *error) {
    if (argc < 2 || is_help(argv[1]) || strcmp(argv[1], "help") == 0) {
        usage_print(NULL);
        return argc >= 2 ? true : pp_fail(error, PP_E_INVALID, "no command given");
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("pingplay-headend " PP_VERSION "\n");
        return true;
    }
    const struct command *command = command_find(argc, argv);
    if (asks_for_help(argc - 1, argv + 1)) {
        if (command) {
            printf("usage: pingplay-headend ");
            row_print(command, "");
            return true;
        }
        if (usage_print(argv[1]))
            return true;
    }
    if (!command)
        return pp_fail(error, PP_E_INVALID, "unknown command: %s%s%s (try --help)", argv[1],
                       argc > 2 ? " " : "", argc > 2 ? argv[2] : "");
    int words = command->second ? 2 : 1;
    command_function *run = command->run ? command->run : serve;
    return run(argc - words, argv + words, error);
}

bool command_words(const struct pp_option *table, int argc, char **argv, int count, int *first,
                   const char *needed, struct pp_error *error) {
    if (!pp_options_parse(table, argc, argv, first, error))
        return false;
    return argc - *first == count ? true : pp_fail(error, PP_E_INVALID, "%s (try --help)", needed);
}

void command_print_json(const cJSON *value) {
    pp_autojsontext char *text = cJSON_Print(value);
    text_print(text ? text : "null");
    printf("\n");
}
