/*
 * TLS policy: 1.3, or 1.2 with ephemeral key agreement and AEAD. The suites of 1.2 are named in the way of
 * libcurl's backend; a backend whose suites libcurl cannot choose gets 1.3 alone, where every suite will do.
 */
#include <string.h>

#include "net/client_internal.h"

struct tls_backend {
    const char *name;         /* begins curl_version_info()->ssl_version */
    const char *suites;       /* of TLS 1.2; NULL: cannot be chosen */
    const char *no_ca_folder; /* one that no authority can lie in; NULL: none is needed, or would do */
};

/* libcurl was built with the distribution's authorities as its default. NULL switches the folder of them off
 * in 7.88 and 8.14; later releases take NULL for "the default". OpenSSL looks for files in whatever it is
 * given. */
#define NO_FOLDER "/dev/null"

static const struct tls_backend backends[] = {
    {"OpenSSL", "ECDHE+AESGCM:ECDHE+CHACHA20", NO_FOLDER},
    {"LibreSSL", "ECDHE+AESGCM:ECDHE+CHACHA20", NO_FOLDER},
    {"BoringSSL", "ECDHE+AESGCM:ECDHE+CHACHA20", NO_FOLDER},
    {"quictls", "ECDHE+AESGCM:ECDHE+CHACHA20", NO_FOLDER},
    {"wolfSSL",
     "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:"
     "ECDHE-RSA-AES128-GCM-SHA256",
     NULL},
};

static const struct tls_backend *tls_backend(void) {
    static const struct tls_backend unknown = {"", NULL, NULL};
    const char *version = curl_version_info(CURLVERSION_NOW)->ssl_version;
    for (size_t i = 0; version && i < PP_COUNT(backends); i++) {
        if (!strncmp(version, backends[i].name, strlen(backends[i].name)))
            return &backends[i];
    }
    return &unknown;
}

static struct curl_blob blob_of(char *text) {
    return (struct curl_blob){.data = text, .len = strlen(text), .flags = CURL_BLOB_NOCOPY};
}

static void identity_setup(struct net_setup *setup, const struct net_identity *identity) {
    struct curl_blob certificate = blob_of(identity->certificate);
    struct curl_blob key = blob_of(identity->key);
    NET_SET(setup, CURLOPT_SSLCERTTYPE, "PEM");
    NET_SET(setup, CURLOPT_SSLCERT_BLOB, &certificate);
    NET_SET(setup, CURLOPT_SSLKEYTYPE, "PEM");
    NET_SET(setup, CURLOPT_SSLKEY_BLOB, &key);
}

void net_tls_setup(struct net_setup *setup, const char *ca_file, const struct net_identity *identity) {
    const struct tls_backend *backend = tls_backend();
    NET_SET(setup, CURLOPT_SSL_VERIFYPEER, 1L);
    NET_SET(setup, CURLOPT_SSL_VERIFYHOST, 2L);
    NET_SET(setup, CURLOPT_CAINFO, ca_file);
    NET_SET(setup, CURLOPT_CAPATH, backend->no_ca_folder);
    if (backend->suites) {
        NET_SET(setup, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
        NET_SET(setup, CURLOPT_SSL_CIPHER_LIST, backend->suites);
    } else {
        NET_SET(setup, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3);
    }
    if (identity)
        identity_setup(setup, identity);
}
