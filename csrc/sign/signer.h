/* Input, stages, output and error of one signature. */
#ifndef KMS_SIGNER_H
#define KMS_SIGNER_H

#include <openssl/evp.h>

#include "base/buffer.h"
#include "sign/request.h"

#if OPENSSL_VERSION_NUMBER < 0x10101000L
#error "lua-kms needs OpenSSL 1.1.1 or newer"
#endif

typedef enum { KMS_SHA256, KMS_SM3, KMS_HASH_COUNT } kms_hash;

/* Sizes of both hashes. */
enum {
    KMS_HASH_SIZE = 32,
    KMS_HASH_BLOCK = 64,
    KMS_HASH_HEX = 64,    /* without the final NUL */
    KMS_HASH_BASE64 = 44, /* without the final NUL */
};

/* Texts that lead to a signature, so that the first one that differs from the gateway's can be
 * found. */
typedef enum {
    KMS_TARGET, /* path, "?" and query, percent-encoded */
    KMS_CANONICAL_REQUEST,
    KMS_SIGNED_HEADERS,
    KMS_STRING_TO_SIGN,
    KMS_AUTHORIZATION,
    KMS_STAGE_COUNT
} kms_stage;

enum { KMS_DATE_SIZE = 24 }; /* any 64-bit number in decimal, and a final NUL */

/* The message contains no secret and no header value. */
typedef struct {
    char field[16]; /* "headers", "path", ...; empty for lack of memory */
    char message[192];
} kms_sign_error;

/* The contexts outlive a signature, because looking up an algorithm and creating a context take
 * longer than hashing a request. They contain neither keys nor data between calls. For one thread
 * at a time. */
typedef struct {
    kms_sign_request request;
    kms_credentials credentials;
    int64_t time; /* milliseconds since 1970, 0 to KMS_TIME_LIMIT_MS */
    EVP_MD_CTX *contexts[KMS_HASH_COUNT];
    kms_buffer stages[KMS_STAGE_COUNT];
    char date[KMS_DATE_SIZE];         /* the time as the cloud writes it */
    char signature[KMS_HASH_HEX + 1]; /* hex or base64 */
    kms_pair output[KMS_MAX_ADDED_HEADERS];
    size_t output_count;  /* headers that the caller must add to the request */
    kms_sign_error error; /* set when a signing function returns false */
} kms_signer;

/* Allocates nothing. */
void kms_signer_init(kms_signer *signer);

/* Runs a signing function. The host program may use OpenSSL too, so OpenSSL's error queue stays as
 * found. Returns false with the error set. */
bool kms_signer_run(kms_signer *signer, bool (*stages)(kms_signer *));

void kms_signer_add_output(kms_signer *signer, const char *name, kms_slice value);

/* Sets an error that is not for lack of memory, and returns false. The message must start with the
 * name of the field, which becomes the error's code. `cold` keeps the error path out of line. */
bool kms_signer_fail(kms_signer *signer, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));

/* Wipes stages and output. Keeps contexts and small allocations for reuse. */
void kms_signer_clear(kms_signer *signer);

/* Wipes and frees. The signer is then as after init. */
void kms_signer_free(kms_signer *signer);

#endif
