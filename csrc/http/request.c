/* HTTP/1.1 requests; see request.h. */
#include "http/request.h"
#include "http/syntax.h"

#include <stdio.h>

enum { MAX_HEAD = 1024 * 1024 };

/* Properties of methods. A method without a row has none. */
enum {
    IDEMPOTENT = 1,
    EXPECTS_BODY = 2, /* has Content-Length even without a body (RFC 9110 section 8.6) */
    NO_BODY = 4       /* the response has no body */
};

static const struct {
    const char *method;
    unsigned properties;
} METHODS[] = {
    {"GET", IDEMPOTENT},     {"PUT", IDEMPOTENT | EXPECTS_BODY},
    {"POST", EXPECTS_BODY},  {"DELETE", IDEMPOTENT},
    {"PATCH", EXPECTS_BODY}, {"HEAD", IDEMPOTENT | NO_BODY},
    {"OPTIONS", IDEMPOTENT}, {"TRACE", IDEMPOTENT},
    {"CONNECT", NO_BODY},
};

static bool has_property(kms_slice method, unsigned property)
{
    for (size_t i = 0; i < sizeof METHODS / sizeof *METHODS; i++)
        if (kms_slice_equals(method, kms_slice_from_string(METHODS[i].method)))
            return (METHODS[i].properties & property) != 0;
    return false;
}

bool kms_http_method_is_idempotent(kms_slice method)
{
    return has_property(method, IDEMPOTENT);
}

bool kms_http_method_has_no_body(kms_slice method)
{
    return has_property(method, NO_BODY);
}

void kms_http_request_get_origin(const kms_http_request *request, kms_http_origin *origin)
{
    origin->is_plain = kms_ascii_equals_nocase(request->scheme, "http");
    origin->host_length = request->host.length;
    memcpy(origin->host, request->host.data, request->host.length);
}

void kms_http_writer_init(kms_http_writer *writer)
{
    memset(writer, 0, sizeof *writer);
    kms_buffer_init(&writer->bytes, MAX_HEAD);
}

/* False if an append failed. */
static bool check_buffer(const kms_http_writer *writer, kms_http_error *error)
{
    if (writer->bytes.status == KMS_BUFFER_OK)
        return true;
    if (writer->bytes.status == KMS_BUFFER_TOO_LARGE)
        return kms_http_error_set_invalid(error, "headers", "headers must fit in %d bytes",
                                          MAX_HEAD);
    snprintf(error->message, sizeof error->message, "not enough memory for the request");
    error->code = KMS_HTTP_OTHER;
    return false;
}

static bool validate_host(const kms_http_request *request, kms_http_error *error)
{
    kms_slice name;
    int port;
    if (!kms_host_split(request->host, &name, &port))
        return kms_http_error_set_invalid(
            error, "host", "host must be a name or an IP address, with an optional port");
    if (!kms_ascii_equals_nocase(request->scheme, "http"))
        return kms_ascii_equals_nocase(request->scheme, "https") ||
               kms_http_error_set_invalid(error, "scheme", "scheme must be \"https\" or \"http\"");
    if (kms_host_is_loopback(name) || (request->allows_link_local && kms_host_is_link_local(name)))
        return true;
    return kms_http_error_set_invalid(error, "scheme",
                                      "scheme must be \"https\": plain HTTP may reach loopback "
                                      "only (localhost, 127.0.0.0/8, [::1]); got host %.*s",
                                      (int)request->host.length, request->host.data);
}

static bool validate_target(kms_slice target, kms_http_error *error)
{
    if (target.length == 0 || target.data[0] != '/')
        return kms_http_error_set_invalid(error, "target", "target must start with \"/\"");
    const char *fragment = memchr(target.data, '#', target.length);
    size_t valid = kms_syntax_span(target, KMS_SYNTAX_VISIBLE);
    if (fragment != NULL && (size_t)(fragment - target.data) < valid)
        valid = (size_t)(fragment - target.data);
    return valid == target.length ||
           kms_http_error_set_invalid(
               error, "target", "target must be percent-encoded; got byte 0x%02x at position %zu",
               (unsigned char)target.data[valid], valid + 1);
}

bool kms_http_writer_begin(kms_http_writer *writer, const kms_http_request *request,
                           kms_http_error *error)
{
    kms_buffer *bytes = &writer->bytes;
    kms_http_writer_clear(writer);
    kms_http_error_clear(error);
    if (!kms_syntax_matches(request->method, KMS_SYNTAX_TOKEN))
        return kms_http_error_set_invalid(error, "method", "method must be an HTTP token");
    if (!validate_host(request, error) || !validate_target(request->target, error))
        return false;
    if (request->body.length > 0 && kms_http_method_has_no_body(request->method))
        return kms_http_error_set_invalid(error, "body", "body must be absent in a %.*s request",
                                          (int)request->method.length, request->method.data);
    kms_buffer_append(bytes, request->method.data, request->method.length);
    kms_buffer_append_char(bytes, ' ');
    kms_buffer_append(bytes, request->target.data, request->target.length);
    kms_buffer_append_string(bytes, " HTTP/1.1\r\n");
    writer->host_at = bytes->length;
    kms_buffer_append_string(bytes, "Host: ");
    kms_buffer_append(bytes, request->host.data, request->host.length);
    kms_buffer_append_string(bytes, "\r\n");
    writer->host_length = bytes->length - writer->host_at;
    return check_buffer(writer, error);
}

static bool validate_header(kms_slice name, kms_slice value, kms_http_error *error)
{
    if (!kms_syntax_matches(name, KMS_SYNTAX_TOKEN))
        return kms_http_error_set_invalid(error, "headers", "header name must be an HTTP token");
    const size_t valid = kms_syntax_span(value, KMS_SYNTAX_FIELD_VALUE);
    if (valid < value.length)
        return kms_http_error_set_invalid(
            error, "headers",
            "value of header %.*s must have no control characters; got byte 0x%02x at position "
            "%zu",
            (int)name.length, name.data, (unsigned char)value.data[valid], valid + 1);
    if (kms_ascii_equals_nocase(name, "Content-Length") ||
        kms_ascii_equals_nocase(name, "Transfer-Encoding"))
        return kms_http_error_set_invalid(
            error, "headers", "header %.*s must be absent, because the transport sets it",
            (int)name.length, name.data);
    return true;
}

/* Replaces the default Host by the caller's. */
static bool replace_host(kms_http_writer *writer, kms_slice value, kms_http_error *error)
{
    if (writer->has_caller_host || value.length == 0)
        return kms_http_error_set_invalid(error, "headers",
                                          "header Host must occur once and must not be empty");
    const size_t name_length = sizeof "Host: " - 1, end_length = sizeof "\r\n" - 1;
    writer->has_caller_host = true;
    kms_buffer_replace(&writer->bytes, writer->host_at + name_length,
                       writer->host_length - name_length - end_length, value);
    writer->host_length = name_length + value.length + end_length;
    return check_buffer(writer, error);
}

bool kms_http_writer_add_header(kms_http_writer *writer, kms_slice name, kms_slice value,
                                kms_http_error *error)
{
    kms_buffer *bytes = &writer->bytes;
    if (!validate_header(name, value, error))
        return false;
    const kms_slice trimmed = kms_ascii_trim(value);
    if (kms_ascii_equals_nocase(name, "Host"))
        return replace_host(writer, trimmed, error);
    kms_buffer_append(bytes, name.data, name.length);
    kms_buffer_append_string(bytes, trimmed.length > 0 ? ": " : ":");
    kms_buffer_append(bytes, trimmed.data, trimmed.length);
    kms_buffer_append(bytes, "\r\n", 2);
    return check_buffer(writer, error);
}

bool kms_http_writer_finish(kms_http_writer *writer, const kms_http_request *request,
                            kms_http_error *error)
{
    kms_buffer *bytes = &writer->bytes;
    char length[48];
    if (request->body.length > 0 || has_property(request->method, EXPECTS_BODY)) {
        snprintf(length, sizeof length, "Content-Length: %zu\r\n", request->body.length);
        kms_buffer_append_string(bytes, length);
    }
    kms_buffer_append(bytes, "\r\n", 2);
    if (!check_buffer(writer, error))
        return false;
    bytes->limit = bytes->length + request->body.length;
    kms_buffer_append(bytes, request->body.data, request->body.length);
    bytes->limit = MAX_HEAD;
    return check_buffer(writer, error);
}

void kms_http_writer_clear(kms_http_writer *writer)
{
    kms_buffer_clear(&writer->bytes);
    writer->has_caller_host = false;
}

void kms_http_writer_free(kms_http_writer *writer)
{
    kms_buffer_free(&writer->bytes);
}
