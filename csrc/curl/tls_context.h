/* Settings of OpenSSL's TLS contexts that libcurl has no option for. */
#ifndef KMS_TLS_CONTEXT_H
#define KMS_TLS_CONTEXT_H

#include <curl/curl.h>

/* For CURLOPT_SSL_CTX_FUNCTION. A read returns after each record that carries no application data.
 * By default OpenSSL continues with the next record, so a peer that sends KeyUpdate messages
 * without pause would keep a read from ever returning, and no deadline would end it. */
CURLcode kms_tls_context_configure(CURL *easy, void *context, void *unused);

#endif
