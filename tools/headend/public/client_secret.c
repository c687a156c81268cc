#include "headend/public/client_secret.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"

bool client_secret_check(const char *secret, struct pp_error *error) {
    size_t size = strlen(secret);
    if (!size || size > CLIENT_SECRET_MAX)
        return pp_fail(error, PP_E_LIMIT, "client secret: must have 1 to %d bytes", CLIENT_SECRET_MAX);
    for (const char *c = secret; *c; c++) {
        if (*c < ' ' || *c > '~')
            return pp_fail(error, PP_E_INVALID, "client secret: has what no secret has (RFC 6749 §A.2)");
    }
    return true;
}

bool client_secret_read(const char *path, char secret[CLIENT_SECRET_MAX + 1], struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(CLIENT_SECRET_MAX + 2);
    if (!pp_file_read(AT_FDCWD, path, &text, error))
        return pp_wrap(error, "client secret: %s", path);
    size_t size = strcspn(pp_buf_text(&text), "\r\n");
    if (size > CLIENT_SECRET_MAX)
        return pp_fail(error, PP_E_LIMIT, "client secret: more than %d bytes", CLIENT_SECRET_MAX);
    snprintf(secret, CLIENT_SECRET_MAX + 1, "%.*s", (int)size, pp_buf_text(&text));
    return client_secret_check(secret, error);
}
