/* One exchange of HTTP on a handle of libcurl; see exchange.h. */
#include "exchange.h"
#include "clock.h"
#include "http_syntax.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_LIMIT = 1024 * 1024 };

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
    size_t from; /* bytes of a body: with less libcurl does not add it */
} DEFAULTS[] = {
    {"Host", NULL, 0}, /* has its value from the request */
    {"Accept", "Accept:", 0},
    {"Content-Type", "Content-Type:", 0},
    {"Expect", "Expect:", 1024},
};

enum { GIVEN_HOST = 1, DEFAULT_COUNT = sizeof DEFAULTS / sizeof *DEFAULTS };

void kms_exchange_init(kms_exchange *exchange)
{
    memset(exchange, 0, sizeof *exchange);
    kms_buffer_init(&exchange->lines, LINES_LIMIT);
    kms_buffer_init(&exchange->origin, LINES_LIMIT);
}

/* Methods differ by case (RFC 9110 section 9.1). */
static bool is_method(const kms_exchange_request *request, const char *method)
{
    return request->method.length == strlen(method) &&
           memcmp(request->method.data, method, request->method.length) == 0;
}

static bool check_target(kms_exchange *exchange, kms_slice target)
{
    if (target.length == 0 || target.data[0] != '/')
        return kms_failure_refuse(&exchange->failure, "target",
                                  "the request target does not start with \"/\"");
    for (size_t i = 0; i < target.length; i++) {
        unsigned char c = (unsigned char)target.data[i];
        if (c <= ' ' || c >= 0x7f || c == '#')
            return kms_failure_refuse(&exchange->failure, "target",
                                      "byte 0x%02x in the request target is not encoded", c);
    }
    return true;
}

bool kms_exchange_begin(kms_exchange *exchange, const kms_exchange_request *request)
{
    kms_slice name;
    kms_exchange_end(exchange);
    kms_failure_clear(&exchange->failure);
    bool plain = kms_same(request->scheme, "http");
    if (!kms_made_of(request->method, KMS_TOKEN))
        return kms_failure_refuse(&exchange->failure, "method",
                                  "the method is not a token of HTTP");
    if (!plain && !kms_same(request->scheme, "https"))
        return kms_failure_refuse(&exchange->failure, "scheme",
                                  "the scheme is neither \"https\" nor \"http\"");
    if (!kms_split_host(request->host, &name))
        return kms_failure_refuse(&exchange->failure, "host",
                                  "the host is not a name or an address with an optional port");
    if (plain && !kms_is_loopback(name) && !(request->link_local && kms_is_link_local(name)))
        return kms_failure_refuse(
            &exchange->failure, "scheme",
            "plain http goes to loopback only (localhost, 127.0.0.0/8, [::1]), not to %.*s",
            (int)request->host.length, request->host.data);
    if (is_method(request, "HEAD") && request->body.length > 0)
        return kms_failure_refuse(&exchange->failure, "body", "a HEAD request has no body");
    return check_target(exchange, request->target);
}

/* False when the lines have not found room. */
static bool end_line(kms_exchange *exchange)
{
    kms_failure *failure = &exchange->failure;
    kms_buffer_add_char(&exchange->lines, '\0');
    exchange->line_count++;
    if (exchange->lines.status == KMS_BUFFER_OK)
        return true;
    if (exchange->lines.status == KMS_BUFFER_TOO_LARGE)
        return kms_failure_refuse(failure, "headers", "the headers are too long");
    snprintf(failure->message, sizeof failure->message, "not enough memory for the headers");
    failure->kind = "transport";
    failure->code = "other";
    return false;
}

bool kms_exchange_header(kms_exchange *exchange, kms_slice name, kms_slice value)
{
    kms_buffer *lines = &exchange->lines;
    size_t at = 0;
    if (!kms_made_of(name, KMS_TOKEN))
        return kms_failure_refuse(&exchange->failure, "headers",
                                  "a header's name is not a token of HTTP");
    while (at < value.length && (value.data[at] == ' ' || value.data[at] == '\t'))
        at++;
    const bool blank = at == value.length;
    for (; at < value.length; at++) {
        unsigned char c = (unsigned char)value.data[at];
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return kms_failure_refuse(&exchange->failure, "headers",
                                      "byte 0x%02x in the value of header %.*s", c,
                                      (int)name.length, name.data);
    }
    if (kms_same(name, "Content-Length") || kms_same(name, "Transfer-Encoding"))
        return kms_failure_refuse(&exchange->failure, "headers", "%.*s is the transport's to send",
                                  (int)name.length, name.data);
    for (unsigned i = 0; i < DEFAULT_COUNT; i++) {
        if (!kms_same(name, DEFAULTS[i].name))
            continue;
        if (1u << i == GIVEN_HOST && (blank || (exchange->given & GIVEN_HOST) != 0))
            return kms_failure_refuse(&exchange->failure, "headers",
                                      "Host has no value or is there twice");
        exchange->given |= 1u << i;
    }
    /* libcurl takes "Name: " for "do not send", and "Name;" for an empty value. */
    kms_buffer_add(lines, name.data, name.length);
    kms_buffer_add_string(lines, blank ? ";" : ": ");
    if (!blank)
        kms_buffer_add(lines, value.data, value.length);
    return end_line(exchange);
}

/* Host as the request has it, and a line for each header that libcurl is not to make up. */
static bool add_defaults(kms_exchange *exchange, const kms_exchange_request *request)
{
    static const kms_slice host = {"Host", 4};
    if ((exchange->given & GIVEN_HOST) == 0 && !kms_exchange_header(exchange, host, request->host))
        return false;
    for (unsigned i = 0; i < DEFAULT_COUNT; i++) {
        if ((exchange->given & 1u << i) != 0 || request->body.length < DEFAULTS[i].from)
            continue;
        kms_buffer_add_string(&exchange->lines, DEFAULTS[i].line);
        if (!end_line(exchange))
            return false;
    }
    return true;
}

/* The lines as libcurl's list of them: one block of nodes, for it only reads them. */
static bool list_lines(kms_exchange *exchange)
{
    char *line = exchange->lines.data;
    exchange->headers = malloc(exchange->line_count * sizeof *exchange->headers);
    if (exchange->headers == NULL)
        return false;
    for (size_t i = 0; i < exchange->line_count; i++) {
        bool last = i + 1 == exchange->line_count;
        exchange->headers[i] = (struct curl_slist){line, last ? NULL : &exchange->headers[i + 1]};
        line += strlen(line) + 1;
    }
    return true;
}

/* To libcurl, 0 bytes taken is the end of the exchange. */
static size_t on_header(char *data, size_t size, size_t count, void *reply)
{
    return kms_reply_line(reply, (kms_slice){data, size * count}) ? count : 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *reply)
{
    return kms_reply_body(reply, (kms_slice){data, size * count}) ? count : 0;
}

/* For the next functions: the first setting that libcurl refuses makes the later ones void. */
#define SET(option, value)                                                                         \
    (result = result != CURLE_OK ? result : curl_easy_setopt(easy, option, value))

/* What a handle is told whatever the request. */
static CURLcode set_up(kms_exchange *exchange, const kms_curl_options *options)
{
    CURL *easy = exchange->easy;
    CURLcode result = CURLE_OK;
    bool two = kms_curl_options_two(options);
    double idle = options->number[KMS_KEEPALIVE];
    for (size_t i = 0; i < sizeof FIXED / sizeof *FIXED; i++)
        SET(FIXED[i].option, FIXED[i].value);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_HTTP_VERSION, two ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
    /* Of many at once the others wait for the first one's connection, and share it. */
    SET(CURLOPT_PIPEWAIT, two ? 1L : 0L);
    /* What is not set libcurl takes from the environment. */
    SET(CURLOPT_NOPROXY, "");
    if (result == CURLE_OK)
        result = kms_curl_options_apply(options, easy);
    SET(CURLOPT_FORBID_REUSE, idle > 0 ? 0L : 1L);
    SET(CURLOPT_FRESH_CONNECT, idle > 0 ? 0L : 1L);
    SET(CURLOPT_MAXAGE_CONN, idle < 1 ? 1L : (long)idle);
    SET(CURLOPT_ERRORBUFFER, exchange->error);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, &exchange->reply);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, &exchange->reply);
    return result;
}

/* LONGEST_SECONDS is less than a 32-bit long of milliseconds can say. */
enum { STANDARD_SECONDS = 30, LONGEST_SECONDS = 2000000 };

static long milliseconds(double seconds)
{
    long whole = (long)(seconds * 1000);
    return (double)whole < seconds * 1000 ? whole + 1 : whole;
}

/* What neither a request nor an option bounds is bounded all the same. */
static double time_left(const kms_curl_options *options, const kms_exchange_request *request)
{
    double set = options->number[KMS_TIMEOUT];
    double limit = set > 0 ? set : request->has_deadline ? LONGEST_SECONDS : STANDARD_SECONDS;
    double left = request->has_deadline ? request->deadline - kms_now() : limit;
    return left < limit ? left : limit;
}

/* Only scheme and host: the target has an option of its own, which libcurl sends as it stands. */
static CURLcode set_url(kms_exchange *exchange, const kms_exchange_request *request, bool plain)
{
    kms_buffer *origin = &exchange->origin;
    kms_slice scheme = plain ? KMS_LITERAL("http://") : KMS_LITERAL("https://");
    size_t length = scheme.length + request->host.length + sizeof "/";
    bool same = exchange->url != NULL && origin->length == length &&
                memcmp(origin->data, scheme.data, scheme.length) == 0 &&
                memcmp(origin->data + scheme.length, request->host.data, request->host.length) == 0;
    if (!same) {
        curl_url_cleanup(exchange->url);
        exchange->url = curl_url();
        kms_buffer_clear(origin);
        kms_buffer_add(origin, scheme.data, scheme.length);
        kms_buffer_add(origin, request->host.data, request->host.length);
        if (!kms_buffer_add(origin, "/", sizeof "/") || exchange->url == NULL)
            return CURLE_OUT_OF_MEMORY;
        CURLUcode set = curl_url_set(exchange->url, CURLUPART_URL, origin->data, 0);
        if (set != CURLUE_OK) {
            kms_buffer_clear(origin);
            return set == CURLUE_OUT_OF_MEMORY ? CURLE_OUT_OF_MEMORY : CURLE_URL_MALFORMAT;
        }
    }
    return curl_easy_setopt(exchange->easy, CURLOPT_CURLU, exchange->url);
}

/* Tells the handle of this request. `left` is its time in seconds. */
static CURLcode prepare(kms_exchange *exchange, const kms_curl_options *options,
                        const kms_exchange_request *request, double left)
{
    CURL *easy = exchange->easy;
    bool plain = kms_same(request->scheme, "http"), head = is_method(request, "HEAD");
    bool bodied = request->body.length > 0 || is_method(request, "PUT") ||
                  is_method(request, "POST") || is_method(request, "PATCH");
    double connect = options->number[KMS_CONNECT_TIMEOUT];
    const char *proxy = options->text[KMS_PROXY];
    CURLcode result = set_url(exchange, request, plain);
    SET(CURLOPT_REQUEST_TARGET, request->target.data);
    SET(CURLOPT_NOBODY, head ? 1L : 0L);
    if (bodied) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDS, request->body.length > 0 ? request->body.data : "");
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.length);
    }
    SET(CURLOPT_CUSTOMREQUEST, request->method.data);
    SET(CURLOPT_HTTPHEADER, exchange->headers);
    /* Through a proxy "localhost" would be the proxy's, and plain http would leave this machine. */
    SET(CURLOPT_PROXY, plain || proxy == NULL ? "" : proxy);
    /* What a HEAD request is told of a length is not sent. */
    SET(CURLOPT_MAXFILESIZE_LARGE, head ? 0 : (curl_off_t)options->number[KMS_MAX_RESPONSE]);
    SET(CURLOPT_TIMEOUT_MS, milliseconds(left));
    SET(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(connect < left ? connect : left));
    return result;
}

/* What became of the exchange when libcurl failed. */
static void explain(kms_exchange *exchange, const kms_curl_options *options,
                    const kms_exchange_request *request, CURLcode result)
{
    kms_failure *failure = &exchange->failure;
    const char *code = kms_failure_code(result), *reason = exchange->error;
    const char *proxy = options->text[KMS_PROXY];
    char text[128], by_proxy[CURL_ERROR_SIZE + 32];
    curl_off_t ready = 0;
    long number = 0;
    if (exchange->easy != NULL) {
        curl_easy_getinfo(exchange->easy, CURLINFO_OS_ERRNO, &number);
        curl_easy_getinfo(exchange->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
    }
    /* The time adds up over the connections of one exchange. So it is above 0 too where a kept
     * connection was lost after the request, and libcurl sent it again on a new one or could not
     * make one. */
    failure->uncertain = ready > 0;
    failure->has_cause = true;
    failure->cause = result;
    /* A proxy that libcurl cannot read is quoted whole, with its password. */
    if (*reason == '\0' || (proxy != NULL && strstr(reason, proxy) != NULL))
        reason = curl_easy_strerror(result);
    snprintf(failure->cause_text, sizeof failure->cause_text, "%s", reason);
    if (exchange->reply.stop_code != NULL) {
        code = exchange->reply.stop_code;
        reason = exchange->reply.stop_reason;
    } else if (result == CURLE_OUT_OF_MEMORY && ready > 0 &&
               exchange->reply.stage != KMS_HEAD_DONE) {
        code = "too_large"; /* so libcurl before 8.6 calls a header line above its own bound */
        reason = "a line of its head is above libcurl's bound";
    } else if (result == CURLE_COULDNT_CONNECT && number > 0 &&
               strerror_r((int)number, text, sizeof text) == 0) {
        reason = text;
    } else if (strcmp(code, "closed") == 0 && ready == 0) {
        code = "connect"; /* a proxy that refused CONNECT, or went away */
    }
    if (proxy != NULL && ready == 0 && exchange->reply.stop_code == NULL) {
        snprintf(by_proxy, sizeof by_proxy, "%s (a proxy is set)", reason);
        reason = by_proxy;
    }
    kms_failure_say(failure, code, request->host, reason);
}

bool kms_exchange_open(kms_exchange *exchange, const kms_curl_options *options,
                       const kms_exchange_request *request)
{
    double left = time_left(options, request);
    if (!(left > 0))
        return kms_failure_say(&exchange->failure, "timeout", request->host,
                               "the deadline has passed");
    if (!add_defaults(exchange, request))
        return false;
    kms_reply_init(&exchange->reply, (size_t)options->number[KMS_MAX_RESPONSE]);
    exchange->error[0] = '\0';
    exchange->easy = curl_easy_init();
    CURLcode result = exchange->easy == NULL ? CURLE_FAILED_INIT : set_up(exchange, options);
    if (result == CURLE_OK && !list_lines(exchange))
        result = CURLE_OUT_OF_MEMORY;
    if (result == CURLE_OK)
        result = prepare(exchange, options, request, left);
    if (result != CURLE_OK)
        explain(exchange, options, request, result);
    return result == CURLE_OK;
}

bool kms_exchange_done(kms_exchange *exchange, const kms_curl_options *options,
                       const kms_exchange_request *request, CURLcode result)
{
    curl_easy_getinfo(exchange->easy, CURLINFO_NUM_CONNECTS, &exchange->connections);
    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &exchange->status);
    if (result == CURLE_OK &&
        exchange->reply.stage != KMS_HEAD_DONE) { /* to libcurl this is an answer */
        kms_reply_stop(&exchange->reply, "closed", "it ended within the answer's head");
        result = CURLE_PARTIAL_FILE;
    }
    if (result != CURLE_OK)
        explain(exchange, options, request, result);
    return result == CURLE_OK;
}

void kms_exchange_close(kms_exchange *exchange)
{
    kms_exchange_end(exchange);
    curl_url_cleanup(exchange->url);
    exchange->url = NULL;
    kms_buffer_free(&exchange->origin);
}

void kms_exchange_end(kms_exchange *exchange)
{
    curl_easy_cleanup(exchange->easy);
    exchange->easy = NULL;
    free(exchange->headers);
    exchange->headers = NULL;
    kms_buffer_free(&exchange->lines);
    kms_reply_free(&exchange->reply);
    kms_wipe(exchange->error, sizeof exchange->error); /* it may quote a proxy, with its password */
    exchange->line_count = 0;
    exchange->given = 0;
}
