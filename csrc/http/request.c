/* A request, checked and written; see exchange.h. */
#include "http/request.h"
#include "base/clock.h"
#include "http/syntax.h"

#include <stdio.h>
#include <string.h>

enum { HEAD_LIMIT = 1024 * 1024, SHORT_BODY = 4096 };

/* Headers that are looked for among those of the caller, in the order of kms_given. */
static const char *const NOTED[] = {"Host", "Accept", "Content-Type", "Expect"};

void kms_exchange_init(kms_exchange *exchange)
{
    memset(exchange, 0, sizeof *exchange);
    kms_buffer_init(&exchange->head, HEAD_LIMIT);
    kms_reply_init(&exchange->reply);
}

bool kms_exchange_is(const kms_exchange_request *request, const char *method)
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

/* False when the head has not found room. */
static bool check_room(kms_exchange *exchange)
{
    kms_failure *failure = &exchange->failure;
    if (exchange->head.status == KMS_BUFFER_OK)
        return true;
    if (exchange->head.status == KMS_BUFFER_TOO_LARGE)
        return kms_failure_refuse(failure, "headers", "the headers are too long");
    snprintf(failure->message, sizeof failure->message, "not enough memory for the headers");
    failure->kind = "transport";
    failure->code = "other";
    return false;
}

static bool end_line(kms_exchange *exchange)
{
    kms_buffer_append(&exchange->head, "\r\n", 2);
    return check_room(exchange);
}

static bool begin_head(kms_exchange *exchange, const kms_exchange_request *request)
{
    kms_buffer *head = &exchange->head;
    kms_buffer_append(head, request->method.data, request->method.length);
    kms_buffer_append_char(head, ' ');
    kms_buffer_append(head, request->target.data, request->target.length);
    kms_buffer_append_string(head, " HTTP/1.1");
    return end_line(exchange);
}

bool kms_exchange_begin(kms_exchange *exchange, const kms_exchange_request *request)
{
    kms_slice name;
    kms_exchange_end(exchange);
    kms_failure_clear(&exchange->failure);
    bool plain = kms_ascii_equals_nocase(request->scheme, "http");
    if (!kms_syntax_matches(request->method, KMS_TOKEN))
        return kms_failure_refuse(&exchange->failure, "method",
                                  "the method is not a token of HTTP");
    if (!plain && !kms_ascii_equals_nocase(request->scheme, "https"))
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
    if (kms_exchange_is(request, "HEAD") && request->body.length > 0)
        return kms_failure_refuse(&exchange->failure, "body", "a HEAD request has no body");
    return check_target(exchange, request->target) && begin_head(exchange, request);
}

bool kms_exchange_header(kms_exchange *exchange, kms_slice name, kms_slice value)
{
    kms_buffer *head = &exchange->head;
    size_t at = 0;
    if (!kms_syntax_matches(name, KMS_TOKEN))
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
    if (kms_ascii_equals_nocase(name, "Content-Length") ||
        kms_ascii_equals_nocase(name, "Transfer-Encoding"))
        return kms_failure_refuse(&exchange->failure, "headers", "%.*s is the transport's to send",
                                  (int)name.length, name.data);
    for (unsigned i = 0; i < sizeof NOTED / sizeof *NOTED; i++) {
        if (!kms_ascii_equals_nocase(name, NOTED[i]))
            continue;
        if (1u << i == KMS_GIVEN_HOST && (blank || (exchange->given & KMS_GIVEN_HOST) != 0))
            return kms_failure_refuse(&exchange->failure, "headers",
                                      "Host has no value or is there twice");
        exchange->given |= 1u << i;
    }
    kms_buffer_append(head, name.data, name.length);
    kms_buffer_append_string(head, blank ? ":" : ": ");
    if (!blank)
        kms_buffer_append(head, value.data, value.length);
    exchange->header_count++;
    return end_line(exchange);
}

/* LONGEST_SECONDS is less than a 32-bit long of milliseconds can say. */
enum { STANDARD_SECONDS = 30, LONGEST_SECONDS = 2000000 };

/* What neither a request nor an option bounds is bounded all the same. */
static double time_left(const kms_curl_options *options, const kms_exchange_request *request)
{
    double set = options->number[KMS_TIMEOUT];
    double limit = set > 0 ? set : request->has_deadline ? LONGEST_SECONDS : STANDARD_SECONDS;
    double left = request->has_deadline ? request->deadline - kms_now() : limit;
    return left < limit ? left : limit;
}

bool kms_exchange_ready(kms_exchange *exchange, const kms_curl_options *options,
                        const kms_exchange_request *request, double *seconds)
{
    *seconds = time_left(options, request);
    if (!(*seconds > 0))
        return kms_failure_say(&exchange->failure, "timeout", request->host,
                               "the deadline has passed");
    exchange->reply.body.limit = (size_t)options->number[KMS_MAX_RESPONSE];
    return (exchange->given & KMS_GIVEN_HOST) != 0 ||
           kms_exchange_header(exchange, KMS_LITERAL("Host"), request->host);
}

bool kms_exchange_tells_length(const kms_exchange_request *request)
{
    return request->body.length > 0 || kms_exchange_is(request, "PUT") ||
           kms_exchange_is(request, "POST") || kms_exchange_is(request, "PATCH");
}

bool kms_exchange_write(kms_exchange *exchange, const kms_exchange_request *request)
{
    kms_buffer *head = &exchange->head;
    char length[48];
    if (kms_exchange_tells_length(request)) {
        snprintf(length, sizeof length, "Content-Length: %zu\r\n", request->body.length);
        kms_buffer_append_string(head, length);
    }
    kms_buffer_append(head, "\r\n", 2);
    exchange->rest = request->body;
    if (request->body.length <= SHORT_BODY && head->length <= HEAD_LIMIT - SHORT_BODY) {
        kms_buffer_append(head, request->body.data, request->body.length);
        exchange->rest.length = 0;
    }
    return check_room(exchange);
}

static kms_slice scheme_of(const kms_exchange_request *request)
{
    return kms_ascii_equals_nocase(request->scheme, "http") ? KMS_LITERAL("http://")
                                                            : KMS_LITERAL("https://");
}

bool kms_exchange_goes_to(const kms_exchange_request *request, const kms_buffer *origin)
{
    const kms_slice scheme = scheme_of(request), host = request->host;
    return origin->length == scheme.length + host.length + sizeof "/" &&
           memcmp(origin->data, scheme.data, scheme.length) == 0 &&
           memcmp(origin->data + scheme.length, host.data, host.length) == 0;
}

bool kms_exchange_origin(const kms_exchange_request *request, kms_buffer *origin)
{
    const kms_slice scheme = scheme_of(request);
    kms_buffer_clear(origin);
    kms_buffer_append(origin, scheme.data, scheme.length);
    kms_buffer_append(origin, request->host.data, request->host.length);
    return kms_buffer_append(origin, "/", sizeof "/");
}

void kms_exchange_end(kms_exchange *exchange)
{
    kms_buffer_clear(&exchange->head);
    kms_reply_clear(&exchange->reply);
    exchange->rest = (kms_slice){NULL, 0};
    exchange->header_count = 0;
    exchange->given = 0;
}

void kms_exchange_close(kms_exchange *exchange)
{
    kms_exchange_end(exchange);
    kms_buffer_free(&exchange->head);
    kms_reply_free(&exchange->reply);
}
