/* Both clouds' signatures as straightforward C writes them: snprintf, and OpenSSL's functions that
 * do all in one go and look the algorithm up by its name each time. The yardstick for kms.sign. */
#ifndef BENCH_PLAIN_SIGN_H
#define BENCH_PLAIN_SIGN_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* A request of this library's client. All strings are fit to be signed as they stand. */
typedef struct {
    const char *access_key;
    const char *secret_key;
    const char *project_id; /* Huawei's */
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

/* Fills in keys and project from the variables that the clouds' own tools read. Ends the program
 * where one is not set. */
void plain_request_keys(plain_request *request, bool huawei);

/* Content-Type: application/json and X-Project-Id are among the signed headers. */
plain_huawei plain_sign_huawei(const plain_request *request, time_t now);

/* `now` in milliseconds since 1970. */
plain_ncloud plain_sign_ncloud(const plain_request *request, int64_t now);

#endif
