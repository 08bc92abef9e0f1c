/* What HMAC makes of secret keys, kept from one signature to the next: as long as the credentials
 * are in use, and wiped when they are collected or the Lua state is closed. */
#ifndef KMS_SIGN_KEYS_H
#define KMS_SIGN_KEYS_H

#include <lua.h>

#include "sign/digest.h"

/* Pushes what is to be an upvalue of every function that signs; `upvalue` below is its number. */
void kms_keys_open(lua_State *L);

/* Makes room for the key of the secret at one place of the stack, to be kept as long as the table
 * of credentials at another, unless there is one for some table. Raises for want of memory. */
void kms_keys_keep(lua_State *L, int upvalue, int credentials, int secret);

/* The key of this very string, for a call of which nothing in Lua runs; NULL: none is kept, because
 * the state is being closed or a finalizer has signed since. Allocates nothing. */
kms_hmac_key *kms_keys_find(lua_State *L, int upvalue, const char *secret);

#endif
