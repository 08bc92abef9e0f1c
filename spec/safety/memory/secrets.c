/* Masks secrets and compares memory with them; see secrets.h. Of each secret the host looks for
 * beginning, middle and end, because a copy may be partly overwritten; and for each of these also
 * XORed with the paddings of HMAC (RFC 2104). */
#define _GNU_SOURCE
#define OPENSSL_SUPPRESS_DEPRECATED /* because only the deprecated SHA-256 shows its state */
#include "secrets.h"

#include <stdio.h>
#include <string.h>

#include <openssl/sha.h>

enum { MAX_NAME = 32, MASK = 0xa5 };

static const unsigned char FORMS[] = {0, 0x36, 0x5c};
enum { POSITIONS = 3, FORM_COUNT = sizeof FORMS, PIECES = POSITIONS * FORM_COUNT };

typedef struct {
    unsigned char bytes[SECRET_PIECE]; /* masked */
    size_t length;
} piece;

static struct {
    char name[MAX_NAME];
    piece pieces[PIECES];
} secrets[MAX_SECRETS];
static int count;

static piece mask_piece(const char *text, size_t length, unsigned char form)
{
    piece masked = {{0}, length};
    for (size_t i = 0; i < length; i++)
        masked.bytes[i] = (unsigned char)((unsigned char)text[i] ^ form ^ MASK);
    return masked;
}

void secret_add(const char *name, const char *bytes, size_t length)
{
    piece *pieces = secrets[count].pieces;
    size_t size = length < SECRET_PIECE ? length : SECRET_PIECE;
    const size_t starts[POSITIONS] = {0, (length - size) / 2, length - size};
    for (int i = 0; i < PIECES; i++)
        pieces[i] = mask_piece(bytes + starts[i / FORM_COUNT], size, FORMS[i % FORM_COUNT]);
    for (int i = 0; i < count; i++)
        if (memcmp(secrets[i].pieces, pieces, sizeof secrets[i].pieces) == 0)
            return; /* already registered */
    snprintf(secrets[count++].name, MAX_NAME, "%s", name);
}

void secret_add_keyed(const char *name, const char *key, size_t length)
{
    for (int form = 1; form < (int)FORM_COUNT; form++) {
        unsigned char block[SECRET_BLOCK];
        SHA256_CTX state;
        memset(block, FORMS[form], sizeof block);
        for (size_t i = 0; i < length; i++)
            block[i] ^= (unsigned char)key[i];
        SHA256_Init(&state);
        SHA256_Update(&state, block, sizeof block);
        secret_add(name, (const char *)state.h, sizeof state.h);
        explicit_bzero(block, sizeof block);
        explicit_bzero(&state, sizeof state);
    }
}

int secret_count(void)
{
    return count;
}

const char *secret_name(int secret)
{
    return secrets[secret].name;
}

void secret_mark_first_bytes(bool is_first_byte[256])
{
    for (int i = 0; i < count * PIECES; i++)
        is_first_byte[secrets[i / PIECES].pieces[i % PIECES].bytes[0] ^ MASK] = true;
}

static bool is_at(const unsigned char *memory, size_t available, const piece *wanted)
{
    if (wanted->length > available)
        return false;
    for (size_t i = 0; i < wanted->length; i++)
        if ((memory[i] ^ MASK) != wanted->bytes[i])
            return false;
    return true;
}

bool secret_is_at(const unsigned char *memory, size_t available, int secret)
{
    for (int i = 0; i < PIECES; i++)
        if (is_at(memory, available, &secrets[secret].pieces[i]))
            return true;
    return false;
}
