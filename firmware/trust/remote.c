#include "base/encode.h"
#include "trust/internal.h"

enum trust_fetch_result trust_remote_fetch(struct trust *trust, const struct pp_buf *url, size_t max,
                                           struct pp_buf *out, struct pp_error *error) {
    *out = PP_BUF_INIT(max);
    enum trust_fetch_result result = trust->fetch(trust->fetch_arg, pp_buf_text(url), max, out, error);
    if (result == TRUST_FETCH_NOT_FOUND)
        pp_fail(error, PP_E_NOTFOUND, "%s is not there", pp_buf_text(url));
    if (result != TRUST_FETCH_OK)
        pp_buf_finish(out);
    return result;
}

enum trust_fetch_result trust_remote_metadata(struct trust *trust, const char *role, int64_t version,
                                              size_t max, struct pp_buf *out, struct pp_error *error) {
    pp_autobuf struct pp_buf url = PP_BUF_INIT(TRUST_URL_MAX);
    pp_autofree char *encoded = pp_percent_encode(role);
    *out = PP_BUF_INIT(0);
    if (!encoded) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return TRUST_FETCH_FAILED;
    }
    if (!pp_buf_add_text(&url, trust->metadata_url, error) ||
        (version && !pp_buf_addf(&url, error, "%lld.", (long long)version)) ||
        !pp_buf_addf(&url, error, "%s.json", encoded))
        return TRUST_FETCH_FAILED;
    return trust_remote_fetch(trust, &url, max, out, error);
}
