/* An HTTP response: status, headers and body, in memory that is wiped. */
#ifndef KMS_HTTP_RESPONSE_H
#define KMS_HTTP_RESPONSE_H

#include "base/buffer.h"

enum { KMS_HTTP_MAX_HEAD = 256 * 1024 }; /* bytes of response headers */

typedef struct {
    int status;         /* of the last status line; not cleared */
    kms_buffer headers; /* name NUL value NUL ..., names in lower case */
    int header_count;
    kms_buffer body; /* body.limit is the longest body allowed */
} kms_http_response;

/* An empty response. Allocates nothing. The caller sets body.limit. */
void kms_http_response_init(kms_http_response *response);

/* Adds a header; name and value hold no NUL. False: see headers.status. */
bool kms_http_response_add_header(kms_http_response *response, kms_slice name, kms_slice value);

/* Joins a trimmed continuation line to the value of the last header with a space. The response has
 * a header. False: see headers.status. */
bool kms_http_response_extend_header(kms_http_response *response, kms_slice continuation);

/* Returns the next header from *position on (0 at first). Both strings end in NUL. False after the
 * last one. */
bool kms_http_response_next_header(const kms_http_response *response, size_t *position,
                                   kms_slice *name, kms_slice *value);

/* Drops the headers. */
void kms_http_response_clear_headers(kms_http_response *response);

/* Wipes the response. Keeps the body limit, and a little memory for the next response. */
void kms_http_response_clear(kms_http_response *response);

/* Wipes and frees the response. */
void kms_http_response_free(kms_http_response *response);

#endif
