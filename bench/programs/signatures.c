/* Signatures alone, without Lua and without a network.
 *
 *   signatures core|plain huawei|ncloud SIGNATURE MILLISECONDS HOST PATH BODY
 *
 * core is the library's signer, plain that of P0s. SIGNATURE is what must come out at MILLISECONDS
 * since 1970. Keys and project come from the variables that the clouds' own tools read. */
#include "batches.h"
#include "plain_sign.h"

#include "sign/huawei.h"
#include "sign/ncloud.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SEGMENTS = 8, GIVEN_HEADERS = 2 };

typedef struct {
    plain_request request;
    int64_t now;
    const char *expected;
    /* The request as kms.sign has it, all lengths known. */
    kms_request given;
    kms_credentials keys;
    kms_slice segments[MOST_SEGMENTS];
    kms_pair headers[GIVEN_HEADERS];
    /* What kms.sign keeps from one signature to the next. */
    kms_digest digest;
    kms_hmac_key kept;
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

/* What the library's client signs: for Huawei Cloud the path is a list of segments, and these two
 * headers are given. */
static void prepare_core(program *self)
{
    const plain_request *plain = &self->request;
    size_t count = 0;
    for (const char *at = plain->path; at != NULL && count < MOST_SEGMENTS; count++) {
        const char *end = strchr(++at, '/');
        self->segments[count] = (kms_slice){at, end == NULL ? strlen(at) : (size_t)(end - at)};
        at = end;
    }
    self->given = (kms_request){.method = slice("PUT"),
                                .host = slice(plain->host),
                                .path = {{NULL, 0}, self->segments, count},
                                .body = slice(plain->body)};
    self->keys = (kms_credentials){
        slice(plain->access_key), slice(plain->secret_key), {NULL, 0}, &self->kept};
    self->headers[0] = (kms_pair){slice("Content-Type"), slice("application/json")};
    if (plain->project_id != NULL)
        self->headers[1] = (kms_pair){slice("X-Project-Id"), slice(plain->project_id)};
}

static void core_huawei_once(void *state)
{
    program *self = state;
    kms_request request = self->given;
    kms_pair headers[GIVEN_HEADERS + KMS_OWN_HEADERS]; /* the signer puts them in order */
    kms_sign_error error;
    memcpy(headers, self->headers, sizeof self->headers);
    request.headers = (kms_pairs){headers, GIVEN_HEADERS};
    if (!kms_huawei_sign(&self->huawei, &self->digest, &request, &self->keys, self->now, &error))
        fprintf(stderr, "%s\n", error.message);
    expect(self, self->huawei.signature);
    kms_huawei_clear(&self->huawei);
}

static void core_ncloud_once(void *state)
{
    program *self = state;
    kms_sign_error error;
    if (!kms_ncloud_sign(&self->ncloud, &self->digest, &self->given, &self->keys, self->now,
                         &error))
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
    prepare_core(&self);
    if (!huawei)
        self.given.target = slice(self.request.path);
    kms_digest_init(&self.digest);
    kms_huawei_init(&self.huawei);
    kms_ncloud_init(&self.ncloud);
    if (huawei)
        run_batches(core ? core_huawei_once : plain_huawei_once, &self);
    else
        run_batches(core ? core_ncloud_once : plain_ncloud_once, &self);
    kms_huawei_free(&self.huawei);
    kms_ncloud_free(&self.ncloud);
    kms_hmac_key_free(&self.kept);
    kms_digest_free(&self.digest);
    return EXIT_SUCCESS;
}
