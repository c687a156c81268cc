/* The key that screens seal to what they send because they were asked to (ops/screen_uploads.h). */
#ifndef HEADEND_SIGNER_UPLOAD_KEY_H
#define HEADEND_SIGNER_UPLOAD_KEY_H

#include "base/json.h"
#include "headend/base/home.h"

#define UPLOAD_ROLE "upload" /* keys/upload.pem */

/* The public half, made where there is none: the member "upload_key" of a state. The caller deletes it. */
cJSON *screen_upload_key(const struct home *home, struct pp_error *error);

#endif
