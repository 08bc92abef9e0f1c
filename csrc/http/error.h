/* Why an exchange has no answer: the words of kms.error for it. Nothing in it is secret. */
#ifndef KMS_FAILURE_H
#define KMS_FAILURE_H

#include <stdbool.h>
#include <curl/curl.h>

#include "base/slice.h"

typedef struct {
    const char *kind; /* "invalid" or "transport", with the code of that kind: see kms.error */
    const char *code; /* NULL while nothing has failed */
    char message[512];
    bool uncertain; /* the request may have reached the server */
    bool has_cause; /* cause and cause_text are libcurl's, or in its terms */
    CURLcode cause;
    char cause_text[CURL_ERROR_SIZE];
} kms_failure;

/* Nothing has failed. */
void kms_failure_clear(kms_failure *failure);

/* A request that is not to be sent, for what stands in `field`. Returns false. */
__attribute__((format(printf, 3, 4))) bool
kms_failure_refuse(kms_failure *failure, const char *field, const char *format, ...);

/* What a failure of a whole set of handles is for one of them. */
CURLcode kms_failure_of_set(CURLMcode code);

/* The code for a result of libcurl. */
const char *kms_failure_code(CURLcode result);

/* A transport's failure with this code and reason, at this host. Returns false. */
bool kms_failure_say(kms_failure *failure, const char *code, kms_slice host, const char *reason);

#endif
