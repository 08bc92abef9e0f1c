/* Owns the C memory of the functions of kms.sign; see sign_context.h. */
#include "binding/sign_context.h"

#include <stdlib.h>
#include <string.h>

#include "binding/compat.h"

static const char TYPE_NAME[] = "kms.sign.context";

enum { MAX_KEPT_LISTS = 8192 };

static void free_lists(kms_sign_context *context)
{
    free(context->lists);
    context->lists = NULL;
    context->lists_size = 0;
}

static void free_memory(kms_sign_context *context)
{
    kms_signer_free(&context->signer);
    free_lists(context);
}

void kms_sign_context_release(kms_sign_context *context)
{
    kms_signer_clear(&context->signer);
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

kms_sign_context *kms_sign_context_push(lua_State *L)
{
    kms_sign_context *context = lua_newuserdatauv(L, sizeof *context, 0);
    memset(context, 0, sizeof *context);
    kms_signer_init(&context->signer);
    luaL_getmetatable(L, TYPE_NAME);
    lua_setmetatable(L, -2);
    return context;
}

kms_sign_context *kms_sign_context_acquire(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    kms_sign_context *context = lua_touserdata(L, -1);
    if (context->is_busy) {
        kms_sign_context *new_context = kms_sign_context_push(L);
        /* Lua 5.4 calls no finalizer of userdata that is created while the state is closed. */
        new_context->is_closed = context->is_closed;
        context = new_context;
        lua_pushvalue(L, -1);
        lua_replace(L, lua_upvalueindex(1));
    }
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
