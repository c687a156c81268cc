#include "agent/check.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "identity/identity.h"
#include "trust/trust.h"

static bool check_root(const char *path, struct pp_error *error) {
    pp_autobuf struct pp_buf root = PP_BUF_INIT(TRUST_ROOT_MAX);
    return pp_file_read(AT_FDCWD, path, &root, error) && trust_check_root(root.data, root.size, error);
}

static bool check_renderers(const char *folder, struct pp_error *error) {
    static const char *const names[] = {"pingplay-render-media", "pingplay-render-status"};
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        char path[PP_CONFIG_VALUE_MAX + 32];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        if (access(path, X_OK) != 0)
            return pp_fail_errno(error, "%s", path);
    }
    return true;
}

bool agent_check_files(const struct agent_config *config, struct pp_error *error) {
    if (!identity_check_ca_file(config->ca, error))
        return pp_wrap(error, "setting \"ca\"");
    if (!check_root(config->root, error))
        return pp_wrap(error, "setting \"root\": %s", config->root);
    return check_renderers(config->renderers, error) || pp_wrap(error, "setting \"renderers\"");
}
