/* The network's service, with a program in nmcli's place: what is asked of it, in which order, what stands in the
 * folder then, and that whatever goes wrong leaves what was there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "ipc/conn.h"
#include "ipc/local.h"
#include "network/service.h"
#include "support/test_folder.h"

#define OTHER "11111111-2222-4333-8444-555555555555"

/* Notes its words, fails where the folder has "fail-WORD" of one of them (once, where it has "once" in it), and answers
 * as it does: which connection is active stands in a file. */
static const char stand_in[] =
    "#!/bin/sh\n"
    "cd \"${0%/*}\" || exit 9\n"
    "echo \"$*\" >>words\n"
    "env >environment\n"
    "for word; do\n"
    "  [ -e \"fail-$word\" ] || continue\n"
    "  [ \"$(cat \"fail-$word\")\" = once ] && rm \"fail-$word\"\n"
    "  echo 'Error: it does not.'; exit 4\n"
    "done\n"
    "case \"$*\" in *--active*) cat active 2>/dev/null;; *'show uuid'*) cat shown 2>/dev/null;; esac\n"
    "exit 0\n";

static void put(const struct test_folder *folder, const char *name, const char *text) {
    assert_true(pp_file_replace(folder->fd, name, text, strlen(text), 0700, NULL));
}

static void prepare(const struct test_folder *folder) {
    put(folder, "nmcli", stand_in);
    assert_true(pp_dir_make(folder->fd, "profiles", 0700, NULL));
}

/* The answer's first byte, and its text; -1 where there is none. */
static int send_packet(const struct test_folder *folder, uid_t agent, const void *packet, size_t size,
                       char text[1024]) {
    char profiles[PP_PATH_MAX], nmcli[PP_PATH_MAX], keys[PP_PATH_MAX], socket[PP_PATH_MAX], answer[1024];
    snprintf(profiles, sizeof profiles, "%s/profiles", folder->path);
    snprintf(keys, sizeof keys, "%s/keys", folder->path);
    snprintf(socket, sizeof socket, "%s/agent.sock", folder->path);
    snprintf(nmcli, sizeof nmcli, "%s/nmcli", folder->path);
    const struct network_service service = {.profiles = {.folder = profiles, .nmcli = nmcli, .keys = keys},
                                            .agent = agent,
                                            .stick = (uid_t)-1,
                                            .agent_socket = socket};
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(send(ends[0], packet, size, 0), size);
    network_answer(&service, ends[1]);
    close(ends[1]);
    ssize_t got = recv(ends[0], answer, sizeof answer - 1, 0);
    close(ends[0]);
    if (got <= 0)
        return -1;
    memcpy(text, answer + 1, (size_t)got - 1);
    text[got - 1] = 0;
    return answer[0];
}

static int ask_of(const struct test_folder *folder, uid_t agent, const struct network_request *request,
                  char text[1024]) {
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(NETWORK_REQUEST_MAX);
    assert_true(network_request_encode(request, &packet, NULL));
    return send_packet(folder, agent, packet.data, packet.size, text);
}

static int ask(const struct test_folder *folder, const struct network_request *request, char text[1024]) {
    return ask_of(folder, (uid_t)-1, request, text);
}

#define CA "-----BEGIN CERTIFICATE-----\nMAAx\n-----END CERTIFICATE-----\n"

static const struct network_request dot1x = {
    .verb = NETWORK_8021X, .interface = "eth0", .dot1x = {.server = "radius.example", .ca = CA}};
static const struct network_request dhcp = {.verb = NETWORK_DHCP, .interface = "eth0"};

static struct network_request wifi_of(const char *passphrase) {
    struct network_request request = {
        .verb = NETWORK_WIFI, .wifi = {.ssid = "Lobby", .ssid_size = 5, .security = NETWORK_WPA2_WPA3}};
    strcpy(request.wifi.passphrase, passphrase);
    return request;
}

static bool there(const struct test_folder *folder, const char *name) {
    struct stat about;
    return fstatat(folder->fd, name, &about, 0) == 0;
}

static void expect_text(const struct test_folder *folder, const char *name, const char *part) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(64 * 1024);
    assert_true(pp_file_read(folder->fd, name, &text, NULL));
    if (!strstr(pp_buf_text(&text), part))
        fail_msg("%s has no \"%s\": %s", name, part, pp_buf_text(&text));
}

/* The words of each run, each line up to its first path or UUID. */
static void expect_runs(const struct test_folder *folder, const char *const *starts) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(64 * 1024);
    assert_true(pp_file_read(folder->fd, "words", &text, NULL));
    const char *line = pp_buf_text(&text);
    for (; *starts; starts++) {
        if (strncmp(line, *starts, strlen(*starts)) != 0)
            fail_msg("not \"%s\": %s", *starts, line);
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    assert_string_equal(line, "");
    assert_true(pp_file_remove(folder->fd, "words", NULL));
}

static const char note[] = "-t -f UUID,STATE,TYPE,DEVICE connection show --active",
                  load[] = "connection load /", up[] = "--wait 45 connection up uuid ",
                  del[] = "connection delete uuid ", return_other[] = "--wait 45 connection up uuid " OTHER;

#define A "profiles/pingplay-wired-eth0-a.nmconnection"
#define B "profiles/pingplay-wired-eth0-b.nmconnection"

static void a_change_is_tried_and_then_kept(void **state) {
    const struct test_folder *folder = *state;
    struct stat about;
    char text[1024];
    prepare(folder);
    assert_int_equal(ask(folder, &dhcp, text), 0);
    assert_string_equal(text, "");
    expect_runs(folder, (const char *const[]){note, load, up, load, NULL});
    expect_text(folder, A, "autoconnect=true\n");
    assert_int_equal(fstatat(folder->fd, A, &about, 0), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
    assert_false(there(folder, B));
    /* The next one stands beside it, and then instead of it; then it is the first one's place again. */
    assert_int_equal(ask(folder, &dhcp, text), 0);
    expect_runs(folder, (const char *const[]){note, load, up, load, del, NULL});
    assert_false(there(folder, A));
    expect_text(folder, B, "autoconnect=true\n");
    assert_int_equal(ask(folder, &dhcp, text), 0);
    assert_true(there(folder, A));
    assert_false(there(folder, B));
}

static void a_step_that_goes_wrong_leaves_what_was_there(void **state) {
    const struct test_folder *folder = *state;
    static const char others[] = OTHER ":activated:802-3-ethernet:eth0\n";
    char text[1024];
    prepare(folder);
    assert_int_equal(ask(folder, &dhcp, text), 0);
    assert_true(pp_file_remove(folder->fd, "words", NULL));
    pp_autobuf struct pp_buf before = PP_BUF_INIT(KEYFILE_MAX);
    assert_true(pp_file_read(folder->fd, A, &before, NULL));
    put(folder, "active", others);
    static const struct {
        const char *fails;
        const char *const runs[8];
    } rows[] = {
        {"fail---active", {note}},
        {"fail-load", {note, load, del, return_other}},
        {"fail-up", {note, load, up, del, return_other}},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        pp_autobuf struct pp_buf after = PP_BUF_INIT(KEYFILE_MAX);
        put(folder, rows[i].fails, "once\n");
        assert_int_equal(ask(folder, &dhcp, text), 1);
        assert_string_equal(text, "NetworkManager: Error: it does not.");
        expect_runs(folder, rows[i].runs);
        assert_true(pp_file_read(folder->fd, A, &after, NULL));
        assert_string_equal(pp_buf_text(&after), pp_buf_text(&before));
        assert_false(there(folder, B));
    }
}

static void what_does_not_come_back_is_told(void **state) {
    const struct test_folder *folder = *state;
    char text[1024];
    prepare(folder);
    put(folder, "active",
        "garbage\n" OTHER ":activated:802-3-ethernet:eth1\n" OTHER ":activating:802-3-ethernet:eth0\n");
    put(folder, "fail-up", "always\n");
    assert_int_equal(ask(folder, &dhcp, text), 1);
    assert_string_equal(text,
                        "the former connection did not come up again: NetworkManager: Error: it does not.");
    expect_runs(folder, (const char *const[]){note, load, up, del, return_other, NULL});
    assert_false(there(folder, A));
}

/* Such as the screen's own access point, which was closed for the change: NetworkManager takes its time. */
static void what_is_going_away_is_not_brought_back(void **state) {
    const struct test_folder *folder = *state;
    char text[1024];
    prepare(folder);
    put(folder, "active", OTHER ":deactivating:802-3-ethernet:eth0\n");
    put(folder, "fail-up", "once\n");
    assert_int_equal(ask(folder, &dhcp, text), 1);
    assert_string_equal(text, "NetworkManager: Error: it does not.");
    expect_runs(folder, (const char *const[]){note, load, up, del, NULL});
}

static void an_interrupted_trial_is_cleared_away(void **state) {
    const struct test_folder *folder = *state;
    char text[1024];
    prepare(folder);
    put(folder, A, "uuid=" OTHER "\nautoconnect=false\n");
    assert_int_equal(ask(folder, &dhcp, text), 0);
    expect_runs(folder, (const char *const[]){note, "connection delete uuid " OTHER, load, up, load, NULL});
    expect_text(folder, A, "autoconnect=true\n");
}

/* Into the profile alone, and into no word, environment or answer. */
static void a_passphrase_goes_nowhere_but_into_the_profile(void **state) {
    const struct test_folder *folder = *state;
    const struct network_request request = wifi_of("marked-secret");
    static const char *const others[] = {"words", "environment"};
    char text[1024];
    prepare(folder);
    assert_int_equal(ask(folder, &request, text), 0);
    expect_text(folder, "profiles/pingplay-wifi-a.nmconnection", "psk=marked-secret\n");
    for (size_t i = 0; i < PP_COUNT(others); i++) {
        pp_autobuf struct pp_buf content = PP_BUF_INIT(64 * 1024);
        assert_true(pp_file_read(folder->fd, others[i], &content, NULL));
        assert_null(strstr(pp_buf_text(&content), "marked-secret"));
    }
    put(folder, "fail-up", "always\n");
    assert_int_equal(ask(folder, &request, text), 1);
    assert_null(strstr(text, "marked-secret"));
    assert_int_equal(ask(folder, &(struct network_request){.verb = NETWORK_SHOW}, text), 0);
    assert_null(strstr(text, "marked-secret"));
}

static void what_is_forgotten_is_gone_and_nothing_else(void **state) {
    const struct test_folder *folder = *state;
    const struct network_request forget = {.verb = NETWORK_FORGET, .interface = "eth0"};
    const struct network_request wifi = wifi_of("correct horse");
    char text[1024];
    prepare(folder);
    put(folder, "profiles/office.nmconnection", "[connection]\n");
    assert_int_equal(ask(folder, &dhcp, text), 0);
    assert_int_equal(ask(folder, &wifi, text), 0);
    put(folder, B ".new", "half of a profile");
    assert_int_equal(ask(folder, &forget, text), 0);
    assert_false(there(folder, A));
    assert_false(there(folder, B ".new"));
    assert_true(there(folder, "profiles/pingplay-wifi-a.nmconnection"));
    assert_true(there(folder, "profiles/office.nmconnection"));
    assert_int_equal(ask(folder, &forget, text), 1);
    assert_string_equal(text, "there is no profile of it");
}

/* "linked-N": what each profile was that NetworkManager has loaded, by another name for the same file. */
static const char linking[] = "#!/bin/sh\n"
                              "cd \"${0%/*}\" || exit 9\n"
                              "[ \"$2\" != load ] || ln \"$3\" \"linked-$(ls | wc -l)\"\n"
                              "case \"$*\" in *--active*) ;; *up*) [ ! -e fail-up ];; esac\n";

static void expect_overwritten(const struct test_folder *folder, size_t expected) {
    pp_autodir DIR *entries = opendir(folder->path);
    size_t count = 0;
    for (const struct dirent *entry; (entry = readdir(entries));) {
        pp_autobuf struct pp_buf text = PP_BUF_INIT(64 * 1024);
        if (strncmp(entry->d_name, "linked-", 7) != 0)
            continue;
        assert_true(pp_file_read(folder->fd, entry->d_name, &text, NULL));
        assert_true(text.size > 100);
        assert_null(memmem(text.data, text.size, "marked", 6));
        count++;
    }
    assert_int_equal(count, expected);
}

/* The trial's file, which the kept one replaces; that of a trial that failed; and the kept one when it is
 * forgotten. */
static void a_passphrase_is_overwritten_wherever_it_stood(void **state) {
    const struct test_folder *folder = *state;
    const struct network_request request = wifi_of("marked-secret");
    char text[1024];
    prepare(folder);
    put(folder, "nmcli", linking);
    assert_int_equal(ask(folder, &request, text), 0);
    put(folder, "fail-up", "");
    assert_int_equal(ask(folder, &request, text), 1);
    assert_int_equal(ask(folder, &(struct network_request){.verb = NETWORK_FORGET}, text), 0);
    expect_overwritten(folder, 3);
}

static struct network_request erase_decided(struct pp_boot_time decided) {
    decided.ms++; /* later than what was set in the same millisecond */
    return (struct network_request){.verb = NETWORK_ERASE, .decided = decided};
}

/* Also where it was decided in a former run of the kernel; not where it is not known when. */
static void a_wifi_that_was_set_after_an_erase_was_decided_is_left(void **state) {
    const struct test_folder *folder = *state;
    const struct network_request wifi = wifi_of("correct horse");
    const struct pp_boot_time before = {.boot = {1}, .ms = UINT64_MAX - 1}, unknown = {.ms = 0};
    struct pp_boot_time now = pp_boot_time_now();
    char text[1024];
    prepare(folder);
    now.ms -= 2;
    assert_int_equal(ask(folder, &wifi, text), 0);
    const struct network_request decided[] = {erase_decided(now), erase_decided(before),
                                              erase_decided(unknown)};
    for (size_t i = 0; i < PP_COUNT(decided); i++) {
        assert_true(there(folder, "profiles/pingplay-wifi-a.nmconnection"));
        assert_int_equal(ask_of(folder, getuid(), &decided[i], text), 0);
    }
    assert_false(there(folder, "profiles/pingplay-wifi-a.nmconnection"));
}

static void the_agent_may_have_the_wifi_erased_and_nothing_else(void **state) {
    const struct test_folder *folder = *state;
    const struct network_request wifi = wifi_of("correct horse");
    const struct network_request others[] = {
        wifi, dhcp, dot1x, {.verb = NETWORK_FORGET}, {.verb = NETWORK_SHOW}};
    char text[1024];
    prepare(folder);
    assert_int_equal(ask(folder, &dhcp, text), 0);
    assert_int_equal(ask(folder, &wifi, text), 0);
    put(folder, "profiles/pingplay-wifi.nmconnection", "of the image");
    assert_true(pp_file_remove(folder->fd, "words", NULL));
    for (size_t i = 0; i < PP_COUNT(others); i++) {
        assert_int_equal(ask_of(folder, getuid(), &others[i], text), 1);
        assert_string_equal(text, "the agent may not ask for that");
    }
    assert_false(there(folder, "words"));
    /* There or not. */
    const struct network_request erase = erase_decided(pp_boot_time_now());
    for (int i = 0; i < 2; i++)
        assert_int_equal(ask_of(folder, getuid(), &erase, text), 0);
    expect_runs(folder, (const char *const[]){del, NULL});
    assert_false(there(folder, "profiles/pingplay-wifi-a.nmconnection"));
    assert_true(there(folder, A));
    expect_text(folder, "profiles/pingplay-wifi.nmconnection", "of the image");
}

static void profiles_are_shown_as_networkmanager_has_them(void **state) {
    const struct test_folder *folder = *state;
    char text[1024];
    prepare(folder);
    put(folder, "profiles/office.nmconnection", "uuid=" OTHER "\nautoconnect=true\n");
    put(folder, "profiles/pingplay-wired-eth1-a.nmconnection", "uuid=" OTHER "\nautoconnect=false\n");
    put(folder, A, "uuid=" OTHER "\nautoconnect=true\n");
    put(folder, "shown",
        "connection.type:802-3-ethernet\nconnection.interface-name:eth0\nipv6.dns:2001:db8::53\n"
        "ipv4.gateway:\nGENERAL.STATE:activated\nIP4.ADDRESS[1]:192.0.2.10/24\nother:x\n");
    assert_int_equal(ask(folder, &(struct network_request){.verb = NETWORK_SHOW}, text), 0);
    assert_string_equal(
        text, "{\"format\":1,\"profiles\":[{\"name\":\"pingplay-wired-eth0\",\"uuid\":\"" OTHER "\","
              "\"addresses\":[\"192.0.2.10/24\"],\"type\":\"802-3-ethernet\",\"interface\":\"eth0\","
              "\"ipv6_dns\":\"2001:db8::53\",\"state\":\"activated\",\"active\":true}]}");
}

static void a_request_that_is_wrong_has_no_effect(void **state) {
    const struct test_folder *folder = *state;
    char text[1024];
    prepare(folder);
    assert_int_equal(send_packet(folder, (uid_t)-1, "\1\4\4et/0", 7, text), 1);
    assert_string_equal(text, "interface: not a name");
    assert_int_equal(send_packet(folder, (uid_t)-1, "\1\4\4eth0+", 8, text), 1);
    assert_string_equal(text, "the request is too long");
    assert_false(there(folder, "words"));
}

/* ---- 802.1X ---- */

#define KEY "-----BEGIN EC PRIVATE KEY-----\nbWFya2Vk\n-----END EC PRIVATE KEY-----\n"

static const struct network_request key_changed = {.verb = NETWORK_KEY};

/* In the agent's place: answers one question with one message. */
struct stand_in_agent {
    pthread_t thread;
    int listener;
    enum local_type asked;
    struct local_message answer;
};

static void *answer_once(void *arg) {
    struct stand_in_agent *agent = arg;
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_REQUEST_MAX);
    struct local_message request;
    pp_autoclose int peer = accept(agent->listener, NULL, NULL);
    if (local_receive(peer, LOCAL_REQUEST_MAX, &packet, &request, NULL) && request.type == agent->asked)
        (void)!local_send(peer, &agent->answer, NULL);
    return NULL;
}

static int ask_while_asked(const struct test_folder *folder, const struct network_request *request,
                           enum local_type asked, const struct local_message *said, char text[1024]) {
    struct stand_in_agent agent = {.answer = *said, .asked = asked};
    char path[PP_PATH_MAX];
    snprintf(path, sizeof path, "%s/agent.sock", folder->path);
    agent.listener = ipc_listen(path, NULL);
    assert_true(agent.listener >= 0);
    assert_int_equal(fcntl(agent.listener, F_SETFL, 0), 0);
    assert_int_equal(pthread_create(&agent.thread, NULL, answer_once, &agent), 0);
    int status = ask(folder, request, text);
    pthread_join(agent.thread, NULL);
    close(agent.listener);
    assert_int_equal(unlink(path), 0);
    return status;
}

static int ask_with_agent(const struct test_folder *folder, const struct network_request *request,
                          const struct local_message *said, char text[1024]) {
    return ask_while_asked(folder, request, LOCAL_KEY, said, text);
}

static struct local_message credentials_of(const char *device, const char *chain, const char *key) {
    return (struct local_message){.type = LOCAL_CREDENTIALS,
                                  .credentials = {.device = local_text_of(device),
                                                  .end_s = 1795892168,
                                                  .chain = local_text_of(chain),
                                                  .key = local_text_of(key)}};
}

/* In memory, whatever the folder of the test is on. */
static void prepare_keys(const struct test_folder *folder) {
    char memory[] = "/dev/shm/pingplay-keys-XXXXXX";
    prepare(folder);
    assert_non_null(mkdtemp(memory));
    assert_int_equal(symlinkat(memory, folder->fd, "keys"), 0);
}

static void remove_keys(const struct test_folder *folder) {
    char memory[PP_PATH_MAX] = "";
    assert_true(readlinkat(folder->fd, "keys", memory, sizeof memory - 1) > 0);
    assert_int_equal(rmdir(memory), 0); /* nothing is left in it */
}

static void dot1x_has_the_certificate_and_the_key_of_the_agent(void **state) {
    const struct test_folder *folder = *state;
    const struct local_message first = credentials_of("device-1", CA CA, KEY);
    const struct network_request forget = {.verb = NETWORK_FORGET, .interface = "eth0"};
    struct stat about;
    char text[1024];
    prepare_keys(folder);
    assert_int_equal(ask_with_agent(folder, &dot1x, &first, text), 0);
    expect_runs(folder, (const char *const[]){note, load, up, load, NULL});
    expect_text(folder, A, "\nidentity=device-1\n");
    expect_text(folder, "profiles/pingplay-wired-eth0-a.pem", CA);
    expect_text(folder, "keys/client.pem", CA CA);
    expect_text(folder, "keys/client.key", KEY);
    assert_int_equal(fstatat(folder->fd, "keys/client.key", &about, 0), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
    put(folder, "shown", "802-1x.eap:tls\n");
    assert_int_equal(ask(folder, &(struct network_request){.verb = NETWORK_SHOW}, text), 0);
    assert_non_null(strstr(text, "\"certificate\":\"expired\",\"certificate_end\":\"2026-11-28T18:56:08Z\""));
    assert_null(strstr(text, "bWFya2Vk"));
    assert_int_equal(ask(folder, &forget, text), 0);
    assert_false(there(folder, "keys/client.key"));
    assert_false(there(folder, "profiles/pingplay-wired-eth0-a.pem"));
    remove_keys(folder);
}

static void another_certificate_is_followed_where_a_profile_wants_it(void **state) {
    const struct test_folder *folder = *state;
    const struct local_message first = credentials_of("device-1", CA, KEY);
    const struct local_message next = credentials_of("device-2", CA CA, KEY);
    const struct local_message none = credentials_of("", "", "");
    char text[1024], uuid[64], line[128];
    prepare_keys(folder);
    /* Nobody is asked where nothing wants it. */
    assert_int_equal(ask(folder, &key_changed, text), 0);
    assert_false(there(folder, "words"));
    assert_int_equal(ask_with_agent(folder, &dot1x, &first, text), 0);
    assert_true(pp_file_remove(folder->fd, "words", NULL));
    /* It waits: it is brought up, by the identity of the new one. */
    assert_int_equal(ask_with_agent(folder, &key_changed, &next, text), 0);
    expect_runs(folder, (const char *const[]){load, "-t -f UUID,STATE connection show --active", up, NULL});
    expect_text(folder, A, "\nidentity=device-2\n");
    expect_text(folder, "keys/client.pem", CA CA);
    /* It is up: it stays so. */
    pp_autobuf struct pp_buf profile = PP_BUF_INIT(KEYFILE_MAX);
    assert_true(pp_file_read(folder->fd, A, &profile, NULL));
    assert_int_equal(sscanf(strstr(pp_buf_text(&profile), "uuid="), "uuid=%63s", uuid), 1);
    snprintf(line, sizeof line, "%s:activated\n", uuid);
    put(folder, "active", line);
    assert_int_equal(ask_with_agent(folder, &key_changed, &next, text), 0);
    expect_runs(folder, (const char *const[]){"-t -f UUID,STATE connection show --active", NULL});
    /* It cannot be asked now: what is there stays. */
    assert_int_equal(ask(folder, &key_changed, text), 2);
    assert_true(there(folder, "keys/client.key"));
    /* It has none any more. */
    assert_int_equal(ask_with_agent(folder, &key_changed, &none, text), 0);
    assert_false(there(folder, "keys/client.key"));
    assert_false(there(folder, "keys/client.pem"));
    assert_true(there(folder, A));
    assert_false(there(folder, "words"));
    remove_keys(folder);
}

static void a_key_goes_nowhere_but_into_memory(void **state) {
    const struct test_folder *folder = *state;
    const struct local_message first = credentials_of("device-1", CA, KEY);
    char text[1024];
    prepare(folder);
    assert_int_equal(symlinkat("/proc/self", folder->fd, "keys"), 0);
    assert_int_equal(ask_with_agent(folder, &dot1x, &first, text), 1);
    assert_non_null(strstr(text, "is not in memory, and a key is never written to a storage"));
    assert_false(there(folder, "words"));
    assert_false(there(folder, A));
}

static void what_the_agent_says_is_looked_at(void **state) {
    const struct test_folder *folder = *state;
    const struct {
        struct local_message said;
        const char *reason;
    } rows[] = {
        {credentials_of("", "", ""),
         "this screen has no certificate yet: it has to be enrolled over another network first"},
        {credentials_of("a\tb", CA, KEY), "the agent's device: not a name"},
        {credentials_of("d", KEY, KEY),
         "the agent's certificate: no document in PEM, or a line between two of them"},
        {credentials_of("d", CA, CA), "the agent's key: no document in PEM, or a line between two of them"},
        {{.type = LOCAL_END}, "the agent answers something else"},
        {{.type = LOCAL_REFUSED, .refused = {.refusal = LOCAL_DENIED, .reason = local_text_of("no")}},
         "the agent: no"},
    };
    char text[1024];
    prepare_keys(folder);
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        assert_int_equal(ask_with_agent(folder, &dot1x, &rows[i].said, text), 1);
        assert_string_equal(text, rows[i].reason);
    }
    assert_false(there(folder, "words"));
    /* A change that fails leaves no key either. */
    const struct local_message first = credentials_of("device-1", CA, KEY);
    put(folder, "fail-up", "always\n");
    assert_int_equal(ask_with_agent(folder, &dot1x, &first, text), 1);
    assert_false(there(folder, A));
    assert_false(there(folder, "profiles/pingplay-wired-eth0-a.pem"));
    remove_keys(folder);
}

/* ---- A gateway that does not answer ---- */

/* An interface that there is not, so that nobody is waited for. */
static const char no_gateway[] = "GENERAL.DEVICES:nothere0\nIP4.GATEWAY:192.0.2.77\n";

static struct local_message diagnosed(const char *checks) {
    return (struct local_message){.type = LOCAL_DOCUMENT, .document = local_text_of(checks)};
}

static void it_is_no_matter_where_the_headend_is_reached(void **state) {
    const struct test_folder *folder = *state;
    const struct network_request wifi = wifi_of("correct horse");
    static const char silent[] = "interface nothere0: No such device, and the headend is not reached";
    static const struct {
        const char *document; /* of the agent's diagnosis; NULL: it has another one under way */
        const char *text;     /* NULL: it is done */
    } rows[] = {
        {"{\"checks\":[{\"name\":\"tcp\",\"verdict\":\"ok\"}]}", NULL},
        {"{\"checks\":[{\"name\":\"tcp\",\"verdict\":\"skipped\"},{\"name\":\"proxy\",\"verdict\":\"ok\"}]}",
         NULL},
        {"{\"checks\":[{\"name\":\"link\",\"verdict\":\"ok\"},{\"name\":\"tcp\",\"verdict\":\"fault\"}]}",
         silent},
        {"{\"checks\":[]}", silent},
        {"{\"checks\":7}", silent},
        {"[", "interface nothere0: No such device"}, /* no answer */
        {NULL, "interface nothere0: No such device"},
    };
    prepare(folder);
    put(folder, "shown", no_gateway);
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct local_message said = {.type = LOCAL_REFUSED,
                                     .refused = {.refusal = LOCAL_BUSY, .reason = local_text_of("busy")}};
        char text[1024];
        if (rows[i].document)
            said = diagnosed(rows[i].document);
        int status = ask_while_asked(folder, &wifi, LOCAL_DIAGNOSE, &said, text);
        assert_int_equal(status, rows[i].text ? 1 : 0);
        assert_string_equal(text, rows[i].text ? rows[i].text : "");
    }
    /* Nor where there is no agent to say so. */
    char text[1024];
    assert_int_equal(ask(folder, &wifi, text), 1);
    assert_string_equal(text, "interface nothere0: No such device");
}

static void it_is_kept_where_somebody_wants_that_and_told(void **state) {
    const struct test_folder *folder = *state;
    struct network_request wifi = wifi_of("correct horse");
    const struct local_message said = diagnosed("{\"checks\":[{\"name\":\"tcp\",\"verdict\":\"fault\"}]}");
    char text[1024];
    prepare(folder);
    wifi.keep = true;
    put(folder, "shown", no_gateway);
    assert_int_equal(ask_while_asked(folder, &wifi, LOCAL_DIAGNOSE, &said, text), 0);
    assert_string_equal(text, "interface nothere0: No such device, and the headend is not reached");
    expect_text(folder, "profiles/pingplay-wifi-a.nmconnection", "autoconnect=true\n");
    /* What does not come up at all is not. */
    put(folder, "fail-up", "always\n");
    assert_int_equal(ask(folder, &wifi, text), 1);
    assert_string_equal(text, "NetworkManager: Error: it does not.");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_change_is_tried_and_then_kept, test_folder_create,
                                        test_folder_destroy),
        cmocka_unit_test_setup_teardown(a_step_that_goes_wrong_leaves_what_was_there, test_folder_create,
                                        test_folder_destroy),
        cmocka_unit_test_setup_teardown(what_does_not_come_back_is_told, test_folder_create,
                                        test_folder_destroy),
        cmocka_unit_test_setup_teardown(what_is_going_away_is_not_brought_back, test_folder_create,
                                        test_folder_destroy),
        cmocka_unit_test_setup_teardown(an_interrupted_trial_is_cleared_away, test_folder_create,
                                        test_folder_destroy),
        cmocka_unit_test_setup_teardown(a_passphrase_goes_nowhere_but_into_the_profile, test_folder_create,
                                        test_folder_destroy),
        cmocka_unit_test_setup_teardown(what_is_forgotten_is_gone_and_nothing_else, test_folder_create,
                                        test_folder_destroy),
        cmocka_unit_test_setup_teardown(a_passphrase_is_overwritten_wherever_it_stood, test_folder_create,
                                        test_folder_destroy),
        cmocka_unit_test_setup_teardown(the_agent_may_have_the_wifi_erased_and_nothing_else,
                                        test_folder_create, test_folder_destroy),
        cmocka_unit_test_setup_teardown(a_wifi_that_was_set_after_an_erase_was_decided_is_left,
                                        test_folder_create, test_folder_destroy),
        cmocka_unit_test_setup_teardown(profiles_are_shown_as_networkmanager_has_them, test_folder_create,
                                        test_folder_destroy),
        cmocka_unit_test_setup_teardown(dot1x_has_the_certificate_and_the_key_of_the_agent,
                                        test_folder_create, test_folder_destroy),
        cmocka_unit_test_setup_teardown(another_certificate_is_followed_where_a_profile_wants_it,
                                        test_folder_create, test_folder_destroy),
        cmocka_unit_test_setup_teardown(a_key_goes_nowhere_but_into_memory, test_folder_create,
                                        test_folder_destroy),
        cmocka_unit_test_setup_teardown(what_the_agent_says_is_looked_at, test_folder_create,
                                        test_folder_destroy),
        cmocka_unit_test_setup_teardown(it_is_no_matter_where_the_headend_is_reached, test_folder_create,
                                        test_folder_destroy),
        cmocka_unit_test_setup_teardown(it_is_kept_where_somebody_wants_that_and_told, test_folder_create,
                                        test_folder_destroy),
        cmocka_unit_test_setup_teardown(a_request_that_is_wrong_has_no_effect, test_folder_create,
                                        test_folder_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
