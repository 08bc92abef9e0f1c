/* What the functions of kms.sign work in: one workspace a Lua state, which owns all that a call
 * allocates in C and keeps a little of it for the next one. */
#ifndef KMS_SIGN_WORKSPACE_H
#define KMS_SIGN_WORKSPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <lua.h>

#include "base/buffer.h"
#include "sign/digest.h"
#include "sign/huawei.h"
#include "sign/ncloud.h"
#include "sign/request.h"

typedef struct {
    bool busy;   /* its results are not yet pushed */
    bool closed; /* its finalizer has run: nothing is kept any more */
    kms_request request;
    kms_credentials credentials;
    int64_t now;
    kms_sign_error error;
    kms_digest digest;
    kms_buffer target;
    kms_huawei_signature huawei;
    kms_ncloud_signature ncloud;
    kms_pair *lists; /* headers, query, then the path's segments */
    size_t lists_size;
} kms_workspace;

/* Pushes what is to be the first upvalue of every function that takes the workspace. */
void kms_workspace_open(lua_State *L);

/* Takes the workspace, with zeroed room in its lists, and leaves it on the stack; request and
 * credentials are not set. One that is busy is that of a call which a finalizer interrupts, or
 * which was ended by a raise: a new one takes its place. Raises for want of memory. */
kms_workspace *kms_workspace_take(lua_State *L, size_t pairs, size_t segments);

/* Wipes what the call left, and gives back what is large. Allocates nothing. */
void kms_workspace_release(kms_workspace *workspace);

#endif
