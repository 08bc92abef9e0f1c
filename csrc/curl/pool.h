/* Connections that are kept from exchange to exchange, and what runs over them, one at a time. */
#ifndef KMS_CONNECTIONS_H
#define KMS_CONNECTIONS_H

#include "curl/connection.h"
#include "curl/transfer.h"

enum { KMS_KEPT_STREAMS = 8 };

/* Lives in memory that does not move. */
typedef struct {
    CURLM *multi;                         /* made by the first exchange; NULL: none */
    kms_stream streams[KMS_KEPT_STREAMS]; /* HTTP/1.1: one an origin */
    kms_transfer transfer; /* where HTTP/2 is asked for; its connections are libcurl's */
    double idle_since;     /* the transfer */
    unsigned long requests;
    unsigned long connections;
} kms_connections;

/* Nothing is allocated. */
void kms_connections_init(kms_connections *connections);

/* Runs an exchange that has its headers, and waits for its end. False: see its failure; the
 * connection it had is then closed, so that nothing of it can reach the next one. */
bool kms_connections_run(kms_connections *connections, const kms_curl_options *options,
                         kms_exchange *exchange, const kms_exchange_request *request);

/* Closes them all. New ones may be made. */
void kms_connections_close(kms_connections *connections);

#endif
