/* Enrolment of all screens that are not enrolled: RFC 8628, approval by fleet-approve (approve.c), and EST. */
#include <errno.h>
#include <sys/epoll.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/json.h"
#include "fleet/fleet.h"

#define AT_ONCE         100         /* screens whose enrolment is under way */
#define ANSWERS_MAX     (64 * 1024) /* bytes of fleet-approve that wait */
#define APPROVAL_MS     60000
#define STEP_TIMEOUT_MS 30000
#define PER_SCREEN_MS   3000 /* in the long run; slower is a fault */
#define GRANT           "urn:ietf:params:oauth:grant-type:device_code"

enum step { STEP_CODE, STEP_APPROVAL, STEP_TOKEN, STEP_CERTIFICATE };

struct enrolment {
    struct enrolments *all;
    struct screen *screen; /* NULL: free */
    enum step step;
    bool asked; /* fleet-approve, which has not answered */
    char device_code[256], user_code[16], token[256];
    struct loop_timer timer;
};

struct enrolments {
    struct fleet *fleet;
    struct enrolment items[AT_ONCE];
    size_t next; /* screen that was not looked at yet */
    size_t under_way;
    struct dialogue approver;
    struct loop_source answers; /* of it */
    struct pp_buf text;         /* a line that is not whole yet */
    struct pp_error error;      /* what ends it */
};

static void step_ask(void *arg);
static void enrolment_begin_next(struct enrolment *enrolment);

static void enrolment_fail(struct enrolment *enrolment, const struct pp_error *error) {
    struct enrolments *all = enrolment->all;
    if (!all->error.code)
        pp_fail(&all->error, error->code ? error->code : PP_E_STATE, "screen %llu: %s",
                (unsigned long long)enrolment->screen->number, error->message);
}

static void step_go(struct enrolment *enrolment, enum step step, int64_t wait_ms) {
    enrolment->step = step;
    loop_timer_start(enrolment->all->fleet->loop, &enrolment->timer, wait_ms);
}

/* ---- Requests ---- */

static bool form_code(struct enrolment *enrolment, struct pp_buf *body, struct pp_buf *line,
                      struct pp_error *error) {
    (void)line;
    return pp_buf_addf(body, error, "client_id=pingplay-display&jwk_thumbprint=%s", enrolment->screen->kid);
}

static bool form_token(struct enrolment *enrolment, struct pp_buf *body, struct pp_buf *line,
                       struct pp_error *error) {
    (void)line;
    return pp_buf_addf(body, error, "client_id=pingplay-display&grant_type=%s&device_code=%s", GRANT,
                       enrolment->device_code);
}

static bool form_request(struct enrolment *enrolment, struct pp_buf *body, struct pp_buf *line,
                         struct pp_error *error) {
    return pp_buf_addf(line, error, "Authorization: Bearer %s\r\n", enrolment->token) &&
           document_request(&enrolment->screen->identity.key, body, error);
}

/* ---- Answers ---- */

static bool take_code(struct enrolment *enrolment, const struct answer *answer, struct pp_error *error) {
    pp_autojson cJSON *object = pp_json_parse(answer->body, answer->body_size, DOCUMENT_MAX, error);
    if (!object ||
        !pp_json_copy(object, "device_code", sizeof enrolment->device_code - 1, enrolment->device_code,
                      error) ||
        !pp_json_copy(object, "user_code", sizeof enrolment->user_code - 1, enrolment->user_code, error))
        return false;
    step_go(enrolment, STEP_APPROVAL, 0);
    return true;
}

static bool take_token(struct enrolment *enrolment, const struct answer *answer, struct pp_error *error) {
    pp_autojson cJSON *object = pp_json_parse(answer->body, answer->body_size, DOCUMENT_MAX, error);
    if (!object ||
        !pp_json_copy(object, "access_token", sizeof enrolment->token - 1, enrolment->token, error))
        return false;
    step_go(enrolment, STEP_CERTIFICATE, 0);
    return true;
}

/* From here on it is a screen. What comes next shows its certificate, on a connection of its own. */
static bool take_certificate(struct enrolment *enrolment, const struct answer *answer,
                             struct pp_error *error) {
    struct screen *screen = enrolment->screen;
    if (!document_certificate(answer->body, answer->body_size, &screen->identity.certificate, error))
        return false;
    screen_keep(screen);
    screen_stop(screen);
    enrolment_begin_next(enrolment);
    return true;
}

static const struct {
    const char *path, *type;
    bool (*write)(struct enrolment *enrolment, struct pp_buf *body, struct pp_buf *line,
                  struct pp_error *error);
    bool (*take)(struct enrolment *enrolment, const struct answer *answer, struct pp_error *error);
} steps[] = {
    [STEP_CODE] = {"/oauth/device_authorization", "application/x-www-form-urlencoded", form_code, take_code},
    [STEP_TOKEN] = {"/oauth/token", "application/x-www-form-urlencoded", form_token, take_token},
    [STEP_CERTIFICATE] = {"/.well-known/est/simpleenroll", "application/pkcs10", form_request,
                          take_certificate},
};

static void on_answer(void *arg, const struct answer *answer) {
    struct enrolment *enrolment = arg;
    struct pp_error error = {0};
    if (answer->status == 429 || answer->status == 503)
        loop_timer_start(enrolment->all->fleet->loop, &enrolment->timer,
                         net_retry_next_ms(&enrolment->screen->poll_retry, answer->retry_after_s));
    else if (answer->status != 200) {
        pp_fail(&error, PP_E_HTTP, "HTTP %d: %.*s", answer->status, (int)answer->body_size, answer->body);
        enrolment_fail(enrolment, &error);
    } else if (!steps[enrolment->step].take(enrolment, answer, &error)) {
        enrolment_fail(enrolment, &error);
    }
}

static void on_trouble(void *arg, enum link_trouble trouble) {
    struct enrolment *enrolment = arg;
    enrolment->all->fleet->tally.trouble[trouble]++;
    loop_timer_start(enrolment->all->fleet->loop, &enrolment->timer,
                     net_retry_next_ms(&enrolment->screen->poll_retry, -1));
}

static void step_request(struct enrolment *enrolment) {
    struct screen *screen = enrolment->screen;
    struct pp_error error = {0};
    pp_autobuf struct pp_buf body = PP_BUF_INIT(DOCUMENT_MAX);
    pp_autobuf struct pp_buf line = PP_BUF_INIT(1024);
    pp_autobuf struct pp_buf request = PP_BUF_INIT(LINK_REQUEST_MAX);
    if (steps[enrolment->step].write(enrolment, &body, &line, &error) &&
        screen_request(screen, "POST", steps[enrolment->step].path, pp_buf_text(&line),
                       steps[enrolment->step].type, &body, &request))
        link_send(&screen->poll, &request, STEP_TIMEOUT_MS);
    else
        enrolment_fail(enrolment, &error);
}

/* ---- Approval ---- */

static bool approval_ask(struct enrolment *enrolment, struct pp_error *error) {
    const struct screen *screen = enrolment->screen;
    uint8_t thumbprint[JWK_THUMBPRINT_SIZE];
    char fingerprint[PP_HEX_SIZE(2)];
    pp_autobuf struct pp_buf line = PP_BUF_INIT(512);
    if (!pp_base64url_decode_exact(screen->kid, thumbprint, sizeof thumbprint, error))
        return false;
    pp_hex_encode(thumbprint, 2, fingerprint);
    return pp_buf_addf(&line, error, "%s %s %s Screen %05llu\n", enrolment->user_code, fingerprint,
                       enrolment->all->fleet->options.channel, (unsigned long long)screen->number) &&
           pp_write_all(enrolment->all->approver.in, line.data, line.size, error);
}

/* Its answer is awaited; the timer is for one that does not come. */
static void step_approve(struct enrolment *enrolment) {
    struct pp_error error = {0};
    bool asked = enrolment->asked;
    enrolment->asked = true;
    if (asked)
        pp_fail(&error, PP_E_STATE, "no answer of fleet-approve");
    if (asked || !approval_ask(enrolment, &error))
        enrolment_fail(enrolment, &error);
    else
        step_go(enrolment, STEP_APPROVAL, APPROVAL_MS);
}

/* "CODE ID" */
static void approval_take(struct enrolments *all, const char *line) {
    char code[16];
    char id[DOCUMENT_ID_SIZE];
    struct pp_error error = {0};
    bool fits = sscanf(line, "%15s %36s", code, id) == 2;
    for (size_t i = 0; fits && i < AT_ONCE; i++) {
        struct enrolment *enrolment = &all->items[i];
        if (!enrolment->screen || enrolment->step != STEP_APPROVAL || strcmp(enrolment->user_code, code) != 0)
            continue;
        enrolment->asked = false;
        if (strlen(id) != DOCUMENT_ID_SIZE - 1) {
            pp_fail(&error, PP_E_STATE, "it was not approved");
            enrolment_fail(enrolment, &error);
            return;
        }
        snprintf(enrolment->screen->id, sizeof enrolment->screen->id, "%s", id);
        step_go(enrolment, STEP_TOKEN, 0);
        return;
    }
}

static void on_approvals(void *arg, uint32_t events) {
    struct enrolments *all = arg;
    uint8_t *room = pp_buf_reserve(&all->text, 4096, &all->error);
    ssize_t count = room ? read(all->answers.fd, room, 4096) : -1;
    (void)events;
    if (count <= 0 && !(count < 0 && errno == EAGAIN) && !all->error.code)
        pp_fail(&all->error, PP_E_STATE, "fleet-approve has ended");
    if (count <= 0)
        return;
    all->text.size += (size_t)count;
    all->text.data[all->text.size] = 0;
    char *at = (char *)all->text.data;
    for (char *end; (end = strchr(at, '\n')); at = end + 1) {
        *end = 0;
        approval_take(all, at);
    }
    size_t left = strlen(at);
    memmove(all->text.data, at, left + 1);
    all->text.size = left;
}

/* It stands beside us. */
static bool approver_start(struct enrolments *all, struct pp_error *error) {
    char program[PP_PATH_MAX];
    char dir[PP_PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", program, sizeof program - sizeof "fleet-approve");
    char *slash = size > 0 ? memrchr(program, '/', (size_t)size) : NULL;
    if (!slash || !pp_path_format(dir, error, "%s", all->fleet->headend.dir))
        return slash ? false : pp_fail_errno(error, "/proc/self/exe");
    snprintf(slash + 1, sizeof "fleet-approve", "fleet-approve");
    char *const argv[] = {program, dir, NULL};
    if (!dialogue_start(&all->approver, argv, error))
        return false;
    all->answers = (struct loop_source){.on_ready = on_approvals, .arg = all, .fd = all->approver.out};
    all->approver.out = -1; /* the loop's, which closes it */
    return true;
}

static void step_ask(void *arg) {
    struct enrolment *enrolment = arg;
    if (enrolment->step == STEP_APPROVAL)
        step_approve(enrolment);
    else
        step_request(enrolment);
}

/* ---- All of them ---- */

static bool key_make(struct screen *screen, struct pp_error *error) {
    uint8_t point[CRYPTO_POINT_SIZE];
    PP_AUTO(crypto_key) struct crypto_key *key = crypto_key_generate(error);
    return key && crypto_key_public_point(key, point, error) &&
           jwk_thumbprint_text(point, screen->kid, error) &&
           crypto_key_save_der(key, &screen->identity.key, error);
}

static void enrolment_begin(struct enrolment *enrolment, struct screen *screen) {
    struct pp_error error = {0};
    enrolment->screen = screen;
    screen->stage = SCREEN_ENROLS;
    screen->poll.arg = enrolment;
    screen->poll.on_answer = on_answer;
    screen->poll.on_trouble = on_trouble;
    if (key_make(screen, &error))
        step_go(enrolment, STEP_CODE, 0);
    else
        enrolment_fail(enrolment, &error);
}

/* The next screen that is not enrolled takes its place. */
static void enrolment_begin_next(struct enrolment *enrolment) {
    struct enrolments *all = enrolment->all;
    struct fleet *fleet = all->fleet;
    if (enrolment->screen) {
        screen_own_poll(enrolment->screen);
        all->under_way--;
    }
    enrolment->screen = NULL;
    while (all->next < fleet->count && screen_is_enrolled(&fleet->screens[all->next]))
        all->next++;
    if (all->next == fleet->count)
        return;
    all->under_way++;
    enrolment_begin(enrolment, &fleet->screens[all->next++]);
}

static bool enrolments_over(void *arg) {
    const struct enrolments *all = arg;
    return all->error.code || !all->under_way;
}

bool fleet_enrol(struct fleet *fleet, struct pp_error *error) {
    pp_autofree struct enrolments *all = calloc(1, sizeof *all);
    if (!all)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    all->fleet = fleet;
    all->text = PP_BUF_INIT(ANSWERS_MAX);
    all->answers.fd = -1;
    if (!approver_start(all, error) || !loop_watch(fleet->loop, &all->answers, EPOLLIN, error)) {
        dialogue_finish(&all->approver);
        return false;
    }
    for (size_t i = 0; i < AT_ONCE; i++) {
        all->items[i].all = all;
        all->items[i].timer = (struct loop_timer){.on_due = step_ask, .arg = &all->items[i]};
        enrolment_begin_next(&all->items[i]);
    }
    bool over = fleet_run(fleet, 60000 + (int64_t)fleet->count * PER_SCREEN_MS, enrolments_over, all);
    for (size_t i = 0; i < AT_ONCE; i++) {
        loop_timer_stop(fleet->loop, &all->items[i].timer);
        if (all->items[i].screen) {
            screen_stop(all->items[i].screen);
            screen_own_poll(all->items[i].screen);
        }
    }
    loop_close(fleet->loop, &all->answers);
    dialogue_finish(&all->approver);
    pp_buf_finish(&all->text);
    if (all->error.code)
        return pp_fail(error, all->error.code, "enrolment: %s", all->error.message);
    return over || pp_fail(error, PP_E_STATE, "enrolment: not over in time");
}
