/*
 * A child process `node tests/e2e/servers/scripted.mjs`: a headend whose answers the test dictates, over real
 * TLS. Its commands are described there. Everything here asserts, so a test reads as a list of what happens.
 */
#ifndef PP_TESTS_SUPPORT_SERVER_H
#define PP_TESTS_SUPPORT_SERVER_H

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "support/test_folder.h"

#define TEST_SERVER_WAIT_MS 30000 /* for one answer of the server, generous */

struct test_server {
    pid_t pid;
    FILE *commands;
    FILE *answers;
    char folder[TEST_FOLDER_SIZE];
    cJSON *ready; /* {"ports": …, "paths": …} */
};

static inline cJSON *test_server_read(struct test_server *server) {
    char *line = NULL;
    size_t room = 0;
    struct pollfd fd = {.fd = fileno(server->answers), .events = POLLIN};
    assert_int_equal(poll(&fd, 1, TEST_SERVER_WAIT_MS), 1);
    assert_true(getline(&line, &room, server->answers) > 0);
    cJSON *value = cJSON_Parse(line);
    free(line);
    assert_non_null(value);
    return value;
}

static inline void test_server_start(struct test_server *server) {
    int in[2];
    int out[2];
    char script[512];
    /* PP_TEST_DATA is tests/data, which need not exist. */
    const char *end = strrchr(PP_TEST_DATA, '/');
    snprintf(script, sizeof script, "%.*s/e2e/servers/scripted.mjs", (int)(end - PP_TEST_DATA), PP_TEST_DATA);
    signal(SIGPIPE, SIG_IGN);
    test_folder_make(server->folder);
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        execlp("node", "node", script, server->folder, NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    server->commands = fdopen(in[1], "w");
    server->answers = fdopen(out[0], "r");
    assert_non_null(server->commands);
    assert_non_null(server->answers);
    setvbuf(server->answers, NULL, _IONBF, 0);
    server->ready = test_server_read(server);
}

static inline void test_server_stop(struct test_server *server) {
    fclose(server->commands);
    fclose(server->answers);
    waitpid(server->pid, NULL, 0);
    cJSON_Delete(server->ready);
    test_folder_remove(server->folder);
}

/* A command, printf-like, and its answer, which the caller deletes. */
__attribute__((format(printf, 2, 3))) static inline cJSON *test_server_ask(struct test_server *server,
                                                                           const char *format, ...) {
    va_list args;
    va_start(args, format);
    vfprintf(server->commands, format, args);
    va_end(args);
    fputc('\n', server->commands);
    fflush(server->commands);
    return test_server_read(server);
}

/* A command whose answer says nothing. */
#define test_server_do(...) cJSON_Delete(test_server_ask(__VA_ARGS__))

static inline int test_server_port(const struct test_server *server, const char *name) {
    const cJSON *port =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(server->ready, "ports"), name);
    assert_true(cJSON_IsNumber(port));
    return port->valueint;
}

static inline const char *test_server_path(const struct test_server *server, const char *name) {
    const cJSON *path =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(server->ready, "paths"), name);
    assert_true(cJSON_IsString(path));
    return path->valuestring;
}

static inline void test_server_url(const struct test_server *server, const char *name, char url[64]) {
    snprintf(url, 64, "https://127.0.0.1:%d", test_server_port(server, name));
}

/* A member of the request at `index` of a log, as text; "" where it is null or absent. */
static inline const char *test_log_text(const cJSON *log, int index, const char *member) {
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(log, index), member);
    return cJSON_IsString(value) ? value->valuestring : "";
}

/* A request header, NULL where it did not come. */
static inline const char *test_log_header(const cJSON *log, int index, const char *name) {
    const cJSON *headers = cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(log, index), "headers");
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(headers, name);
    return cJSON_IsString(value) ? value->valuestring : NULL;
}

#endif
