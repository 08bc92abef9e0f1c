/* Owns the C memory of the functions of kms.sign; see sign_context.h. */
#include "binding/sign_context.h"

#include <stdlib.h>

#include "binding/class.h"

static const char TYPE_NAME[] = "kms.sign.context";

enum { MAX_KEPT_PAIRS = 256 };

static void free_pairs(kms_sign_context *context)
{
    free(context->pairs);
    context->pairs = NULL;
    context->pair_count = 0;
}

static void free_memory(kms_sign_context *context)
{
    kms_signer_free(&context->signer);
    free_pairs(context);
}

void kms_sign_context_release(kms_sign_context *context)
{
    kms_signer_clear(&context->signer);
    if (context->pair_count > MAX_KEPT_PAIRS)
        free_pairs(context);
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
    static const luaL_Reg METAMETHODS[] = {{"__gc", collect}, {NULL, NULL}};
    kms_class_create(L, TYPE_NAME, METAMETHODS, NULL);
}

kms_sign_context *kms_sign_context_push(lua_State *L)
{
    kms_sign_context *context = kms_class_new(L, TYPE_NAME, sizeof *context);
    kms_signer_init(&context->signer);
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

void kms_sign_context_reserve(lua_State *L, kms_sign_context *context, size_t count)
{
    if (count <= context->pair_count)
        return;
    free_pairs(context);
    context->pairs = malloc(count * sizeof *context->pairs);
    if (context->pairs == NULL)
        luaL_error(L, "not enough memory");
    context->pair_count = count;
}
