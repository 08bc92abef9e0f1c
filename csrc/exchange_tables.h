/* What exchange.c looks things up in, and nothing else includes: options, settings of a handle,
 * headers that libcurl adds, names of failures. */
#ifndef KMS_EXCHANGE_TABLES_H
#define KMS_EXCHANGE_TABLES_H

#include <stdint.h>

#include "exchange.h"

#define TEXT_RULE "must be a non-empty string without NUL"
#define SECONDS_RULE "must be a number of seconds above 0, at most 1000000"

const kms_option KMS_OPTIONS[KMS_OPTION_COUNT] = {
    [KMS_CA_FILE] = {"ca_file", true, 0, 0, 0, TEXT_RULE, CURLOPT_CAINFO, CURLOPT_PROXY_CAINFO},
    [KMS_CA_PATH] = {"ca_path", true, 0, 0, 0, TEXT_RULE, CURLOPT_CAPATH, CURLOPT_PROXY_CAPATH},
    [KMS_PROXY] = {"proxy", true, 0, 0, 0, TEXT_RULE, 0, 0},
    [KMS_NO_PROXY] = {"no_proxy", true, 0, 0, 0, TEXT_RULE, CURLOPT_NOPROXY, 0},
    [KMS_CLIENT_CERT] = {"client_cert", true, 0, 0, 0, TEXT_RULE, CURLOPT_SSLCERT, 0},
    [KMS_CLIENT_KEY] = {"client_key", true, 0, 0, 0, TEXT_RULE, CURLOPT_SSLKEY, 0},
    [KMS_CLIENT_KEY_PASSWORD] = {"client_key_password", true, 0, 0, 0, TEXT_RULE, CURLOPT_KEYPASSWD,
                                 0},
    [KMS_HTTP_VERSION] = {"http_version", true, 0, 0, 0, "must be \"1.1\" or \"2\"", 0, 0},
    [KMS_CONNECT_TIMEOUT] = {"connect_timeout", false, 10, 1e-9, 1e6, SECONDS_RULE, 0, 0},
    [KMS_TIMEOUT] = {"timeout", false, 0, 1e-9, 1e6, SECONDS_RULE, 0, 0},
    [KMS_KEEPALIVE] = {"keepalive", false, 60, 0, 1e6, "must be a number of seconds, 0 to 1000000",
                       0, 0},
    [KMS_MAX_RESPONSE] = {"max_response", false, 1024 * 1024, 1, INT32_MAX,
                          "must be a whole number of bytes, 1 to 2147483647", 0, 0},
};

/* What is the same for every handle. Nothing a caller says can change the checks of TLS. */
static const struct {
    CURLoption option;
    long value;
} FIXED[] = {
    {CURLOPT_NOSIGNAL, 1},
    {CURLOPT_FOLLOWLOCATION, 0},
    {CURLOPT_SSL_VERIFYPEER, 1},
    {CURLOPT_SSL_VERIFYHOST, 2},
    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_PROXY_SSL_VERIFYPEER, 1},
    {CURLOPT_PROXY_SSL_VERIFYHOST, 2},
    {CURLOPT_PROXY_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_HTTPPROXYTUNNEL, 1},
    {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
    {CURLOPT_HEADEROPT, CURLHEADER_SEPARATE},
    {CURLOPT_PATH_AS_IS, 1},
    {CURLOPT_HTTP09_ALLOWED, 0},
    {CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
    {CURLOPT_NETRC, CURL_NETRC_IGNORED},
    /* Connections are kept, not sessions: libcurl 7.88 frees a host's name twice when memory ends
     * while it keeps a session. */
    {CURLOPT_SSL_SESSIONID_CACHE, 0},
#if LIBCURL_VERSION_NUM >= 0x075700
    /* Else the end of a handle waits for a name server that the deadline has given up. */
    {CURLOPT_QUICK_EXIT, 1},
#endif
};

/* Headers that libcurl would add, and the line that keeps it from doing so. */
static const struct {
    const char *name;
    const char *line;
} DEFAULTS[] = {
    {"Host", NULL}, /* has its value from the request */
    {"Accept", "Accept:"}, {"Content-Type", "Content-Type:"},
    {"Expect", "Expect:"}, {"User-Agent", "User-Agent:"},
};

enum { GIVEN_HOST = 1, DEFAULT_COUNT = sizeof DEFAULTS / sizeof *DEFAULTS };

/* Codes of libcurl that have a word of their own; the others are "other". */
static const struct {
    CURLcode result;
    const char *code;
} CODES[] = {
    {CURLE_OPERATION_TIMEDOUT, "timeout"},
    {CURLE_COULDNT_RESOLVE_HOST, "dns"},
    {CURLE_COULDNT_RESOLVE_PROXY, "dns"},
    {CURLE_COULDNT_CONNECT, "connect"},
    {CURLE_PROXY, "connect"},
    {CURLE_SSL_CONNECT_ERROR, "tls"},
    {CURLE_PEER_FAILED_VERIFICATION, "tls"},
    {CURLE_SSL_CACERT_BADFILE, "tls"},
    {CURLE_SSL_CERTPROBLEM, "tls"},
    {CURLE_SSL_CIPHER, "tls"},
    {CURLE_SSL_ISSUER_ERROR, "tls"},
    {CURLE_SSL_CLIENTCERT, "tls"},
    {CURLE_SSL_ENGINE_NOTFOUND, "tls"},
    {CURLE_SSL_ENGINE_SETFAILED, "tls"},
    {CURLE_SSL_ENGINE_INITFAILED, "tls"},
    {CURLE_SSL_SHUTDOWN_FAILED, "tls"},
    {CURLE_GOT_NOTHING, "closed"},
    {CURLE_PARTIAL_FILE, "closed"},
    {CURLE_SEND_ERROR, "closed"},
    {CURLE_RECV_ERROR, "closed"},
    {CURLE_HTTP2, "closed"}, /* the stream or the whole connection was given up by the peer */
    {CURLE_HTTP2_STREAM, "closed"},
    {CURLE_FILESIZE_EXCEEDED, "too_large"},
#if LIBCURL_VERSION_NUM >= 0x080600
    {CURLE_TOO_LARGE, "too_large"},
#endif
};

/* What a message says of the host, which stands between the two; the reason follows. */
static const struct {
    const char *code;
    const char *before;
    const char *after;
} PHRASES[] = {
    {"timeout", "no answer from ", " in time"}, {"dns", "no address for ", ""},
    {"connect", "no connection to ", ""},       {"tls", "no trusted connection to ", ""},
    {"closed", "connection to ", " lost"},      {"too_large", "answer of ", " too large"},
    {"other", "exchange with ", " failed"},
};

#endif
