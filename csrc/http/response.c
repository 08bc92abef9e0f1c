/* An HTTP response; see response.h. */
#include "http/response.h"

void kms_http_response_init(kms_http_response *response)
{
    memset(response, 0, sizeof *response);
    kms_buffer_init(&response->headers, KMS_HTTP_MAX_HEAD);
}

bool kms_http_response_add_header(kms_http_response *response, kms_slice name, kms_slice value)
{
    kms_buffer *headers = &response->headers;
    kms_buffer_append_lower(headers, name.data, name.length);
    kms_buffer_append_char(headers, '\0');
    kms_buffer_append(headers, value.data, value.length);
    kms_buffer_append_char(headers, '\0');
    response->header_count++;
    return headers->status == KMS_BUFFER_OK;
}

bool kms_http_response_extend_header(kms_http_response *response, kms_slice continuation)
{
    kms_buffer *headers = &response->headers;
    if (continuation.length == 0)
        return true;
    headers->length--; /* the NUL after the value */
    if (headers->data[headers->length - 1] != '\0')
        kms_buffer_append_char(headers, ' ');
    kms_buffer_append(headers, continuation.data, continuation.length);
    return kms_buffer_append_char(headers, '\0');
}

bool kms_http_response_next_header(const kms_http_response *response, size_t *position,
                                   kms_slice *name, kms_slice *value)
{
    const kms_buffer *headers = &response->headers;
    if (*position >= headers->length)
        return false;
    *name = (kms_slice){headers->data + *position, strlen(headers->data + *position)};
    *value = (kms_slice){name->data + name->length + 1, strlen(name->data + name->length + 1)};
    *position += name->length + value->length + 2;
    return true;
}

void kms_http_response_clear_headers(kms_http_response *response)
{
    kms_buffer_clear(&response->headers);
    response->header_count = 0;
}

void kms_http_response_clear(kms_http_response *response)
{
    kms_http_response_clear_headers(response);
    kms_buffer_clear(&response->body);
}

void kms_http_response_free(kms_http_response *response)
{
    kms_http_response_clear(response);
    kms_buffer_free(&response->headers);
    kms_buffer_free(&response->body);
}
