#include "headend/signer/service.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/file.h>

#include "base/clock.h"
#include "base/encode.h"
#include "command/upload.h"
#include "headend/base/secret.h"
#include "headend/base/text.h"
#include "headend/public/authorities.h"
#include "headend/signer/ca_change.h"
#include "headend/signer/ca_issue.h"
#include "headend/signer/client_secret.h"
#include "headend/signer/control.h"
#include "headend/signer/database_key.h"
#include "headend/signer/sign_in_key.h"
#include "headend/signer/state_sign.h"
#include "headend/signer/tuf_repo.h"
#include "headend/signer/tuf_sign.h"
#include "headend/signer/upload_key.h"

#define SCREEN_CERTIFICATE_MAX_S (3650LL * 86400) /* as serve's --certificate-lifetime */

struct signer_service {
    struct home home;      /* without a database */
    bool local;            /* who asks is this process, holds the locks, and lives as long */
    pthread_mutex_t mutex; /* of what is opened when it is first asked for */
    struct control *control;
    struct sign_in_key *sign_in;
};

/* ---- Keys, when they are first asked for ---- */

static struct control *service_control(struct signer_service *service, struct pp_error *error) {
    pthread_mutex_lock(&service->mutex);
    if (!service->control)
        service->control = control_open(&service->home, error);
    struct control *control = service->control;
    pthread_mutex_unlock(&service->mutex);
    return control;
}

static struct sign_in_key *service_sign_in(struct signer_service *service, struct pp_error *error) {
    pthread_mutex_lock(&service->mutex);
    if (!service->sign_in)
        service->sign_in = sign_in_key_open(&service->home, error);
    struct sign_in_key *key = service->sign_in;
    pthread_mutex_unlock(&service->mutex);
    return key;
}

/* ---- What screens are told ---- */

static bool answer_state(struct signer_service *service, const struct signing_message *request,
                         struct signing_answer *answer, struct pp_error *error) {
    char device[SIGNING_DEVICE_MAX + 1];
    struct control *control = service_control(service, error);
    const struct sign_in_key *sign_in = control ? service_sign_in(service, error) : NULL;
    signing_copy(&request->device, device, sizeof device);
    return sign_in && state_sign(control, sign_in, device, &request->text, &answer->data, error);
}

/* As screens know them (firmware/access/refusal.h). */
static bool is_reason(const char *reason) {
    static const char *const reasons[] = {"retired", "unknown", "revoked", "network"};
    for (size_t i = 0; i < PP_COUNT(reasons); i++) {
        if (strcmp(reasons[i], reason) == 0)
            return true;
    }
    return false;
}

static bool answer_refusal(struct signer_service *service, const struct signing_message *request,
                           struct signing_answer *answer, struct pp_error *error) {
    char device[SIGNING_DEVICE_MAX + 1];
    char reason[SIGNING_WORD_MAX + 1];
    char nonce[SIGNING_NONCE_MAX + 1];
    signing_copy(&request->device, device, sizeof device);
    signing_copy(&request->name, reason, sizeof reason);
    signing_copy(&request->nonce, nonce, sizeof nonce);
    pp_autojson cJSON *commands =
        pp_json_parse(request->text.data, request->text.size, SIGNING_COMMANDS_MAX, error);
    if (!commands)
        return false;
    if (!is_reason(reason) || !cJSON_IsArray(commands))
        return pp_fail(error, PP_E_INVALID, "no refusal: %s", reason);
    const struct control_refusal refusal = {
        .device = device, .reason = reason, .nonce = nonce, .commands = commands};
    struct control *control = service_control(service, error);
    return control && control_refuse(control, &refusal, &answer->data, error);
}

/* What is signed to see it goes nowhere. */
static bool answer_ready(struct signer_service *service, const struct signing_message *request,
                         struct signing_answer *answer, struct pp_error *error) {
    (void)request;
    (void)answer;
    pp_autobuf struct pp_buf token = PP_BUF_INIT(1024);
    struct control *control = service_control(service, error);
    return control && control_sign(control, "pingplay-ready", "{}", 2, &token, error);
}

/* ---- What was encrypted for us ---- */

static bool answer_upload_open(struct signer_service *service, const struct signing_message *request,
                               struct signing_answer *answer, struct pp_error *error) {
    char device[SIGNING_DEVICE_MAX + 1];
    char command[SIGNING_DEVICE_MAX + 1];
    uint8_t opened[SEAL_KEY_SIZE];
    signing_copy(&request->device, device, sizeof device);
    signing_copy(&request->name, command, sizeof command);
    const struct command_upload upload = {.device = device, .command = command};
    PP_AUTO(crypto_key) struct crypto_key *key = tuf_key(&service->home, UPLOAD_ROLE, false, error);
    bool ok =
        key &&
        command_upload_token_open(key, &upload, request->sealed.data, request->sealed.size, opened, error) &&
        pp_buf_add(&answer->data, opened, sizeof opened, error);
    pp_wipe(opened, sizeof opened);
    return ok;
}

static bool answer_sign_in_open(struct signer_service *service, const struct signing_message *request,
                                struct signing_answer *answer, struct pp_error *error) {
    char device[SIGNING_DEVICE_MAX + 1];
    struct sign_in_key *key = service_sign_in(service, error);
    signing_copy(&request->device, device, sizeof device);
    return key &&
           sign_in_key_decrypt(key, device, request->sealed.data, request->sealed.size, &answer->data, error);
}

static bool answer_secret_keep(struct signer_service *service, const struct signing_message *request,
                               struct signing_answer *answer, struct pp_error *error) {
    char device[SIGNING_DEVICE_MAX + 1];
    char secret[SIGNING_SECRET_MAX + 1];
    const struct sign_in_key *key = service_sign_in(service, error);
    signing_copy(&request->device, device, sizeof device);
    signing_copy(&request->secret, secret, sizeof secret);
    bool ok = key && client_secret_check(secret, error) &&
              client_secret_seal(key, device, secret, &answer->data, error);
    pp_wipe(secret, sizeof secret);
    return ok;
}

static bool answer_secret_send(struct signer_service *service, const struct signing_message *request,
                               struct signing_answer *answer, struct pp_error *error) {
    char device[SIGNING_DEVICE_MAX + 1];
    char kept[SIGNING_KEPT_MAX + 1];
    struct sign_in_key *key = service_sign_in(service, error);
    signing_copy(&request->device, device, sizeof device);
    signing_copy(&request->sealed, kept, sizeof kept);
    return key && client_secret_send(key, device, kept, request->point.data, &answer->data, error);
}

/* ---- Certificates ---- */

static bool answer_certify_screen(struct signer_service *service, const struct signing_message *request,
                                  struct signing_answer *answer, struct pp_error *error) {
    char device[SIGNING_DEVICE_MAX + 1];
    int64_t now = pp_clock_realtime_s();
    signing_copy(&request->device, device, sizeof device);
    if (!uuid_valid(device))
        return pp_fail(error, PP_E_INVALID, "certificates of screens are for their ids");
    if (request->moment <= now || request->moment > now + SCREEN_CERTIFICATE_MAX_S)
        return pp_fail(error, PP_E_LIMIT, "a screen's certificate ends within ten years");
    PP_AUTO(ca) struct ca *ca = ca_open(&service->home, error);
    return ca && ca_issue_device(ca, &service->home, device, request->point.data, request->moment,
                                 &answer->data, error);
}

static bool hosts_read(const struct signing_bytes *text, struct host_list *hosts, struct pp_error *error) {
    char names[SIGNING_HOSTS_MAX + 1];
    char *rest = NULL;
    signing_copy(text, names, sizeof names);
    for (const char *name = strtok_r(names, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
        if (!host_list_add(hosts, name, error))
            return false;
    }
    return hosts->count ? true : pp_fail(error, PP_E_INVALID, "a server's certificate names hosts");
}

static bool answer_certify_server(struct signer_service *service, const struct signing_message *request,
                                  struct signing_answer *answer, struct pp_error *error) {
    struct host_list hosts = {0};
    PP_AUTO(ca) struct ca *ca = NULL;
    return hosts_read(&request->text, &hosts, error) && (ca = ca_open(&service->home, error)) &&
           ca_renew_server(ca, &service->home, &hosts, &answer->flag, error);
}

static bool answer_authorities_settle(struct signer_service *service, const struct signing_message *request,
                                      struct signing_answer *answer, struct pp_error *error) {
    (void)request;
    (void)answer;
    return ca_settle(&service->home, error);
}

static bool answer_authorities_finish(struct signer_service *service, const struct signing_message *request,
                                      struct signing_answer *answer, struct pp_error *error) {
    (void)request;
    (void)answer;
    return ca_finish(&service->home, error);
}

/* What the server shows to whoever connects, and what it knows screens' certificates by; no other. */
static bool answer_file(struct signer_service *service, const struct signing_message *request,
                        struct signing_answer *answer, struct pp_error *error) {
    static const char *const files[] = {HOME_CA_CERTIFICATE, HOME_AUTHORITIES, HOME_SERVER_CERTIFICATE,
                                        HOME_SERVER_KEY};
    char name[SIGNING_WORD_MAX + 1];
    signing_copy(&request->name, name, sizeof name);
    for (size_t i = 0; i < PP_COUNT(files); i++) {
        if (strcmp(files[i], name) == 0)
            return pp_file_read(service->home.fd, name, &answer->data, error);
    }
    return pp_fail(error, PP_E_DENIED, "signer: no file of the server's: %s", name);
}

/* ---- Keys as the database has them ---- */

static bool is_hash(const char *text) {
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static bool is_channel(const char *text) {
    return channel_id_check(text, NULL);
}

/* There is one account. */
static bool is_mail(const char *text) {
    return strcmp(text, "mail") == 0;
}

/* Whose a key is: in the form that db/stored_key.h has for it, and no other. */
static bool owner_read(const struct signing_bytes *name, char owner[SIGNING_OWNER_MAX + 1],
                       struct pp_error *error) {
    static const struct {
        const char *kind;
        bool (*is)(const char *text);
    } kinds[] = {{"channel/", is_channel}, {"object/", is_hash},   {"upload/", uuid_valid},
                 {"content/", uuid_valid}, {"alert/", uuid_valid}, {"mail/", is_mail},
                 {"feed/", is_channel} /* named as channels are */};
    signing_copy(name, owner, SIGNING_OWNER_MAX + 1);
    for (size_t i = 0; i < PP_COUNT(kinds); i++) {
        size_t length = strlen(kinds[i].kind);
        if (strncmp(owner, kinds[i].kind, length) == 0 && kinds[i].is(owner + length))
            return true;
    }
    return pp_fail(error, PP_E_INVALID, "nobody who has a key: %s", owner);
}

static bool answer_key_seal(struct signer_service *service, const struct signing_message *request,
                            struct signing_answer *answer, struct pp_error *error) {
    char owner[SIGNING_OWNER_MAX + 1];
    uint8_t sealed[SIGNING_SEALED_SIZE];
    return owner_read(&request->name, owner, error) &&
           database_key_seal(&service->home, request->id.data, owner, request->secret.data, sealed, error) &&
           pp_buf_add(&answer->data, sealed, sizeof sealed, error);
}

static bool answer_key_open(struct signer_service *service, const struct signing_message *request,
                            struct signing_answer *answer, struct pp_error *error) {
    char owner[SIGNING_OWNER_MAX + 1];
    uint8_t key[SIGNING_KEY_SIZE];
    bool ok = owner_read(&request->name, owner, error) &&
              database_key_open(&service->home, owner, request->sealed.data, key, error) &&
              pp_buf_add(&answer->data, key, sizeof key, error);
    pp_wipe(key, sizeof key);
    return ok;
}

static bool answer_key_make(struct signer_service *service, const struct signing_message *request,
                            struct signing_answer *answer, struct pp_error *error) {
    uint8_t id[SIGNING_KEY_ID_SIZE];
    (void)request;
    return database_key_make(&service->home, id, error) && pp_buf_add(&answer->data, id, sizeof id, error);
}

static bool answer_key_next(struct signer_service *service, const struct signing_message *request,
                            struct signing_answer *answer, struct pp_error *error) {
    uint8_t id[SIGNING_KEY_ID_SIZE];
    (void)request;
    return database_key_next(&service->home, id, error) && pp_buf_add(&answer->data, id, sizeof id, error);
}

static bool answer_key_settle(struct signer_service *service, const struct signing_message *request,
                              struct signing_answer *answer, struct pp_error *error) {
    (void)answer;
    return database_key_settle(&service->home, request->id.data, service->local, error);
}

/* ---- The repository ---- */

static bool answer_repo_settle(struct signer_service *service, const struct signing_message *request,
                               struct signing_answer *answer, struct pp_error *error) {
    tuf_autorepo struct tuf_repo repo = {0};
    (void)request;
    (void)answer;
    return tuf_repo_open(&repo, &service->home, error);
}

static bool answer_repo_update(struct signer_service *service, const struct signing_message *request,
                               struct signing_answer *answer, struct pp_error *error) {
    char channel[CHANNEL_ID_MAX + 1];
    tuf_autorepo struct tuf_repo repo = {0};
    struct tuf_target target = {.channel = channel,
                                .length = (uint64_t)request->length,
                                .removed = request->flag,
                                .next_length = (uint64_t)request->next_length};
    signing_copy(&request->name, channel, sizeof channel);
    memcpy(target.sha256, request->hash.data, sizeof target.sha256);
    memcpy(target.next_sha256, request->next.data, sizeof target.next_sha256);
    if (*channel && !channel_id_check(channel, error))
        return false;
    if (target.length && (!*channel || target.removed))
        return pp_fail(error, PP_E_INVALID, "what is published is a channel's that is there");
    if (target.next_length && !target.length)
        return pp_fail(error, PP_E_INVALID, "what is next stands beside what is published");
    return tuf_repo_open(&repo, &service->home, error) &&
           tuf_repo_update(&repo, *channel ? &target : NULL, &answer->flag, error);
}

static bool answer_repo_renew_root(struct signer_service *service, const struct signing_message *request,
                                   struct signing_answer *answer, struct pp_error *error) {
    tuf_autorepo struct tuf_repo repo = {0};
    (void)request;
    (void)answer;
    return tuf_repo_open(&repo, &service->home, error) && tuf_repo_renew_root(&repo, error);
}

/* One that is delegated still would lose what its screens trust. */
static bool answer_repo_forget(struct signer_service *service, const struct signing_message *request,
                               struct signing_answer *answer, struct pp_error *error) {
    char channel[CHANNEL_ID_MAX + 1];
    char role[TUF_ROLE_MAX];
    bool delegated = false;
    (void)answer;
    signing_copy(&request->name, channel, sizeof channel);
    snprintf(role, sizeof role, TUF_CHANNEL_ROLE "%s", channel);
    if (!channel_id_check(channel, error) || !tuf_repo_delegates(&service->home, role, &delegated, error))
        return false;
    return delegated ? pp_fail(error, PP_E_STATE, "channel %s is in the repository", channel)
                     : tuf_key_forget(&service->home, role, error);
}

/* ---- The service ---- */

static const struct {
    uint8_t type;
    bool (*answer)(struct signer_service *service, const struct signing_message *request,
                   struct signing_answer *answer, struct pp_error *error);
} handlers[] = {
    {SIGNING_STATE, answer_state},
    {SIGNING_REFUSAL, answer_refusal},
    {SIGNING_READY, answer_ready},
    {SIGNING_UPLOAD_OPEN, answer_upload_open},
    {SIGNING_SIGN_IN_OPEN, answer_sign_in_open},
    {SIGNING_SECRET_KEEP, answer_secret_keep},
    {SIGNING_SECRET_SEND, answer_secret_send},
    {SIGNING_CERTIFY_SCREEN, answer_certify_screen},
    {SIGNING_CERTIFY_SERVER, answer_certify_server},
    {SIGNING_KEY_SEAL, answer_key_seal},
    {SIGNING_KEY_OPEN, answer_key_open},
    {SIGNING_KEY_MAKE, answer_key_make},
    {SIGNING_KEY_NEXT, answer_key_next},
    {SIGNING_KEY_SETTLE, answer_key_settle},
    {SIGNING_REPO_SETTLE, answer_repo_settle},
    {SIGNING_REPO_UPDATE, answer_repo_update},
    {SIGNING_REPO_RENEW_ROOT, answer_repo_renew_root},
    {SIGNING_REPO_FORGET, answer_repo_forget},
    {SIGNING_AUTHORITIES_SETTLE, answer_authorities_settle},
    {SIGNING_AUTHORITIES_FINISH, answer_authorities_finish},
    {SIGNING_FILE, answer_file},
};

int signer_lock(const struct home *home, bool wait, struct pp_error *error) {
    if (!pp_dir_make(home->fd, HOME_KEYS, 0700, error))
        return -1;
    pp_autoclose int fd = openat(home->fd, SIGNER_LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        pp_fail_errno(error, SIGNER_LOCK);
        return -1;
    }
    while (flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) < 0) {
        if (errno == EINTR)
            continue;
        pp_fail(error, errno == EWOULDBLOCK ? PP_E_STATE : PP_E_IO, SIGNER_LOCK ": %s", strerror(errno));
        return -1;
    }
    return pp_steal_fd(&fd);
}

static bool is_exclusive(unsigned type) {
    return (type >= SIGNING_KEY_MAKE && type <= SIGNING_AUTHORITIES_FINISH) || type == SIGNING_CERTIFY_SERVER;
}

bool signer_service_answer(struct signer_service *service, const struct signing_message *request,
                           struct signing_answer *answer, struct pp_error *error) {
    if (!signing_check(request, error))
        return false;
    pp_autoclose int lock = -1;
    if (!service->local && is_exclusive(request->type)) {
        lock = signer_lock(&service->home, true, error);
        if (lock < 0)
            return false;
    }
    for (size_t i = 0; i < PP_COUNT(handlers); i++) {
        if (handlers[i].type == request->type)
            return handlers[i].answer(service, request, answer, error);
    }
    return pp_fail(error, PP_E_INVALID, "signer: %s is no request", signing_type_name(request->type));
}

struct signer_service *signer_service_create(const char *folder, struct pp_error *error) {
    PP_AUTO(signer_service) struct signer_service *service = calloc(1, sizeof *service);
    if (!service) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    service->home.fd = -1;
    pthread_mutex_init(&service->mutex, NULL);
    if (!pp_path_format(service->home.path, error, "%s", folder))
        return NULL;
    service->home.fd = pp_dir_open(AT_FDCWD, folder, error);
    return service->home.fd < 0 ? NULL : pp_steal(&service);
}

void signer_service_destroy(struct signer_service *service) {
    if (!service)
        return;
    control_close(service->control);
    sign_in_key_close(service->sign_in);
    pthread_mutex_destroy(&service->mutex);
    pp_close(&service->home.fd);
    free(service);
}

/* ---- Within this process ---- */

struct local {
    struct signing signing;
    struct signer_service *service;
};

static bool local_ask(struct signing *signing, const struct signing_message *request,
                      struct signing_answer *answer, struct pp_error *error) {
    struct local *local = (struct local *)signing;
    return signer_service_answer(local->service, request, answer, error);
}

static void local_close(struct signing *signing) {
    struct local *local = (struct local *)signing;
    signer_service_destroy(local->service);
    free(local);
}

struct signing *signer_local(const char *folder, struct pp_error *error) {
    PP_AUTO(signer_service) struct signer_service *service = signer_service_create(folder, error);
    struct local *local = service ? calloc(1, sizeof *local) : NULL;
    if (!local) {
        if (service)
            pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    service->local = true;
    *local =
        (struct local){.signing = {.ask = local_ask, .close = local_close}, .service = pp_steal(&service)};
    return &local->signing;
}
