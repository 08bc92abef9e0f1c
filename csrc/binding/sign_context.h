/* Owns the C memory of the functions of kms.sign. */
#ifndef KMS_SIGN_CONTEXT_H
#define KMS_SIGN_CONTEXT_H

#include <lua.h>

#include "sign/signer.h"

/* A userdata. Frees its memory when it is collected, and keeps small allocations from one call to
 * the next. */
typedef struct {
    bool is_busy;   /* a call has not yet pushed its results */
    bool is_closed; /* __gc has run: keep nothing from now on */
    kms_signer signer;
    kms_pair *pairs; /* of the request: headers, query, path segments */
    size_t pair_count;
} kms_sign_context;

/* Creates the metatable. */
void kms_sign_context_open(lua_State *L);

/* Pushes a new context. */
kms_sign_context *kms_sign_context_push(lua_State *L);

/* Pushes the context in the first upvalue of the running C function: the stack keeps it alive if a
 * finalizer replaces it. A busy context belongs to a call that a finalizer interrupts, or that
 * raised; a new one then replaces it in the upvalue. Raises for lack of memory. */
kms_sign_context *kms_sign_context_acquire(lua_State *L);

/* Makes room for pairs. Raises for lack of memory. */
void kms_sign_context_reserve(lua_State *L, kms_sign_context *context, size_t count);

/* Wipes the output and ends the call. Allocates nothing. */
void kms_sign_context_release(kms_sign_context *context);

#endif
