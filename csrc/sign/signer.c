/* Memory and errors of one signature; see signer.h. */
#include "sign/signer.h"

#include <stdarg.h>
#include <stdio.h>
#include <openssl/err.h>

#include "base/wipe.h"

void kms_signer_init(kms_signer *signer)
{
    /* Above the sum of the limits of the parts. */
    static const size_t LIMITS[KMS_STAGE_COUNT] = {
        [KMS_TARGET] = KMS_TARGET_LIMIT,
        [KMS_CANONICAL_REQUEST] = KMS_TARGET_LIMIT + 2 * KMS_HEADERS_LIMIT + KMS_HEADER_LIMIT + 256,
        [KMS_SIGNED_HEADERS] = KMS_HEADERS_LIMIT,
        [KMS_STRING_TO_SIGN] = KMS_TARGET_LIMIT + KMS_HEADER_LIMIT + 256,
        [KMS_AUTHORIZATION] = KMS_HEADER_LIMIT,
    };
    memset(signer, 0, sizeof *signer);
    for (size_t i = 0; i < KMS_STAGE_COUNT; i++)
        kms_buffer_init(&signer->stages[i], LIMITS[i]);
}

bool kms_signer_run(kms_signer *signer, bool (*stages)(kms_signer *))
{
    ERR_set_mark();
    const bool is_done = stages(signer);
    ERR_pop_to_mark();
    return is_done;
}

void kms_signer_add_output(kms_signer *signer, const char *name, kms_slice value)
{
    signer->output[signer->output_count++] = (kms_pair){kms_slice_from_string(name), value};
}

bool kms_signer_fail(kms_signer *signer, const char *format, ...)
{
    kms_sign_error *error = &signer->error;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    (void)snprintf(error->field, sizeof error->field, "%.*s",
                   (int)strspn(error->message, "abcdefghijklmnopqrstuvwxyz_"), error->message);
    return false;
}

void kms_signer_clear(kms_signer *signer)
{
    for (size_t i = 0; i < KMS_STAGE_COUNT; i++)
        kms_buffer_clear(&signer->stages[i]);
    kms_wipe(signer->date, sizeof signer->date);
    kms_wipe(signer->signature, sizeof signer->signature);
    signer->output_count = 0;
    signer->error.field[0] = '\0';
}

/* EVP_MD_CTX_free wipes the data that the context has absorbed. */
void kms_signer_free(kms_signer *signer)
{
    for (size_t i = 0; i < KMS_HASH_COUNT; i++)
        EVP_MD_CTX_free(signer->contexts[i]);
    for (size_t i = 0; i < KMS_STAGE_COUNT; i++)
        kms_buffer_free(&signer->stages[i]);
    kms_wipe(signer, sizeof *signer);
    kms_signer_init(signer);
}
