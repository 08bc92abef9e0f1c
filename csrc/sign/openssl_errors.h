/* Leaves OpenSSL's error queue of the calling thread as found. */
#ifndef KMS_OPENSSL_ERRORS_H
#define KMS_OPENSSL_ERRORS_H

#include <openssl/err.h>

/* The host program may use OpenSSL too and expects to find only its own errors in the queue. Every
 * use of a digest stands between mark and restore. */
static inline void kms_openssl_errors_mark(void)
{
    ERR_set_mark();
}

static inline void kms_openssl_errors_restore(void)
{
    ERR_pop_to_mark();
}

#endif
