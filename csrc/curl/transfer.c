/* One request and its response; see transfer.h. */
#include "curl/transfer.h"
#include "base/wipe.h"

enum {
    RECEIVE_SIZE = 16 * 1024, /* the most that one TLS record contains (RFC 8446 section 5.1) */
    MAX_RECEIVES = 16         /* per turn of a transfer */
};

void kms_transfer_init(kms_transfer *transfer)
{
    memset(transfer, 0, sizeof *transfer);
    kms_http_writer_init(&transfer->writer);
    kms_http_response_init(&transfer->response);
}

bool kms_transfer_has_unsent(const kms_transfer *transfer)
{
    return transfer->unsent.length > 0 && transfer->send_result == CURLE_OK;
}

void kms_transfer_fail(kms_transfer *transfer, kms_http_error_code code, const char *reason)
{
    kms_http_error_set(&transfer->error, code, kms_http_origin_host(&transfer->origin), reason);
}

/* Fails because libcurl lost the connection. */
static kms_transfer_progress fail_lost(kms_transfer *transfer, CURLcode result)
{
    kms_connection_describe_failure(transfer->connection, result, &transfer->error);
    return KMS_TRANSFER_DONE;
}

/* Sends as many bytes as possible without waiting. A failure does not end the transfer, because a
 * server that rejects a long body may respond and close without reading it. */
static void send_some(kms_transfer *transfer)
{
    kms_slice *unsent = &transfer->unsent;
    while (unsent->length > 0) {
        size_t count = 0;
        const CURLcode result =
            curl_easy_send(transfer->connection->easy, unsent->data, unsent->length, &count);
        if (result == CURLE_AGAIN)
            return;
        /* A part may have been sent even if libcurl reports an error. */
        transfer->may_have_arrived = true;
        if (result != CURLE_OK) {
            transfer->send_result = result;
            return;
        }
        unsent->data += count;
        unsent->length -= count;
    }
}

void kms_transfer_attach(kms_transfer *transfer, kms_connection *connection, bool is_reused)
{
    transfer->connection = connection;
    transfer->is_reused = is_reused;
    transfer->unsent = (kms_slice){transfer->writer.bytes.data, transfer->writer.bytes.length};
    transfer->send_result = CURLE_OK;
    transfer->is_drained = false;
    kms_http1_parser_free(&transfer->parser);
    kms_http1_parser_start(&transfer->parser, &transfer->response, transfer->has_no_body);
    send_some(transfer);
}

static kms_transfer_progress parse(kms_transfer *transfer, kms_slice piece)
{
    kms_http1_parser *parser = &transfer->parser;
    switch (piece.length > 0 ? kms_http1_parser_feed(parser, &piece)
                             : kms_http1_parser_finish(parser)) {
    case KMS_HTTP1_MORE:
        return KMS_TRANSFER_AGAIN;
    case KMS_HTTP1_DONE:
        /* Also true if the connection has ended, but must_close prevents its reuse then. */
        transfer->is_drained = piece.length == 0;
        return KMS_TRANSFER_DONE;
    default:
        kms_transfer_fail(transfer, parser->error_code, parser->error_reason);
        return KMS_TRANSFER_DONE;
    }
}

/* Receives bytes without waiting, MAX_RECEIVES times at most: a peer that never pauses must not
 * delay other transfers or outlast the deadline. */
static kms_transfer_progress receive_some(kms_transfer *transfer)
{
    char bytes[RECEIVE_SIZE];
    kms_transfer_progress progress = KMS_TRANSFER_AGAIN;
    for (int i = 0; i < MAX_RECEIVES && progress == KMS_TRANSFER_AGAIN; i++) {
        size_t count = 0;
        const CURLcode result =
            curl_easy_recv(transfer->connection->easy, bytes, sizeof bytes, &count);
        if (result == CURLE_AGAIN)
            return transfer->send_result == CURLE_OK ? KMS_TRANSFER_WAIT
                                                     : fail_lost(transfer, transfer->send_result);
        if (result != CURLE_OK)
            return fail_lost(transfer, result);
        progress = parse(transfer, (kms_slice){bytes, count});
        kms_wipe(bytes, count);
    }
    return progress;
}

kms_transfer_progress kms_transfer_advance(kms_transfer *transfer)
{
    if (kms_transfer_has_unsent(transfer))
        send_some(transfer);
    return receive_some(transfer);
}

bool kms_transfer_is_reusable(const kms_transfer *transfer)
{
    return transfer->error.code == KMS_HTTP_OK && transfer->is_drained &&
           transfer->unsent.length == 0 && !transfer->parser.must_close;
}

bool kms_transfer_should_retry(const kms_transfer *transfer)
{
    return transfer->error.code == KMS_HTTP_CLOSED && transfer->is_reused &&
           !transfer->parser.has_started && !transfer->is_second_try && transfer->is_idempotent;
}

void kms_transfer_clear(kms_transfer *transfer)
{
    kms_http_writer_clear(&transfer->writer);
    kms_http_response_clear(&transfer->response);
    kms_http1_parser_free(&transfer->parser);
    transfer->unsent = (kms_slice){NULL, 0};
    transfer->is_connecting = transfer->is_second_try = transfer->may_have_arrived = false;
    transfer->is_done = false;
}

void kms_transfer_free(kms_transfer *transfer)
{
    kms_http1_parser_free(&transfer->parser);
    kms_http_writer_free(&transfer->writer);
    kms_http_response_free(&transfer->response);
}
