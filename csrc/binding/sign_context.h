/* Owns the C memory of the functions of kms.sign. */
#ifndef KMS_SIGN_CONTEXT_H
#define KMS_SIGN_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <lua.h>

#include "base/buffer.h"
#include "sign/huawei.h"
#include "sign/ncloud.h"
#include "sign/signer.h"

/* Each provider has a context of its own, so that a call wipes only what it wrote. KMS_SIGN_TARGET
 * is for the functions that do not depend on the provider. */
typedef enum { KMS_SIGN_HUAWEI, KMS_SIGN_NCLOUD, KMS_SIGN_TARGET } kms_sign_kind;

/* A userdata. Frees its memory when it is collected, and keeps small allocations from one call to
 * the next. */
typedef struct {
    kms_sign_kind kind;
    bool is_busy;   /* a call has not yet pushed its results */
    bool is_closed; /* __gc has run: keep nothing from now on */
    kms_signer signer;
    union {
        kms_huawei_signature huawei;
        kms_ncloud_signature ncloud;
        kms_buffer target;
    } output;        /* by kind */
    kms_pair *lists; /* of the request: headers, query, path segments */
    size_t lists_size;
} kms_sign_context;

/* Creates the metatable. */
void kms_sign_context_open(lua_State *L);

/* Pushes a table that holds a new context. The functions of one kind share it. */
void kms_sign_context_push_holder(lua_State *L, kms_sign_kind kind);

/* Pushes the context of the holder at `holder`, a stack position or an upvalue, and clears its
 * error. A busy context belongs to a call that a finalizer interrupts, or that raised; a new one
 * then replaces it in the holder. Raises for lack of memory. */
kms_sign_context *kms_sign_context_acquire(lua_State *L, int holder);

/* Makes room for the lists and sets it to zero. Raises for lack of memory. */
void kms_sign_context_reserve(lua_State *L, kms_sign_context *context, size_t pairs,
                              size_t segments);

/* Wipes the output and ends the call. Allocates nothing. */
void kms_sign_context_release(kms_sign_context *context);

#endif
