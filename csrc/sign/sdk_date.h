/* The form of a moment in the header X-Sdk-Date: UTC as YYYYMMDDThhmmssZ. */
#ifndef KMS_SDK_DATE_H
#define KMS_SDK_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "sign/request.h"

enum { KMS_SDK_DATE_LENGTH = 16 };

/* Only the form: whether there is such a day is for the cloud to judge. */
bool kms_is_sdk_date(kms_slice text);

/* Writes milliseconds since 1970, 0 to KMS_TIME_LIMIT_MS, with a final NUL; the fraction of a
 * second is left out. Not by gmtime: with TZ set to a "right/" zone it counts leap seconds. */
void kms_write_sdk_date(char out[KMS_SDK_DATE_LENGTH + 1], int64_t milliseconds);

#endif
