/* Computes the hashes and the HMAC of a signature, with OpenSSL alone.
 *
 *   primitives calls|least SECRET CODE TO_SIGN [TO_HASH...]
 *
 * calls: with the one-shot functions, as P0s does. least: with the low-level functions, starting
 * from the two keyed states of the HMAC, which are computed once. CODE is the HMAC-SHA256 of
 * TO_SIGN in hex. */
#define OPENSSL_SUPPRESS_DEPRECATED /* for SHA256_Init and others, because nothing is faster */

#include "batches.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

typedef struct {
    const char *secret;
    char **texts; /* the first is signed, the others are hashed */
    int count;
    SHA256_CTX inner, outer;
    unsigned char code[SHA256_DIGEST_LENGTH];
} program;

static void run_one_shot(void *state)
{
    program *self = state;
    for (int i = 1; i < self->count; i++)
        EVP_Digest(self->texts[i], strlen(self->texts[i]), self->code, NULL, EVP_sha256(), NULL);
    HMAC(EVP_sha256(), self->secret, (int)strlen(self->secret),
         (const unsigned char *)self->texts[0], strlen(self->texts[0]), self->code, NULL);
}

/* RFC 2104, for keys of at most one block. */
static void init_keyed_state(SHA256_CTX *state, const char *secret, unsigned char padding)
{
    unsigned char block[SHA256_CBLOCK];
    memset(block, padding, sizeof block);
    for (size_t i = 0; i < sizeof block && secret[i] != '\0'; i++)
        block[i] = (unsigned char)(block[i] ^ (unsigned char)secret[i]);
    SHA256_Init(state);
    SHA256_Update(state, block, sizeof block);
}

static void run_low_level(void *state)
{
    program *self = state;
    SHA256_CTX hash;
    for (int i = 1; i < self->count; i++) {
        SHA256_Init(&hash);
        SHA256_Update(&hash, self->texts[i], strlen(self->texts[i]));
        SHA256_Final(self->code, &hash);
    }
    hash = self->inner;
    SHA256_Update(&hash, self->texts[0], strlen(self->texts[0]));
    SHA256_Final(self->code, &hash);
    hash = self->outer;
    SHA256_Update(&hash, self->code, sizeof self->code);
    SHA256_Final(self->code, &hash);
}

static void check(const program *self, const char *expected)
{
    char hex[2 * sizeof self->code + 1];
    for (size_t i = 0; i < sizeof self->code; i++)
        snprintf(hex + 2 * i, 3, "%02x", self->code[i]);
    if (strcmp(hex, expected) == 0)
        return;
    fprintf(stderr, "expected HMAC %s, got %s\n", expected, hex);
    exit(EXIT_FAILURE);
}

int main(int count, char **arguments)
{
    if (count < 5)
        return 2;
    program self = {.secret = arguments[2], .texts = arguments + 4, .count = count - 4};
    void (*once)(void *) = strcmp(arguments[1], "calls") == 0 ? run_one_shot : run_low_level;
    init_keyed_state(&self.inner, self.secret, 0x36);
    init_keyed_state(&self.outer, self.secret, 0x5c);
    once(&self);
    check(&self, arguments[3]);
    run_each(once, &self);
    return EXIT_SUCCESS;
}
