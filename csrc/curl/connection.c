/* One connection; see connection.h. */
#include "curl/connection.h"
#include "base/clock.h"
#include "base/wipe.h"
#include "curl/version.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* CURLE_SSL_CLIENTCERT. Headers before 7.77 lack it, and the loaded libcurl may be newer. */
#define SSL_CLIENTCERT ((CURLcode)98)

/* What a result of libcurl means. `is_permanent`: connecting fails in the same way until the caller
 * changes a file or an option. */
typedef struct {
    CURLcode result;
    kms_http_error_code code;
    bool is_permanent;
} result_meaning;

static const result_meaning MEANINGS[] = {
    {CURLE_OPERATION_TIMEDOUT, KMS_HTTP_TIMEOUT, false},
    {CURLE_COULDNT_RESOLVE_HOST, KMS_HTTP_DNS, false},
    {CURLE_COULDNT_RESOLVE_PROXY, KMS_HTTP_DNS, false},
    {CURLE_COULDNT_CONNECT, KMS_HTTP_CONNECT, false},
    {CURLE_PROXY, KMS_HTTP_CONNECT, false},
    {CURLE_SSL_CONNECT_ERROR, KMS_HTTP_TLS, false},
    {CURLE_PEER_FAILED_VERIFICATION, KMS_HTTP_TLS, true},
    {CURLE_SSL_CACERT_BADFILE, KMS_HTTP_TLS, true},
    {CURLE_SSL_CERTPROBLEM, KMS_HTTP_TLS, true},
    {CURLE_SSL_CIPHER, KMS_HTTP_TLS, false},
    {SSL_CLIENTCERT, KMS_HTTP_TLS, false},
    /* libcurl 8.21: the client key's password is wrong. */
    {CURLE_BAD_FUNCTION_ARGUMENT, KMS_HTTP_TLS, true},
    {CURLE_SEND_ERROR, KMS_HTTP_CLOSED, false},
    {CURLE_RECV_ERROR, KMS_HTTP_CLOSED, false},
};

static result_meaning meaning_of(CURLcode result)
{
    for (size_t i = 0; i < sizeof MEANINGS / sizeof *MEANINGS; i++)
        if (MEANINGS[i].result == result)
            return MEANINGS[i];
    return (result_meaning){result, KMS_HTTP_OTHER, false};
}

/* Wipes stack memory that libcurl has used. Its last message may be there, with a proxy URL and its
 * password. */
static void wipe_stack_below(void)
{
    char below[16 * 1024];
    kms_wipe(below, sizeof below);
}

/* Sets libcurl's result as the cause of the error, and returns libcurl's text for it. If libcurl
 * cannot parse the proxy URL, its detailed text contains the URL with its password. The general
 * text replaces that text. */
static const char *set_cause(const kms_connection *connection, CURLcode result,
                             kms_http_error *error)
{
    const char *text = connection->error_text;
    if (*text == '\0' || (connection->proxy != NULL && strstr(text, connection->proxy) != NULL))
        text = curl_easy_strerror(result);
    error->cause_code = (int)result;
    snprintf(error->cause_text, sizeof error->cause_text, "%s", text);
    return text;
}

/* libcurl needs two sockets to connect, and a file of certificates or of the resolver. Those of a
 * failed attempt are closed. */
enum { NEEDED_DESCRIPTORS = 3 };

/* Whether no limit keeps the process from opening `count` descriptors at once. */
static bool can_open(int count)
{
    if (count == 0)
        return true;
    const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor == -1)
        return errno != EMFILE && errno != ENFILE;
    const bool can_open_rest = can_open(count - 1);
    close(descriptor);
    return can_open_rest;
}

/* Receives a header line of the proxy. A status other than 2xx ends the attempt at once (RFC 9110
 * section 9.3.6), because libcurl would read the body, as long as the proxy sends one, without
 * regard to the timeout. */
static size_t check_tunnel_header(char *line, size_t size, size_t count, void *data)
{
    enum { STATUS = 9, STATUS_END = 12 };
    kms_connection *connection = data;
    const size_t length = size * count;
    if (length < STATUS_END || memcmp(line, "HTTP/", 5) != 0 || line[STATUS] == '2')
        return length;
    for (int i = STATUS; i < STATUS_END; i++)
        connection->refusal_status = connection->refusal_status * 10 + (line[i] - '0');
    return 0;
}

/* Describes why connecting failed. Nothing of the request was sent. */
static void describe_open_failure(kms_connection *connection, CURLcode result,
                                  kms_http_error *error)
{
    result_meaning meaning = meaning_of(result);
    char text[128], full_reason[KMS_HTTP_CAUSE_SIZE + 32];
    long system_error = 0;
    const char *reason = set_cause(connection, result, error);
    curl_easy_getinfo(connection->easy, CURLINFO_OS_ERRNO, &system_error);
    if (result == CURLE_COULDNT_CONNECT && system_error > 0 &&
        strerror_r((int)system_error, text, sizeof text) == 0)
        reason = text;
    if (connection->refusal_status != 0) {
        snprintf(text, sizeof text, "the proxy responded with status %d",
                 connection->refusal_status);
        meaning.code = KMS_HTTP_CONNECT;
        reason = text;
    }
    if (result == CURLE_SSL_CACERT_BADFILE)
        reason = "ca_file has no certificate in PEM format";
    /* With GnuTLS, libcurl has no result of its own for this. */
    if (result == CURLE_SSL_CONNECT_ERROR && strncmp(reason, "error reading X.509", 19) == 0) {
        meaning.is_permanent = true;
        reason = "client_cert and client_key cannot be used: no PEM, no pair, or a wrong password";
    }
    if (!can_open(NEEDED_DESCRIPTORS)) { /* libcurl reports a file that it cannot open */
        meaning = (result_meaning){result, KMS_HTTP_OTHER, false};
        reason = "too many open files";
    }
    if (meaning.code == KMS_HTTP_CLOSED) /* the server closed in the handshake */
        meaning.code = KMS_HTTP_CONNECT;
    error->is_permanent = meaning.is_permanent;
    snprintf(full_reason, sizeof full_reason, "%s%s", reason,
             connection->proxy != NULL ? " (a proxy is set)" : "");
    kms_http_error_set(error, meaning.code, kms_http_origin_host(&connection->origin), full_reason);
    if (connection->proxy != NULL)
        wipe_stack_below();
}

/* Configures the easy handle and adds it to the multi handle. */
static CURLcode configure(kms_connection *connection, const kms_options *options,
                          const kms_http_origin *origin, double seconds)
{
    CURL *easy = connection->easy;
    const double limit = options->number[KMS_OPTION_CONNECT_TIMEOUT];
    const int timeout = kms_to_milliseconds(limit < seconds ? limit : seconds);
    const char *proxy = options->text[KMS_OPTION_PROXY];
    char url[sizeof "https:///" + KMS_HTTP_MAX_HOST];
    CURLcode result = kms_options_apply(options, easy);
    /* Through a proxy, "localhost" would be the proxy's machine, and plain HTTP would leave this
     * one. */
    if (origin->is_plain)
        proxy = NULL;
    connection->proxy = proxy;
    snprintf(url, sizeof url, "http%s://%.*s/", origin->is_plain ? "" : "s",
             (int)origin->host_length, origin->host);
    KMS_SET_OPTION(CURLOPT_PRIVATE, connection);
    KMS_SET_OPTION(CURLOPT_ERRORBUFFER, connection->error_text);
    KMS_SET_OPTION(CURLOPT_CONNECT_ONLY, 1L);
    KMS_SET_OPTION(CURLOPT_HEADERFUNCTION, check_tunnel_header);
    KMS_SET_OPTION(CURLOPT_HEADERDATA, connection);
    KMS_SET_OPTION(CURLOPT_URL, url);
    KMS_SET_OPTION(CURLOPT_PROXY, proxy == NULL ? "" : proxy);
    /* libcurl takes 0 for "no limit". */
    KMS_SET_OPTION(CURLOPT_CONNECTTIMEOUT_MS, (long)(timeout > 0 ? timeout : 1));
    if (result == CURLE_OK && curl_multi_add_handle(connection->multi, easy) != CURLM_OK)
        return CURLE_OUT_OF_MEMORY;
    return result;
}

kms_connection *kms_connection_open(CURLM *multi, const kms_options *options,
                                    const kms_http_origin *origin, double seconds,
                                    kms_http_error *error)
{
    if (!origin->is_plain && !kms_options_check_files(options, kms_http_origin_host(origin), error))
        return NULL;
    kms_connection *connection = calloc(1, sizeof *connection);
    CURLcode result = CURLE_OUT_OF_MEMORY;
    if (connection != NULL) {
        connection->multi = multi;
        connection->socket = CURL_SOCKET_BAD;
        connection->origin = *origin;
        connection->easy = curl_easy_init();
        if (connection->easy != NULL)
            result = configure(connection, options, origin, seconds);
        if (result == CURLE_OK)
            return connection;
    }
    kms_http_error_set(error, KMS_HTTP_OTHER, kms_http_origin_host(origin),
                       curl_easy_strerror(result));
    kms_connection_close(connection);
    return NULL;
}

bool kms_connection_finish_open(kms_connection *connection, CURLcode result, kms_http_error *error)
{
    if (result == CURLE_OK)
        curl_easy_getinfo(connection->easy, CURLINFO_ACTIVESOCKET, &connection->socket);
    if (connection->socket != CURL_SOCKET_BAD)
        return true;
    describe_open_failure(connection, result == CURLE_OK ? CURLE_COULDNT_CONNECT : result, error);
    return false;
}

bool kms_connection_survives_input(kms_connection *connection)
{
    char byte;
    size_t count = 0;
    /* libcurl consumes TLS session tickets itself, so they return no byte here. */
    return curl_easy_recv(connection->easy, &byte, 1, &count) == CURLE_AGAIN;
}

bool kms_connection_is_alive(kms_connection *connection)
{
    struct pollfd one = {connection->socket, POLLIN, 0};
    /* If TLS leads to the proxy, libcurl may have read bytes of the server already. poll does not
     * see those. */
    if (connection->proxy == NULL && poll(&one, 1, 0) == 0)
        return true;
    return kms_connection_survives_input(connection);
}

void kms_connection_describe_failure(const kms_connection *connection, CURLcode result,
                                     kms_http_error *error)
{
    kms_http_error_set(error, meaning_of(result).code, kms_http_origin_host(&connection->origin),
                       set_cause(connection, result, error));
}

void kms_connection_close(kms_connection *connection)
{
    if (connection == NULL)
        return;
    /* Older versions close when they open a later connection, and find that this one has lost its
     * peer. */
    if (connection->socket != CURL_SOCKET_BAD && !kms_curl_is_from(KMS_CURL_CLOSES_FROM))
        connect(connection->socket, &(struct sockaddr){.sa_family = AF_UNSPEC},
                sizeof(struct sockaddr));
    if (connection->easy != NULL) {
        curl_multi_remove_handle(connection->multi, connection->easy);
        curl_easy_cleanup(connection->easy);
    }
    kms_wipe(connection->error_text, sizeof connection->error_text); /* may contain a proxy URL */
    free(connection);
}
