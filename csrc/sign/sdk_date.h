/* The format of the header X-Sdk-Date: UTC as YYYYMMDDThhmmssZ. */
#ifndef KMS_SDK_DATE_H
#define KMS_SDK_DATE_H

#include <stdint.h>

#include "base/slice.h"

enum { KMS_SDK_DATE_LENGTH = 16 };

/* Checks the form only; the cloud checks that the day exists. */
bool kms_sdk_date_is_valid(kms_slice text);

/* Writes milliseconds since 1970, 0 to KMS_TIME_LIMIT_MS, as whole seconds with a final NUL. Does
 * not use gmtime, which counts leap seconds if TZ names a "right/" zone. */
void kms_sdk_date_write(char out[KMS_SDK_DATE_LENGTH + 1], int64_t milliseconds);

#endif
