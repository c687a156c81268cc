#include "agent/check.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "identity/identity.h"
#include "net/bundle.h"
#include "net/proxy.h"
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

/* It goes into the vault, which takes less than a file can have. */
static bool check_proxy_ca(const char *path, int64_t now_s, struct pp_error *error) {
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(NET_PROXY_CA_MAX - 1);
    return net_bundle_check_file(path, now_s, error) && pp_file_read(AT_FDCWD, path, &pem, error);
}

bool agent_check_files(const struct agent_config *config, struct pp_error *error) {
    int64_t now_s = pp_clock_realtime_s();
    if (!net_bundle_check_file(config->ca, now_s, error) || !identity_check_ca_file(config->ca, error))
        return pp_wrap(error, "setting \"ca\"");
    if (*config->proxy_ca && !check_proxy_ca(config->proxy_ca, now_s, error))
        return pp_wrap(error, "setting \"proxy-ca\"");
    if (!check_root(config->root, error))
        return pp_wrap(error, "setting \"root\": %s", config->root);
    return check_renderers(config->renderers, error) || pp_wrap(error, "setting \"renderers\"");
}
