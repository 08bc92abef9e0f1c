/* Signs a request repeatedly, without Lua and without a network.
 *
 *   signatures core|plain huawei|ncloud SIGNATURE MILLISECONDS HOST PATH BODY
 *
 * core is the library's signer, plain is the signer of P0s. SIGNATURE is the expected signature at
 * MILLISECONDS since 1970. Credentials and project come from the environment variables of the
 * clouds' own tools. */
#include "batches.h"
#include "plain_sign.h"

#include "sign/signatures.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SEGMENTS = 8, HEADER_COUNT = 2 };

typedef struct {
    plain_request request;
    const char *expected;
    /* The request as kms.sign passes it to the signer. */
    kms_signer signer;
    kms_pair segments[MAX_SEGMENTS];
    kms_pair headers[HEADER_COUNT];
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
    plain_huawei signature = plain_sign_huawei(&self->request, (time_t)(self->signer.time / 1000));
    check(self, strrchr(signature.authorization, '=') + 1);
}

static void plain_ncloud_once(void *state)
{
    program *self = state;
    plain_ncloud signature = plain_sign_ncloud(&self->request, self->signer.time);
    check(self, signature.signature);
}

/* The request that the library's client signs: for Huawei Cloud the path is a list of segments, and
 * the client adds these two headers. */
static void prepare_core(program *self, bool huawei)
{
    const plain_request *plain = &self->request;
    kms_sign_request *request = &self->signer.request;
    size_t count = 0;
    for (const char *at = plain->path; at != NULL && count < MAX_SEGMENTS; count++) {
        const char *end = strchr(++at, '/');
        self->segments[count].name = (kms_slice){at, end == NULL ? strlen(at) : (size_t)(end - at)};
        at = end;
    }
    request->method = KMS_LITERAL("PUT");
    request->host = kms_slice_from_string(plain->host);
    request->segments = (kms_pairs){self->segments, count};
    request->body = kms_slice_from_string(plain->body);
    if (!huawei)
        request->target = kms_slice_from_string(plain->path);
    self->signer.credentials.access_key = kms_slice_from_string(plain->access_key);
    self->signer.credentials.secret_key = kms_slice_from_string(plain->secret_key);
    self->headers[0] = (kms_pair){KMS_LITERAL("Content-Type"), KMS_LITERAL("application/json")};
    if (huawei)
        self->headers[1] =
            (kms_pair){KMS_LITERAL("X-Project-Id"), kms_slice_from_string(plain->project_id)};
}

static void core_huawei_once(void *state)
{
    program *self = state;
    kms_pair headers[HEADER_COUNT + KMS_MAX_ADDED_HEADERS]; /* the signer sorts them */
    memcpy(headers, self->headers, sizeof self->headers);
    self->signer.request.headers = (kms_pairs){headers, HEADER_COUNT};
    if (!kms_signer_run(&self->signer, kms_huawei_sign))
        fprintf(stderr, "%s\n", self->signer.error.message);
    check(self, self->signer.signature);
    kms_signer_clear(&self->signer);
}

static void core_ncloud_once(void *state)
{
    program *self = state;
    if (!kms_signer_run(&self->signer, kms_ncloud_sign))
        fprintf(stderr, "%s\n", self->signer.error.message);
    check(self, self->signer.signature);
    kms_signer_clear(&self->signer);
}

int main(int count, char **arguments)
{
    if (count != 8)
        return 2;
    bool core = strcmp(arguments[1], "core") == 0, huawei = strcmp(arguments[2], "huawei") == 0;
    program self = {
        .expected = arguments[3],
        .request = {.host = arguments[5], .path = arguments[6], .body = arguments[7]},
    };
    kms_signer_init(&self.signer);
    self.signer.time = strtoll(arguments[4], NULL, 10);
    plain_request_set_credentials(&self.request, huawei);
    prepare_core(&self, huawei);
    if (huawei)
        run_each(core ? core_huawei_once : plain_huawei_once, &self);
    else
        run_each(core ? core_ncloud_once : plain_ncloud_once, &self);
    kms_signer_free(&self.signer);
    return EXIT_SUCCESS;
}
