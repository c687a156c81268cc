#include "headend/ops/content_ingest.h"

#include "base/log.h"
#include "base/thread.h"
#include "headend/db/db.h"
#include "headend/db/home_open.h"
#include "headend/ops/audit.h"
#include "headend/ops/content.h"
#include "headend/ops/operations.h"

struct content_ingest {
    struct content_uploads *uploads;
    struct home *home; /* with a connection of its own */
    content_metadata metadata;
    char renderers[PP_PATH_MAX];
    struct ingest_lane *lane;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t more;
    bool running, woken, untidy, ending;
};

/* One upload that becomes content. */
struct ingestion {
    struct content_ingest *ingest;
    struct content_upload upload;
    struct content content;
    char person[TEXT_NAME_MAX + 1];
    bool placed; /* its files are where those of content are */
};

static bool is_ending(struct content_ingest *ingest) {
    pthread_mutex_lock(&ingest->mutex);
    bool ending = ingest->ending;
    pthread_mutex_unlock(&ingest->mutex);
    return ending;
}

/* Passes clear bytes on, as long as the server goes on. */
struct passing {
    struct content_ingest *ingest;
    seal_sink take;
    void *arg;
};

static bool pass(void *arg, const void *data, size_t size, struct pp_error *error) {
    const struct passing *passing = arg;
    return !is_ending(passing->ingest) ? passing->take(passing->arg, data, size, error)
                                       : pp_fail(error, PP_E_CANCELLED, "the server stops");
}

static bool feed(void *arg, seal_sink take, void *take_arg, struct pp_error *error) {
    const struct ingestion *ingestion = arg;
    const struct content_upload *upload = &ingestion->upload;
    struct passing passing = {.ingest = ingestion->ingest, .take = take, .arg = take_arg};
    return upload_pieces_read(ingestion->ingest->home, upload->id, upload->key, upload->length, pass,
                              &passing, error);
}

/* What its metadata say; a folder that is none is the top. */
static void labels_of(struct ingestion *ingestion) {
    struct content_labels *labels = &ingestion->content.labels;
    const char *metadata = ingestion->upload.metadata;
    char name[CONTENT_UPLOAD_METADATA_MAX];
    ingestion->ingest->metadata(metadata, "filename", name, sizeof name);
    content_name_make(name, labels->name);
    ingestion->ingest->metadata(metadata, "folder", labels->folder, sizeof labels->folder);
    if (!content_labels_check(labels, NULL))
        labels->folder[0] = 0;
    ingestion->ingest->metadata(metadata, "replaces", ingestion->content.id, sizeof ingestion->content.id);
    snprintf(ingestion->content.file.created_by, sizeof ingestion->content.file.created_by, "%s",
             ingestion->person);
}

static struct actor actor_of(const struct ingestion *ingestion) {
    struct actor actor = {.kind = ACTOR_PERSON, .user = ingestion->upload.admin};
    snprintf(actor.name, sizeof actor.name, "%s", ingestion->person);
    return actor;
}

/* Whoever began it may have lost the right since. That is an answer. */
static bool still_allowed(const struct ingestion *ingestion, struct pp_error *error) {
    struct actor actor = actor_of(ingestion);
    if (!grants_load(ingestion->ingest->home->db, &actor, error))
        return false;
    return actor_may(&actor, RIGHT_EDIT) ||
           pp_fail(error, PP_E_INVALID, "whoever sent it may not change the library any more");
}

/* Out of the bin, as the person's doing: in the audit, too. */
static bool restore(const struct ingestion *ingestion, const char *id, struct pp_error *error) {
    const struct op_place at = {.home = ingestion->ingest->home, .db = ingestion->ingest->home->db};
    struct actor actor = actor_of(ingestion);
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    cJSON_AddStringToObject(request, "content", id);
    return grants_load(at.db, &actor, error) &&
           ops_run(&at, &actor, "content.restore", request, &result, error);
}

static bool duplicate_settle(struct ingestion *ingestion, const struct content *same,
                             struct pp_error *error) {
    struct db *db = ingestion->ingest->home->db;
    db_autochange struct db_change change = {0};
    if (!db_change_begin(&change, db, error) || !still_allowed(ingestion, error) ||
        (same->deleted && !restore(ingestion, same->id, error)))
        return false;
    memcpy(ingestion->upload.content, same->id, sizeof same->id);
    ingestion->upload.duplicate = true;
    return content_upload_settle(db, &ingestion->upload, error) && db_change_commit(&change, error);
}

/* Content with the same bytes, which comes out of the bin for it. Something that is to be replaced is replaced all
 * the same. */
static bool duplicate_find(struct ingestion *ingestion, bool *found, struct pp_error *error) {
    struct content same;
    struct pp_error missing = {0};
    *found = !*ingestion->content.id &&
             content_find_same(ingestion->ingest->home->db, ingestion->content.file.sha256, &same, &missing);
    if (*found)
        return duplicate_settle(ingestion, &same, error);
    return missing.code == PP_OK || missing.code == PP_E_NOTFOUND ||
           pp_fail(error, missing.code, "%s", missing.message);
}

/* In the audit, as the person's doing. */
static bool note(const struct ingestion *ingestion, bool replaces, struct pp_error *error) {
    const struct content *content = &ingestion->content;
    const struct actor actor = actor_of(ingestion);
    pp_autojson cJSON *after = cJSON_CreateObject();
    cJSON_AddStringToObject(after, "name", content->labels.name);
    cJSON_AddStringToObject(after, "folder", content->labels.folder);
    cJSON_AddNumberToObject(after, "version", (double)content->version);
    const struct audit_entry entry = {.actor = &actor,
                                      .operation = replaces ? "content.replace" : "content.add",
                                      .outcome = "done",
                                      .target = content->id,
                                      .after = after};
    return audit_add(ingestion->ingest->home->db, &entry, error);
}

static bool content_write(struct ingestion *ingestion, struct pp_error *error) {
    struct db *db = ingestion->ingest->home->db;
    db_autochange struct db_change change = {0};
    bool replaces = *ingestion->content.id;
    if (!db_change_begin(&change, db, error) || !still_allowed(ingestion, error) ||
        !(replaces ? content_replace(db, &ingestion->content, error)
                   : content_add(db, &ingestion->content, error)))
        return false;
    memcpy(ingestion->upload.content, ingestion->content.id, sizeof ingestion->upload.content);
    return content_upload_settle(db, &ingestion->upload, error) && note(ingestion, replaces, error) &&
           db_change_commit(&change, error) &&
           (!replaces || content_trim(ingestion->ingest->home, db, ingestion->content.id, error));
}

static bool ingest_file(struct ingestion *ingestion, struct pp_error *error) {
    struct content_ingest *ingest = ingestion->ingest;
    const struct content_renderers renderers = {.folder = ingest->renderers, .lane = ingest->lane};
    struct content present;
    bool duplicate = false;
    labels_of(ingestion);
    if (*ingestion->content.id && !content_find(ingest->home->db, ingestion->content.id, &present, NULL))
        return pp_fail(error, PP_E_INVALID, "what it was to replace is not there");
    if (!still_allowed(ingestion, error) ||
        !content_store_seal(ingest->home, &ingestion->content.file, feed, ingestion, error) ||
        !duplicate_find(ingestion, &duplicate, error))
        return false;
    if (duplicate)
        return true;
    ingestion->placed = content_store_keep(ingest->home, &renderers, &ingestion->content.file, error);
    return ingestion->placed && content_write(ingestion, error);
}

/* Screens cannot show it: that is an answer. Anything else is tried again. */
static bool refuse(struct ingestion *ingestion, const struct pp_error *reason, struct pp_error *error) {
    if (reason->code != PP_E_INVALID && reason->code != PP_E_UNSUPPORTED && reason->code != PP_E_LIMIT)
        return pp_fail(error, reason->code, "%s", reason->message);
    snprintf(ingestion->upload.refusal, sizeof ingestion->upload.refusal, "%s", reason->message);
    if (!content_upload_settle(ingestion->ingest->home->db, &ingestion->upload, error))
        return false;
    if (ingestion->placed)
        content_ingest_tidy(ingestion->ingest);
    return true;
}

static void ingest_claimed(struct content_ingest *ingest, const char *id) {
    struct ingestion ingestion = {.ingest = ingest};
    struct pp_error error = {0};
    struct pp_error failure = {0};
    if (!content_upload_take(ingest->uploads, ingest->home->db, id, &ingestion.upload, ingestion.person,
                             &error)) {
        if (error.code != PP_E_NOTFOUND)
            pp_log_warning("upload %s: %s", id, error.message);
        return;
    }
    bool settled = ingest_file(&ingestion, &error) || refuse(&ingestion, &error, &failure);
    content_store_drop_draft(ingest->home);
    if (!settled && failure.code != PP_E_CANCELLED)
        pp_log_error("upload %s: %s", id, failure.message);
    else if (settled && !upload_pieces_remove(ingest->home, id, &failure))
        pp_log_warning("upload %s: %s", id, failure.message);
    pp_wipe(&ingestion, sizeof ingestion);
}

static void ingest_all(struct content_ingest *ingest) {
    char id[UUID_TEXT_SIZE] = "";
    char after[UUID_TEXT_SIZE] = "";
    struct pp_error error = {0};
    while (!is_ending(ingest)) {
        if (!content_upload_whole(ingest->uploads, ingest->home->db, after, id, &error)) {
            pp_log_warning("uploads: %s", error.message);
            return;
        }
        if (!*id)
            return;
        memcpy(after, id, sizeof after);
        if (!content_uploads_claim(ingest->uploads, id))
            continue;
        ingest_claimed(ingest, id);
        content_uploads_release(ingest->uploads, id);
    }
}

static bool file_known(void *arg, const char *file, bool *is, struct pp_error *error) {
    struct content_ingest *ingest = arg;
    struct pp_error end = {0};
    db_autorow struct db_row *row = db_query(ingest->home->db, error, DB_CONTENT_FILE_KNOWN, DB_TEXT(file));
    *is = row && db_next(row, "file", &end);
    return row && (*is || end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message));
}

static void ingest_tidy(struct content_ingest *ingest) {
    struct pp_error error = {0};
    if (!content_store_tidy(ingest->home, file_known, ingest, &error))
        pp_log_warning("content: %s", error.message);
}

static void *ingest_run(void *arg) {
    struct content_ingest *ingest = arg;
    content_store_drop_draft(ingest->home);
    pthread_mutex_lock(&ingest->mutex);
    while (!ingest->ending) {
        bool untidy = ingest->untidy;
        ingest->woken = ingest->untidy = false;
        pthread_mutex_unlock(&ingest->mutex);
        ingest_all(ingest);
        if (untidy)
            ingest_tidy(ingest);
        pthread_mutex_lock(&ingest->mutex);
        while (!ingest->ending && !ingest->woken)
            pthread_cond_wait(&ingest->more, &ingest->mutex);
    }
    pthread_mutex_unlock(&ingest->mutex);
    return NULL;
}

struct content_ingest *content_ingest_create(struct content_uploads *uploads, const struct home *home,
                                             content_metadata metadata, struct ingest_lane *lane,
                                             struct pp_error *error) {
    struct content_ingest *ingest = calloc(1, sizeof *ingest);
    if (!ingest) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    ingest->uploads = uploads;
    ingest->metadata = metadata;
    ingest->lane = lane;
    ingest->untidy = true; /* as a server that was killed may have left it */
    pthread_mutex_init(&ingest->mutex, NULL);
    pthread_cond_init(&ingest->more, NULL);
    ingest->home = home_open_with(home->path, home->signing, error);
    ingest->running = ingest->home && content_renderers_find(ingest->renderers, error) &&
                      pp_thread_start(&ingest->thread, "ingest", ingest_run, ingest, error);
    if (ingest->running)
        return ingest;
    content_ingest_destroy(ingest);
    return NULL;
}

void content_ingest_destroy(struct content_ingest *ingest) {
    if (!ingest)
        return;
    pthread_mutex_lock(&ingest->mutex);
    ingest->ending = true;
    pthread_cond_signal(&ingest->more);
    pthread_mutex_unlock(&ingest->mutex);
    if (ingest->running)
        pthread_join(ingest->thread, NULL);
    home_close(ingest->home);
    pthread_cond_destroy(&ingest->more);
    pthread_mutex_destroy(&ingest->mutex);
    free(ingest);
}

void content_ingest_wake(struct content_ingest *ingest) {
    pthread_mutex_lock(&ingest->mutex);
    ingest->woken = true;
    pthread_cond_signal(&ingest->more);
    pthread_mutex_unlock(&ingest->mutex);
}

void content_ingest_tidy(struct content_ingest *ingest) {
    pthread_mutex_lock(&ingest->mutex);
    ingest->woken = ingest->untidy = true;
    pthread_cond_signal(&ingest->more);
    pthread_mutex_unlock(&ingest->mutex);
}
