/* Role names are percent-encoded, so "../x" is the file "..%2Fx.json" of the folder. */
#include "base/encode.h"
#include "base/file.h"
#include "trust/internal.h"

#define FILE_MODE 0600

static bool file_name(char path[PP_PATH_MAX], const char *role, struct pp_error *error) {
    pp_autofree char *encoded = pp_percent_encode(role);
    if (!encoded)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    return pp_path_format(path, error, "%s.json", encoded);
}

bool trust_file_load(int dirfd, const char *role, size_t max, struct pp_buf *out, struct pp_error *error) {
    char path[PP_PATH_MAX];
    *out = PP_BUF_INIT(max);
    if (!file_name(path, role, error))
        return false;
    if (!pp_file_read(dirfd, path, out, error)) {
        pp_buf_finish(out);
        return false;
    }
    return true;
}

bool trust_file_store(int dirfd, const char *role, const struct pp_buf *data, struct pp_error *error) {
    char path[PP_PATH_MAX];
    return file_name(path, role, error) &&
           pp_file_replace(dirfd, path, data->data, data->size, FILE_MODE, error);
}

bool trust_file_remove(int dirfd, const char *role, struct pp_error *error) {
    char path[PP_PATH_MAX];
    return file_name(path, role, error) && pp_file_remove(dirfd, path, error);
}
