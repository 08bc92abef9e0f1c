/* The workspace of kms.sign; see sign_workspace.h. */
#include "binding/sign_context.h"

#include <stdlib.h>
#include <string.h>

#include "binding/compat.h"

static const char TYPE_NAME[] = "kms.sign.workspace";

enum { MOST_LISTS_KEPT = 8192 };

static void free_lists(kms_workspace *w)
{
    free(w->lists);
    w->lists = NULL;
    w->lists_size = 0;
}

static void free_all(kms_workspace *w)
{
    kms_digest_free(&w->digest);
    kms_buffer_free(&w->target);
    kms_huawei_free(&w->huawei);
    kms_ncloud_free(&w->ncloud);
    free_lists(w);
}

void kms_workspace_release(kms_workspace *w)
{
    kms_buffer_clear(&w->target);
    kms_huawei_clear(&w->huawei);
    kms_ncloud_clear(&w->ncloud);
    if (w->lists_size > MOST_LISTS_KEPT)
        free_lists(w);
    if (w->closed)
        free_all(w);
    w->busy = false;
}

/* The functions may be called once more: by another finalizer, when the state is closed. */
static int collect(lua_State *L)
{
    kms_workspace *w = luaL_checkudata(L, 1, TYPE_NAME);
    w->closed = true;
    free_all(w);
    return 0;
}

static kms_workspace *push_new(lua_State *L)
{
    kms_workspace *w = lua_newuserdatauv(L, sizeof *w, 0);
    memset(w, 0, sizeof *w);
    kms_digest_init(&w->digest);
    kms_buffer_init(&w->target, KMS_TARGET_LIMIT);
    kms_huawei_init(&w->huawei);
    kms_ncloud_init(&w->ncloud);
    luaL_getmetatable(L, TYPE_NAME);
    lua_setmetatable(L, -2);
    return w;
}

void kms_workspace_open(lua_State *L)
{
    luaL_newmetatable(L, TYPE_NAME);
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
    lua_createtable(L, 1, 0);
    push_new(L);
    lua_rawseti(L, -2, 1);
}

kms_workspace *kms_workspace_take(lua_State *L, size_t pairs, size_t segments)
{
    size_t size = pairs * sizeof(kms_pair) + segments * sizeof(kms_slice);
    lua_rawgeti(L, lua_upvalueindex(1), 1);
    kms_workspace *w = lua_touserdata(L, -1);
    if (w->busy) {
        lua_pop(L, 1);
        w = push_new(L);
        lua_pushvalue(L, -1);
        lua_rawseti(L, lua_upvalueindex(1), 1);
    }
    if (size > w->lists_size) {
        free_lists(w);
        w->lists = malloc(size);
        if (w->lists == NULL)
            luaL_error(L, "not enough memory");
        w->lists_size = size;
    }
    if (size > 0)
        memset(w->lists, 0, size);
    w->error.status = KMS_SIGN_OK;
    return w;
}
