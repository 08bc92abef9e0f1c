/* Incremental, strict parser of one HTTP/1.1 response (RFC 9112). No I/O.
 *
 * The parser rejects responses that servers and proxies are known to parse in different ways. If
 * the parser guessed the end of a response, a wrong guess would make the rest of it a part of the
 * next response. */
#ifndef KMS_HTTP1_PARSER_H
#define KMS_HTTP1_PARSER_H

#include "http/error.h"
#include "http/response.h"

typedef enum {
    KMS_HTTP1_MORE,  /* the response is not complete */
    KMS_HTTP1_DONE,  /* the response is complete */
    KMS_HTTP1_FAILED /* the response is not acceptable: see error_code and error_reason */
} kms_http1_result;

typedef enum {
    KMS_HTTP1_STATUS_LINE,
    KMS_HTTP1_HEADERS,
    KMS_HTTP1_BODY_WITH_LENGTH,
    KMS_HTTP1_CHUNK_SIZE,
    KMS_HTTP1_CHUNK_DATA,
    KMS_HTTP1_CHUNK_END,
    KMS_HTTP1_TRAILERS,
    KMS_HTTP1_BODY_UNTIL_CLOSE,
    KMS_HTTP1_END
} kms_http1_state;

typedef struct {
    kms_http_response *response; /* the caller's */
    kms_buffer line;             /* a line that arrived in pieces */
    bool is_line_used;           /* the line was parsed, and must be cleared before the next one */
    kms_http1_state state;
    bool has_no_body; /* the request's method has responses without a body */
    bool is_http_1_0;
    bool must_close;       /* the connection cannot carry another response */
    bool has_started;      /* a byte has arrived */
    bool has_trailer;      /* a line of the trailers has arrived */
    size_t head_bytes;     /* bytes of status lines, headers and trailers so far */
    size_t body_remaining; /* bytes that are missing from the body or the chunk */
    kms_http_error_code error_code;
    const char *error_reason; /* static */
} kms_http1_parser;

/* Starts to parse a response into `response`, which must be empty. Allocates nothing. */
void kms_http1_parser_start(kms_http1_parser *parser, kms_http_response *response,
                            bool has_no_body);

/* Consumes bytes from the front of *piece. What is left after KMS_HTTP1_DONE does not belong to the
 * response. */
kms_http1_result kms_http1_parser_feed(kms_http1_parser *parser, kms_slice *piece);

/* Tells the parser that the connection has ended. Never returns KMS_HTTP1_MORE. */
kms_http1_result kms_http1_parser_finish(kms_http1_parser *parser);

/* The status of a response that was not received completely, if it is an error status (400 or
 * above); else 0. It counts although the rest is missing: 401 refuses a key. */
int kms_http1_parser_error_status(const kms_http1_parser *parser);

/* Wipes and frees what the parser holds. The response stays. */
void kms_http1_parser_free(kms_http1_parser *parser);

#endif
