/* Owns the C memory of the functions of kms.sign; see sign_context.h. */
#include "binding/sign_context.h"

#include <stdlib.h>
#include <string.h>

#include "binding/compat.h"

static const char TYPE_NAME[] = "kms.sign.context";

enum { MAX_KEPT_LISTS = 8192 };

static void init_output(kms_sign_context *context)
{
    switch (context->kind) {
    case KMS_SIGN_HUAWEI:
        kms_huawei_init(&context->output.huawei);
        break;
    case KMS_SIGN_NCLOUD:
        kms_ncloud_init(&context->output.ncloud);
        break;
    case KMS_SIGN_TARGET:
        kms_buffer_init(&context->output.target, KMS_TARGET_LIMIT);
        break;
    }
}

static void clear_output(kms_sign_context *context)
{
    switch (context->kind) {
    case KMS_SIGN_HUAWEI:
        kms_huawei_clear(&context->output.huawei);
        break;
    case KMS_SIGN_NCLOUD:
        kms_ncloud_clear(&context->output.ncloud);
        break;
    case KMS_SIGN_TARGET:
        kms_buffer_clear(&context->output.target);
        break;
    }
}

static void free_output(kms_sign_context *context)
{
    switch (context->kind) {
    case KMS_SIGN_HUAWEI:
        kms_huawei_free(&context->output.huawei);
        break;
    case KMS_SIGN_NCLOUD:
        kms_ncloud_free(&context->output.ncloud);
        break;
    case KMS_SIGN_TARGET:
        kms_buffer_free(&context->output.target);
        break;
    }
}

static void free_lists(kms_sign_context *context)
{
    free(context->lists);
    context->lists = NULL;
    context->lists_size = 0;
}

static void free_memory(kms_sign_context *context)
{
    kms_digest_free(&context->signer.digest);
    free_output(context);
    free_lists(context);
}

void kms_sign_context_release(kms_sign_context *context)
{
    clear_output(context);
    if (context->lists_size > MAX_KEPT_LISTS)
        free_lists(context);
    if (context->is_closed)
        free_memory(context);
    context->is_busy = false;
}

/* While a state is closed, other finalizers can still call kms.sign after this. */
static int collect(lua_State *L)
{
    kms_sign_context *context = luaL_checkudata(L, 1, TYPE_NAME);
    context->is_closed = true;
    free_memory(context);
    return 0;
}

void kms_sign_context_open(lua_State *L)
{
    luaL_newmetatable(L, TYPE_NAME);
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
}

static kms_sign_context *push_new(lua_State *L, kms_sign_kind kind)
{
    kms_sign_context *context = lua_newuserdatauv(L, sizeof *context, 0);
    memset(context, 0, sizeof *context);
    context->kind = kind;
    kms_digest_init(&context->signer.digest);
    init_output(context);
    luaL_getmetatable(L, TYPE_NAME);
    lua_setmetatable(L, -2);
    return context;
}

void kms_sign_context_push_holder(lua_State *L, kms_sign_kind kind)
{
    lua_createtable(L, 1, 0);
    push_new(L, kind);
    lua_rawseti(L, -2, 1);
}

kms_sign_context *kms_sign_context_acquire(lua_State *L, int holder)
{
    lua_rawgeti(L, holder, 1);
    kms_sign_context *context = lua_touserdata(L, -1);
    if (context->is_busy) {
        kms_sign_context *new_context = push_new(L, context->kind);
        /* Lua 5.4 calls no finalizer of userdata that is created while the state is closed. */
        new_context->is_closed = context->is_closed;
        context = new_context;
        lua_pushvalue(L, -1);
        lua_rawseti(L, holder, 1);
    }
    context->signer.error.status = KMS_SIGN_OK;
    return context;
}

void kms_sign_context_reserve(lua_State *L, kms_sign_context *context, size_t pairs,
                              size_t segments)
{
    size_t size = pairs * sizeof(kms_pair) + segments * sizeof(kms_slice);
    if (size > context->lists_size) {
        free_lists(context);
        context->lists = malloc(size);
        if (context->lists == NULL)
            luaL_error(L, "not enough memory");
        context->lists_size = size;
    }
    if (size > 0)
        memset(context->lists, 0, size);
}
