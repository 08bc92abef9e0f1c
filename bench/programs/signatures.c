/* Signs a request repeatedly, without Lua and without a network.
 *
 *   signatures core|plain huawei|ncloud SIGNATURE MILLISECONDS HOST PATH BODY
 *
 * core is the library's signer, plain is the signer of P0s. SIGNATURE is the expected signature at
 * MILLISECONDS since 1970. Credentials and project come from the environment variables of the
 * clouds' own tools. */
#include "batches.h"
#include "plain_sign.h"

#include "sign/huawei.h"
#include "sign/ncloud.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SEGMENTS = 8, HEADER_COUNT = 2 };

typedef struct {
    plain_request request;
    int64_t now;
    const char *expected;
    /* The request as kms.sign passes it to the signer. */
    kms_request core_request;
    kms_credentials credentials;
    kms_slice segments[MAX_SEGMENTS];
    kms_pair headers[HEADER_COUNT];
    /* State that kms.sign keeps between signatures. */
    kms_digest digest;
    kms_hmac_key kept;
    kms_huawei_signature huawei;
    kms_ncloud_signature ncloud;
} program;

static void check(const program *self, const char *signature)
{
    if (strcmp(signature, self->expected) == 0)
        return;
    fprintf(stderr, "expected signature %s, got %s\n", self->expected, signature);
    exit(EXIT_FAILURE);
}

static void plain_huawei_once(void *state)
{
    program *self = state;
    plain_huawei signature = plain_sign_huawei(&self->request, (time_t)(self->now / 1000));
    check(self, strrchr(signature.authorization, '=') + 1);
}

static void plain_ncloud_once(void *state)
{
    program *self = state;
    plain_ncloud signature = plain_sign_ncloud(&self->request, self->now);
    check(self, signature.signature);
}

static kms_slice slice(const char *text)
{
    return (kms_slice){text, strlen(text)};
}

/* The same request as the client's: for Huawei Cloud with a list of path segments and two headers.
 */
static void prepare_core(program *self)
{
    const plain_request *plain = &self->request;
    size_t count = 0;
    for (const char *at = plain->path; at != NULL && count < MAX_SEGMENTS; count++) {
        const char *end = strchr(++at, '/');
        self->segments[count] = (kms_slice){at, end == NULL ? strlen(at) : (size_t)(end - at)};
        at = end;
    }
    self->core_request = (kms_request){.method = slice("PUT"),
                                       .host = slice(plain->host),
                                       .path = {{NULL, 0}, self->segments, count},
                                       .body = slice(plain->body)};
    self->credentials = (kms_credentials){
        slice(plain->access_key), slice(plain->secret_key), {NULL, 0}, &self->kept};
    self->headers[0] = (kms_pair){slice("Content-Type"), slice("application/json")};
    if (plain->project_id != NULL)
        self->headers[1] = (kms_pair){slice("X-Project-Id"), slice(plain->project_id)};
}

static void core_huawei_once(void *state)
{
    program *self = state;
    kms_request request = self->core_request;
    kms_pair headers[HEADER_COUNT + KMS_OWN_HEADERS]; /* sorted by the signer */
    kms_sign_error error;
    memcpy(headers, self->headers, sizeof self->headers);
    request.headers = (kms_pairs){headers, HEADER_COUNT};
    if (!kms_huawei_sign(&self->huawei, &self->digest, &request, &self->credentials, self->now,
                         &error))
        fprintf(stderr, "%s\n", error.message);
    check(self, self->huawei.signature);
    kms_huawei_clear(&self->huawei);
}

static void core_ncloud_once(void *state)
{
    program *self = state;
    kms_sign_error error;
    if (!kms_ncloud_sign(&self->ncloud, &self->digest, &self->core_request, &self->credentials,
                         self->now, &error))
        fprintf(stderr, "%s\n", error.message);
    check(self, self->ncloud.signature);
    kms_ncloud_clear(&self->ncloud);
}

int main(int count, char **arguments)
{
    if (count != 8)
        return 2;
    bool core = strcmp(arguments[1], "core") == 0, huawei = strcmp(arguments[2], "huawei") == 0;
    program self = {
        .expected = arguments[3],
        .now = strtoll(arguments[4], NULL, 10),
        .request = {.host = arguments[5], .path = arguments[6], .body = arguments[7]},
    };
    plain_request_set_credentials(&self.request, huawei);
    prepare_core(&self);
    if (!huawei)
        self.core_request.target = slice(self.request.path);
    kms_digest_init(&self.digest);
    kms_huawei_init(&self.huawei);
    kms_ncloud_init(&self.ncloud);
    if (huawei)
        run_each(core ? core_huawei_once : plain_huawei_once, &self);
    else
        run_each(core ? core_ncloud_once : plain_ncloud_once, &self);
    kms_huawei_free(&self.huawei);
    kms_ncloud_free(&self.ncloud);
    kms_hmac_key_free(&self.kept);
    kms_digest_free(&self.digest);
    return EXIT_SUCCESS;
}
