/* NAVER Cloud's request signature v2, one function per stage; see signatures.h. */
#include "sign/signatures.h"

#include <inttypes.h>
#include <stdio.h>

#include "sign/digest.h"
#include "sign/percent_encode.h"
#include "sign/validate.h"

/* Source of the rules: "Ncloud API", section "Create signature", of the vendor's API guide. */

static bool write_string_to_sign(kms_signer *signer)
{
    kms_buffer *out = &signer->stages[KMS_STRING_TO_SIGN];
    (void)snprintf(signer->date, sizeof signer->date, "%" PRId64, signer->time);
    kms_buffer_append_slice(out, signer->request.method);
    kms_buffer_append_char(out, ' ');
    kms_buffer_append_slice(out, kms_buffer_view(&signer->stages[KMS_TARGET]));
    kms_buffer_append_char(out, '\n');
    kms_buffer_append_string(out, signer->date);
    kms_buffer_append_char(out, '\n');
    kms_buffer_append_slice(out, signer->credentials.access_key);
    return kms_validate_buffer(signer, "target", out);
}

bool kms_ncloud_sign(kms_signer *signer)
{
    if (!kms_validate_text(signer, KMS_RULE_METHOD, signer->request.method, 0) ||
        !kms_validate_keys(signer) || !kms_percent_encode_target(signer) ||
        !write_string_to_sign(signer) ||
        !kms_digest_hmac_base64(signer, kms_buffer_view(&signer->stages[KMS_STRING_TO_SIGN]),
                                signer->signature))
        return false;
    kms_signer_add_output(signer, "x-ncp-apigw-timestamp", kms_slice_from_string(signer->date));
    kms_signer_add_output(signer, "x-ncp-iam-access-key", signer->credentials.access_key);
    kms_signer_add_output(signer, "x-ncp-apigw-signature-v2",
                          kms_slice_from_string(signer->signature));
    return true;
}
