/* HTTP exchanges on libcurl: the handle, one exchange, and what its failures are called; see
 * exchange.h. */
#include "exchange.h"
#include "exchange_tables.h"
#include "http_syntax.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LINE_LIMIT = 1024 * 1024 };

double kms_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void kms_exchange_init(kms_exchange *exchange)
{
    memset(exchange, 0, sizeof *exchange);
    for (int i = 0; i < KMS_OPTION_COUNT; i++)
        exchange->number[i] = KMS_OPTIONS[i].standard;
    kms_buffer_init(&exchange->line, LINE_LIMIT);
}

kms_set_status kms_exchange_set_text(kms_exchange *exchange, kms_option_index option,
                                     kms_slice text)
{
    if (text.length == 0 || memchr(text.data, '\0', text.length) != NULL)
        return KMS_SET_REFUSED;
    if (option == KMS_HTTP_VERSION && strcmp(text.data, "1.1") != 0 && strcmp(text.data, "2") != 0)
        return KMS_SET_REFUSED;
    exchange->text[option] = malloc(text.length + 1);
    if (exchange->text[option] == NULL)
        return KMS_SET_NO_MEMORY;
    memcpy(exchange->text[option], text.data, text.length);
    exchange->text[option][text.length] = '\0';
    return KMS_SET_OK;
}

kms_set_status kms_exchange_set_number(kms_exchange *exchange, kms_option_index option,
                                       double number)
{
    const kms_option *rule = &KMS_OPTIONS[option];
    if (!(number >= rule->least && number <= rule->most))
        return KMS_SET_REFUSED;
    if (option == KMS_MAX_RESPONSE && (double)(long)number != number)
        return KMS_SET_REFUSED;
    exchange->number[option] = number;
    return KMS_SET_OK;
}

__attribute__((format(printf, 3, 4))) static bool refuse(kms_exchange *exchange, const char *field,
                                                         const char *format, ...)
{
    kms_failure *failure = &exchange->failure;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(failure->message, sizeof failure->message, format, arguments);
    va_end(arguments);
    failure->kind = "invalid";
    failure->code = field;
    return false;
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
        return refuse(exchange, "target", "the request target does not start with \"/\"");
    for (size_t i = 0; i < target.length; i++) {
        unsigned char c = (unsigned char)target.data[i];
        if (c <= ' ' || c >= 0x7f || c == '#')
            return refuse(exchange, "target", "byte 0x%02x in the request target is not encoded",
                          c);
    }
    return true;
}

bool kms_exchange_begin(kms_exchange *exchange, const kms_exchange_request *request)
{
    kms_slice name;
    kms_exchange_end(exchange);
    memset(&exchange->failure, 0, sizeof exchange->failure);
    bool plain = kms_same(request->scheme, "http");
    if (!kms_made_of(request->method, KMS_TOKEN))
        return refuse(exchange, "method", "the method is not a token of HTTP");
    if (!plain && !kms_same(request->scheme, "https"))
        return refuse(exchange, "scheme", "the scheme is neither \"https\" nor \"http\"");
    if (!kms_split_host(request->host, &name))
        return refuse(exchange, "host",
                      "the host is not a name or an address with an optional port");
    if (plain && !kms_is_loopback(name) && !(request->link_local && kms_is_link_local(name)))
        return refuse(
            exchange, "scheme",
            "plain http goes to loopback only (localhost, 127.0.0.0/8, [::1]), not to %.*s",
            (int)request->host.length, request->host.data);
    if (is_method(request, "HEAD") && request->body.length > 0)
        return refuse(exchange, "body", "a HEAD request has no body");
    return check_target(exchange, request->target);
}

/* Takes what is in `line` over into the list of headers. The copy in the list is wiped by end. */
static bool append_line(kms_exchange *exchange)
{
    kms_failure *failure = &exchange->failure;
    struct curl_slist *longer = NULL;
    kms_buffer_add_char(&exchange->line, '\0');
    kms_buffer_status status = exchange->line.status;
    if (status == KMS_BUFFER_OK)
        longer = curl_slist_append(exchange->headers, exchange->line.data);
    kms_buffer_clear(&exchange->line);
    if (status == KMS_BUFFER_TOO_LARGE)
        return refuse(exchange, "headers", "the headers are too long");
    if (longer == NULL) {
        snprintf(failure->message, sizeof failure->message, "not enough memory for the headers");
        failure->kind = "transport";
        failure->code = "other";
        return false;
    }
    exchange->headers = longer;
    return true;
}

bool kms_exchange_header(kms_exchange *exchange, kms_slice name, kms_slice value)
{
    kms_buffer *line = &exchange->line;
    bool blank = true;
    if (!kms_made_of(name, KMS_TOKEN))
        return refuse(exchange, "headers", "a header's name is not a token of HTTP");
    for (size_t i = 0; i < value.length; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return refuse(exchange, "headers", "byte 0x%02x in the value of header %.*s", c,
                          (int)name.length, name.data);
        blank = blank && (c == ' ' || c == '\t');
    }
    if (kms_same(name, "Content-Length") || kms_same(name, "Transfer-Encoding"))
        return refuse(exchange, "headers", "%.*s is the transport's to send", (int)name.length,
                      name.data);
    for (unsigned i = 0; i < DEFAULT_COUNT; i++) {
        if (!kms_same(name, DEFAULTS[i].name))
            continue;
        if (1u << i == GIVEN_HOST && (blank || (exchange->given & GIVEN_HOST) != 0))
            return refuse(exchange, "headers", "Host has no value or is there twice");
        exchange->given |= 1u << i;
    }
    /* libcurl takes "Name: " for "do not send", and "Name;" for an empty value. */
    kms_buffer_clear(line);
    kms_buffer_add(line, name.data, name.length);
    kms_buffer_add_string(line, blank ? ";" : ": ");
    if (!blank)
        kms_buffer_add(line, value.data, value.length);
    return append_line(exchange);
}

/* Host as the request has it, and a line for each header that libcurl is not to make up. */
static bool add_defaults(kms_exchange *exchange, const kms_exchange_request *request)
{
    static const kms_slice host = {"Host", 4};
    if ((exchange->given & GIVEN_HOST) == 0 && !kms_exchange_header(exchange, host, request->host))
        return false;
    for (unsigned i = 0; i < DEFAULT_COUNT; i++) {
        if ((exchange->given & 1u << i) != 0)
            continue;
        kms_buffer_add_string(&exchange->line, DEFAULTS[i].line);
        if (!append_line(exchange))
            return false;
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

/* Each exchange has a handle of its own, and only the connections are kept: libcurl 7.88 appends a
 * header that begins with white space to the last one of the handle's exchange before, which is
 * freed by then. */
static void drop_handle(kms_exchange *exchange)
{
    curl_easy_cleanup(exchange->easy);
    exchange->easy = NULL;
}

static void drop_connections(kms_exchange *exchange)
{
    drop_handle(exchange);
    curl_share_cleanup(exchange->kept);
    exchange->kept = NULL;
}

/* No locks: a userdata is at work in one thread at a time. */
static CURLcode open_connections(kms_exchange *exchange)
{
    if (exchange->kept != NULL)
        return CURLE_OK;
    exchange->kept = curl_share_init();
    if (exchange->kept != NULL &&
        curl_share_setopt(exchange->kept, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT) == CURLSHE_OK)
        return CURLE_OK;
    return CURLE_OUT_OF_MEMORY;
}

/* For the next functions: the first setting that libcurl refuses makes the later ones void. */
#define SET(option, value)                                                                         \
    (result = result != CURLE_OK ? result : curl_easy_setopt(easy, option, value))

static CURLcode open_handle(kms_exchange *exchange)
{
    CURL *easy = curl_easy_init();
    CURLcode result = easy == NULL ? CURLE_FAILED_INIT : open_connections(exchange);
    exchange->easy = easy;
    const char *version = exchange->text[KMS_HTTP_VERSION];
    bool two = version != NULL && strcmp(version, "2") == 0;
    double idle = exchange->number[KMS_KEEPALIVE];
    for (size_t i = 0; i < sizeof FIXED / sizeof *FIXED; i++)
        SET(FIXED[i].option, FIXED[i].value);
    SET(CURLOPT_SHARE, exchange->kept);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_HTTP_VERSION, two ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
    /* What is not set libcurl takes from the environment. */
    SET(CURLOPT_NOPROXY, "");
    /* One's own CAs stand instead of the system's, not beside them. */
    if (exchange->text[KMS_CA_FILE] != NULL || exchange->text[KMS_CA_PATH] != NULL)
        for (int i = KMS_CA_FILE; i <= KMS_CA_PATH; i++) {
            SET(KMS_OPTIONS[i].setting, (char *)NULL);
            SET(KMS_OPTIONS[i].at_proxy, (char *)NULL);
        }
    for (int i = 0; i < KMS_OPTION_COUNT; i++) {
        if (exchange->text[i] != NULL && KMS_OPTIONS[i].setting != 0)
            SET(KMS_OPTIONS[i].setting, exchange->text[i]);
        if (exchange->text[i] != NULL && KMS_OPTIONS[i].at_proxy != 0)
            SET(KMS_OPTIONS[i].at_proxy, exchange->text[i]);
    }
    SET(CURLOPT_FORBID_REUSE, idle > 0 ? 0L : 1L);
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

/* Tells the handle of this request. `left` is its time in seconds. */
static CURLcode prepare(kms_exchange *exchange, const kms_exchange_request *request, double left)
{
    CURLcode result = open_handle(exchange);
    CURL *easy = exchange->easy;
    bool plain = kms_same(request->scheme, "http"), head = is_method(request, "HEAD");
    bool bodied = request->body.length > 0 || is_method(request, "PUT") ||
                  is_method(request, "POST") || is_method(request, "PATCH");
    double connect = exchange->number[KMS_CONNECT_TIMEOUT];
    const char *proxy = exchange->text[KMS_PROXY];
    kms_buffer *line = &exchange->line;
    kms_buffer_add_string(line, plain ? "http://" : "https://");
    kms_buffer_add(line, request->host.data, request->host.length);
    if (!kms_buffer_add(line, "/", sizeof "/"))
        return CURLE_OUT_OF_MEMORY;
    SET(CURLOPT_URL, line->data);
    SET(CURLOPT_REQUEST_TARGET, request->target.data);
    SET(CURLOPT_HTTPGET, 1L);
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
    SET(CURLOPT_MAXFILESIZE_LARGE, head ? 0 : (curl_off_t)exchange->number[KMS_MAX_RESPONSE]);
    SET(CURLOPT_TIMEOUT_MS, milliseconds(left));
    SET(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(connect < left ? connect : left));
    return result;
}

static const char *code_of(CURLcode result)
{
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++)
        if (CODES[i].result == result)
            return CODES[i].code;
    return "other";
}

/* Fills in the failure of an exchange from its code and reason. */
static bool fail(kms_exchange *exchange, const kms_exchange_request *request, const char *code,
                 const char *reason)
{
    kms_failure *failure = &exchange->failure;
    size_t i = 0;
    while (strcmp(PHRASES[i].code, code) != 0)
        i++;
    snprintf(failure->message, sizeof failure->message, "%s%.*s%s: %s", PHRASES[i].before,
             (int)request->host.length, request->host.data, PHRASES[i].after, reason);
    for (char *c = failure->message; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?'; /* a certificate's text may stand in a reason */
    failure->kind = "transport";
    failure->code = code;
    return false;
}

/* What became of the exchange when libcurl failed. */
static void explain(kms_exchange *exchange, const kms_exchange_request *request, CURLcode result,
                    bool performed)
{
    kms_failure *failure = &exchange->failure;
    const char *code = code_of(result), *reason = exchange->error;
    const char *proxy = exchange->text[KMS_PROXY];
    char text[128], by_proxy[CURL_ERROR_SIZE + 32];
    curl_off_t ready = 0;
    long number = 0;
    if (performed) {
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
    fail(exchange, request, code, reason);
}

/* What neither a request nor an option bounds is bounded all the same. */
static double time_left(const kms_exchange *exchange, const kms_exchange_request *request)
{
    double set = exchange->number[KMS_TIMEOUT];
    double limit = set > 0 ? set : request->has_deadline ? LONGEST_SECONDS : STANDARD_SECONDS;
    double left = request->has_deadline ? request->deadline - kms_now() : limit;
    return left < limit ? left : limit;
}

bool kms_exchange_perform(kms_exchange *exchange, const kms_exchange_request *request)
{
    double left = time_left(exchange, request);
    double idle = monotonic() - exchange->idle_since, most_idle = exchange->number[KMS_KEEPALIVE];
    long opened = 0;
    if (!(left > 0))
        return fail(exchange, request, "timeout", "the deadline has passed");
    if (!add_defaults(exchange, request))
        return false;
    /* libcurl counts idle time in whole seconds; this does the fractions. */
    if (exchange->kept != NULL && most_idle > 0 && idle > most_idle)
        drop_connections(exchange);
    kms_reply_init(&exchange->reply, (size_t)exchange->number[KMS_MAX_RESPONSE]);
    exchange->error[0] = '\0';
    CURLcode result = prepare(exchange, request, left);
    bool performed = result == CURLE_OK;
    if (performed) {
        result = curl_easy_perform(exchange->easy);
        curl_easy_getinfo(exchange->easy, CURLINFO_NUM_CONNECTS, &opened);
        curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &exchange->status);
        exchange->requests++;
        exchange->connections += (unsigned long)opened;
    }
    if (result == CURLE_OK &&
        exchange->reply.stage != KMS_HEAD_DONE) { /* to libcurl this is an answer */
        kms_reply_stop(&exchange->reply, "closed", "it ended within the answer's head");
        result = CURLE_PARTIAL_FILE;
    }
    if (result != CURLE_OK) {
        explain(exchange, request, result, performed);
        drop_connections(exchange);
        return false;
    }
    drop_handle(exchange);
    exchange->idle_since = monotonic();
    return true;
}

void kms_exchange_end(kms_exchange *exchange)
{
    for (struct curl_slist *node = exchange->headers; node != NULL; node = node->next)
        kms_wipe(node->data, strlen(node->data));
    curl_slist_free_all(exchange->headers);
    exchange->headers = NULL;
    kms_buffer_free(&exchange->line);
    kms_reply_free(&exchange->reply);
    exchange->given = 0;
}

void kms_exchange_close(kms_exchange *exchange)
{
    drop_connections(exchange);
    kms_exchange_end(exchange);
    for (int i = 0; i < KMS_OPTION_COUNT; i++) {
        if (exchange->text[i] != NULL)
            kms_wipe(exchange->text[i], strlen(exchange->text[i]));
        free(exchange->text[i]);
        exchange->text[i] = NULL;
    }
}
