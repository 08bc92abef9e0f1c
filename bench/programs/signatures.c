/* Signatures alone, without Lua and without a network.
 *
 *   signatures core|plain huawei|ncloud SIGNATURE MILLISECONDS HOST PATH BODY
 *
 * core is the library's signer, plain that of P0s. SIGNATURE is what must come out at MILLISECONDS
 * since 1970. Keys and project come from the variables that the clouds' own tools read. */
#include "batches.h"
#include "plain_sign.h"

#include "huawei_sign.h"
#include "ncloud_sign.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    plain_request request;
    int64_t now;
    const char *expected;
    /* What kms.sign keeps from one signature to the next. */
    kms_digest digest;
    kms_huawei_signature huawei;
    kms_ncloud_signature ncloud;
} program;

static void expect(const program *self, const char *signature)
{
    if (strcmp(signature, self->expected) == 0)
        return;
    fprintf(stderr, "%s is not the signature\n", signature);
    exit(EXIT_FAILURE);
}

static void plain_huawei_once(void *state)
{
    program *self = state;
    plain_huawei signature = plain_sign_huawei(&self->request, (time_t)(self->now / 1000));
    expect(self, strrchr(signature.authorization, '=') + 1);
}

static void plain_ncloud_once(void *state)
{
    program *self = state;
    plain_ncloud signature = plain_sign_ncloud(&self->request, self->now);
    expect(self, signature.signature);
}

static kms_slice slice(const char *text)
{
    return (kms_slice){text, strlen(text)};
}

/* As kms.sign does it for a call of the client, whose path is a list of segments and whose headers
 * are these two. */
static void core_huawei_once(void *state)
{
    program *self = state;
    const plain_request *given = &self->request;
    kms_slice segments[8];
    kms_pair headers[2 + KMS_OWN_HEADERS] = {
        {slice("Content-Type"), slice("application/json")},
        {slice("X-Project-Id"), slice(given->project_id)},
    };
    kms_request request = {
        .method = slice("PUT"), .host = slice(given->host), .body = slice(given->body)};
    kms_credentials keys = {slice(given->access_key), slice(given->secret_key), {NULL, 0}};
    kms_sign_error error = {0};
    size_t count = 0;
    for (const char *at = given->path; at != NULL && count < 8; count++) {
        const char *end = strchr(++at, '/');
        segments[count] = (kms_slice){at, end == NULL ? strlen(at) : (size_t)(end - at)};
        at = end;
    }
    request.path = (kms_path){{NULL, 0}, segments, count};
    request.headers = (kms_pairs){headers, 2};
    if (!kms_huawei_sign(&self->huawei, &self->digest, &request, &keys, self->now, &error))
        fprintf(stderr, "%s\n", error.message);
    expect(self, self->huawei.signature);
    kms_huawei_clear(&self->huawei);
}

static void core_ncloud_once(void *state)
{
    program *self = state;
    const plain_request *given = &self->request;
    kms_request request = {.method = slice("PUT"), .target = slice(given->path)};
    kms_credentials keys = {slice(given->access_key), slice(given->secret_key), {NULL, 0}};
    kms_sign_error error = {0};
    if (!kms_ncloud_sign(&self->ncloud, &self->digest, &request, &keys, self->now, &error))
        fprintf(stderr, "%s\n", error.message);
    expect(self, self->ncloud.signature);
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
    plain_request_keys(&self.request, huawei);
    kms_digest_init(&self.digest);
    kms_huawei_init(&self.huawei);
    kms_ncloud_init(&self.ncloud);
    if (huawei)
        run_batches(core ? core_huawei_once : plain_huawei_once, &self);
    else
        run_batches(core ? core_ncloud_once : plain_ncloud_once, &self);
    kms_huawei_free(&self.huawei);
    kms_ncloud_free(&self.ncloud);
    kms_digest_free(&self.digest);
    return EXIT_SUCCESS;
}
