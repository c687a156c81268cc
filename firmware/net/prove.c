/* The proof that goes with a request (RFC 9449), and the second try where the server wants another nonce in it. */
#include <string.h>

#include "net/client_internal.h"

#define PROOF_NAME      "DPoP: "
#define PROOF_MAX       4096 /* bytes of a header's value */
#define DRAFT_LINE_MAX  8192 /* bytes of a header line */
#define NONCE_HEADER    "dpop-nonce"
#define NONCE_CHALLENGE "use_dpop_nonce" /* RFC 9449 §8, §9 */

void net_client_set_prover(struct net_client *client, const struct net_prover *prover) {
    client->prover = prover ? *prover : (struct net_prover){0};
}

/* What asks for a session has no cookie yet and is always proven; what carries the cookie, where the prover says so. */
static bool is_proven(const struct net_call *call) {
    const struct net_prover *prover = &call->prover;
    if (!prover->prove)
        return false;
    return call->request.send_cookie ? prover->with_cookie : call->request.use_identity;
}

static bool is_proof(const struct curl_slist *line) {
    return strncmp(line->data, PROOF_NAME, sizeof PROOF_NAME - 1) == 0;
}

/* Appends all lines of `from` but an older proof. */
static bool copy_lines(struct curl_slist **to, const struct curl_slist *from, struct pp_error *error) {
    for (; from; from = from->next) {
        struct curl_slist *longer = is_proof(from) ? *to : curl_slist_append(*to, from->data);
        if (!longer)
            return pp_fail(error, PP_E_NOMEM, "out of memory");
        *to = longer;
    }
    return true;
}

static bool add_proof_to(struct net_call *call, const char *url, struct pp_error *error) {
    const struct net_prover *prover = &call->prover;
    const char *cookie = call->request.send_cookie ? pp_secret_text(call->cookie) : NULL;
    pp_autobuf struct pp_buf line = PP_BUF_INIT(PROOF_MAX);
    if (!pp_buf_add_text(&line, PROOF_NAME, error) ||
        !prover->prove(prover->arg, call->request.method, url, cookie, &line, error))
        return false;
    struct curl_slist *lines = NULL;
    struct curl_slist *longer = NULL;
    if (copy_lines(&lines, call->headers, error))
        longer = curl_slist_append(lines, pp_buf_text(&line));
    if (!longer) {
        net_headers_wipe(lines);
        return error->code ? false : pp_fail(error, PP_E_NOMEM, "out of memory");
    }
    net_headers_wipe(call->headers);
    call->headers = longer;
    return true;
}

static bool add_proof(struct net_call *call, const char *url, struct pp_error *error) {
    net_thread_wait_begin(call->client->thread);
    bool added = add_proof_to(call, url, error);
    net_thread_wait_end(call->client->thread);
    return added;
}

void net_draft_destroy(struct net_draft *draft) {
    if (draft)
        draft->destroy(draft);
}

static bool write_draft(struct net_call *call, struct pp_error *error) {
    pp_autobuf struct pp_buf line = PP_BUF_INIT(DRAFT_LINE_MAX);
    PP_AUTO(net_draft) struct net_draft *draft = pp_steal(&call->draft);
    if (!draft)
        return true;
    net_thread_wait_begin(call->client->thread);
    bool written = draft->write(draft, &call->body, &line, error);
    net_thread_wait_end(call->client->thread);
    if (!written)
        return false;
    call->request.body = call->body.data;
    call->request.body_size = call->body.size;
    return !line.size || net_call_add_header(call, pp_buf_text(&line), error);
}

bool net_call_prove(struct net_call *call, struct pp_error *error) {
    if (!write_draft(call, error))
        return false;
    call->proven = is_proven(call);
    return !call->proven || add_proof(call, call->url, error) || pp_wrap(error, "proof");
}

void net_call_take_nonce(const struct net_call *call) {
    const struct net_prover *prover = &call->prover;
    const char *nonce = call->proven ? net_response_header(&call->response, NONCE_HEADER) : NULL;
    if (nonce && prover->take_nonce)
        prover->take_nonce(prover->arg, nonce);
}

/* Once: a server that is never content is not asked in a circle. */
static bool is_wanted_again(const struct net_call *call) {
    if (!call->proven || call->proven_again || call->response.status != 401)
        return false;
    const char *challenge = net_response_header(&call->response, "www-authenticate");
    return challenge && strstr(challenge, NONCE_CHALLENGE) &&
           net_response_header(&call->response, NONCE_HEADER);
}

bool net_call_prove_again(struct net_call *call) {
    char *url = NULL;
    struct pp_error error = {0};
    if (!is_wanted_again(call) || curl_easy_getinfo(call->easy, CURLINFO_EFFECTIVE_URL, &url) != CURLE_OK ||
        !url)
        return false;
    call->proven_again = true;
    return add_proof(call, url, &error) &&
           curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers) == CURLE_OK;
}
