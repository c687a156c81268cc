/*
 * What screens have sent because they were asked to: screenshots and logs, sealed to the upload key
 * (firmware/command/upload.h), whose private half is read to show one: `screen received`, a screen's picture in the
 * API. DIR/uploads/COMMAND, as it came.
 */
#ifndef HEADEND_OPS_SCREEN_UPLOADS_H
#define HEADEND_OPS_SCREEN_UPLOADS_H

#include "command/upload.h"
#include "headend/base/home.h"
#include "headend/ops/device.h"
#include "headend/ops/screen_commands.h"

#define SCREEN_UPLOADS_KEPT_MAX 16 /* of one screen; the oldest go */

/* Whether that screen was asked for it and has not answered yet: PP_E_NOTFOUND. `name` is the command's. */
PP_MUST_USE bool screen_upload_expected(struct db *db, const char *device, const char *id, const char *name,
                                        struct pp_error *error);

/* One that is coming, in a file of its own until it is kept. */
struct screen_upload;
struct screen_upload *screen_upload_create(const struct home *home, const char *id, struct pp_error *error);
PP_MUST_USE bool screen_upload_write(struct screen_upload *upload, const void *sealed, size_t size,
                                     struct pp_error *error);
/* All has come: on the disk after this. */
PP_MUST_USE bool screen_upload_sync(struct screen_upload *upload, struct pp_error *error);
/* Keeps it; a second one for the same command takes the place of the first. Callers hold db_lock, here alone. */
PP_MUST_USE bool screen_upload_keep(struct screen_upload *upload, struct db *db, const char *device,
                                    struct pp_error *error);
/* With its file, where that is not kept. NULL is allowed. */
void screen_upload_destroy(struct screen_upload *upload);
/* Removes those of which a server that was killed has left a part. Before any comes. */
PP_MUST_USE bool screen_uploads_tidy(const struct home *home, struct pp_error *error);

/* What was sealed, appended. PP_E_NOTFOUND: nothing came, or it has gone. PP_E_AUTH also where it is not what the
 * receipt says that it is. */
PP_MUST_USE bool screen_upload_open(const struct home *home, const struct screen_command *command,
                                    struct pp_buf *clear, struct pp_error *error);

/* device_remove, and all that it has sent. */
PP_MUST_USE bool screen_forget(const struct home *home, struct db *db, const struct device *device,
                               struct pp_error *error);

#endif
