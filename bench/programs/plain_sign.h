/* Signatures of both clouds in straightforward C: snprintf and OpenSSL's one-shot functions, which
 * look up the algorithm each time. kms.sign is compared with it. */
#ifndef BENCH_PLAIN_SIGN_H
#define BENCH_PLAIN_SIGN_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* A request of this library's client. All strings can be signed unchanged. */
typedef struct {
    const char *access_key;
    const char *secret_key;
    const char *project_id; /* Huawei Cloud only */
    const char *host;
    const char *path;
    const char *body;
} plain_request;

typedef struct {
    char date[17];
    char authorization[512];
} plain_huawei;

typedef struct {
    char timestamp[24];
    char signature[48];
} plain_ncloud;

/* Fills in credentials and project from the environment variables of the clouds' own tools. Ends
 * the program when one is not set. */
void plain_request_set_credentials(plain_request *request, bool huawei);

/* Content-Type: application/json and X-Project-Id are among the signed headers. */
plain_huawei plain_sign_huawei(const plain_request *request, time_t now);

/* `now` in milliseconds since 1970. */
plain_ncloud plain_sign_ncloud(const plain_request *request, int64_t now);

#endif
