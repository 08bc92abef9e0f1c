/* Makes an SSL_read return after each TLS record, which libcurl has no option for. */
#ifndef KMS_TLS_AUTO_RETRY_H
#define KMS_TLS_AUTO_RETRY_H

#include <curl/curl.h>

/* For CURLOPT_SSL_CTX_FUNCTION. A read returns after each record that carries no application data.
 * By default OpenSSL continues with the next record, so a peer that sends KeyUpdate messages
 * without pause would keep a read from ever returning, and no deadline would end it. */
CURLcode kms_tls_auto_retry_disable(CURL *easy, void *context, void *unused);

#endif
