/* The secrets that are searched for. They are kept masked, so that a search does not find its own
 * copies. */
#ifndef SPEC_MEMORY_SECRETS_H
#define SPEC_MEMORY_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

enum { MAX_SECRETS = 64, SECRET_MIN_LENGTH = 8, SECRET_PIECE = 16, SECRET_BLOCK = 64 };

int secret_count(void);
const char *secret_name(int secret);

/* Adds a secret, unless it is known. The caller makes sure that there is room. */
void secret_add(const char *name, const char *bytes, size_t length);

/* Adds the two states that the hashes of HMAC-SHA-256 have after the padded key, because a
 * signature can be computed from them without the key. `length` is at most SECRET_BLOCK. */
void secret_add_keyed(const char *name, const char *key, size_t length);

/* Sets the elements of all bytes with which a piece of a secret begins. */
void secret_mark_first_bytes(bool is_first_byte[256]);

/* Whether memory begins with a piece of a secret. */
bool secret_is_at(const unsigned char *memory, size_t available, int secret);

#endif
