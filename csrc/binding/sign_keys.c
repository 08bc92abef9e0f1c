/* Keys that are kept; see sign_keys.h.
 *
 * A userdata owns each key and keeps the string of the secret, whose address so tells it from any
 * other as long as the key is there. One weak table finds it by that string; another keeps it in
 * use as long as a table of credentials. A further userdata, the ring, knows all of them: Lua 5.4
 * calls no finalizer of what is made while the state is being closed, so they end with the ring as
 * well, and after its end none is made. */
#include "binding/sign_keys.h"

#include <stdbool.h>
#include <stddef.h>

#include "binding/compat.h"

static const char TYPE_NAME[] = "kms.sign.key", RING_NAME[] = "kms.sign.keys";

typedef struct kept_key {
    kms_hmac_key key;
    const char *secret;
    struct kept_key *next;
    struct kept_key **place; /* the pointer to this one; NULL after its end */
} kept_key;

typedef struct {
    kept_key *first; /* that of the last signature, found without a look into a table */
    bool closed;
} ring;

/* The user value of the ring: userdata by credentials, and here the table of userdata by secret. */
enum { BY_SECRET = 1 };

static void take_out(kept_key *kept)
{
    if (kept->place == NULL)
        return;
    *kept->place = kept->next;
    if (kept->next != NULL)
        kept->next->place = kept->place;
    kept->place = NULL;
}

static void put_first(ring *keys, kept_key *kept)
{
    kept->next = keys->first;
    kept->place = &keys->first;
    if (kept->next != NULL)
        kept->next->place = &kept->next;
    keys->first = kept;
}

static void end_key(kept_key *kept)
{
    kms_hmac_key_free(&kept->key);
    take_out(kept);
}

static int collect_key(lua_State *L)
{
    end_key(luaL_checkudata(L, 1, TYPE_NAME));
    return 0;
}

static int collect_ring(lua_State *L)
{
    ring *keys = luaL_checkudata(L, 1, RING_NAME);
    while (keys->first != NULL)
        end_key(keys->first);
    keys->closed = true;
    return 0;
}

static void new_type(lua_State *L, const char *name, lua_CFunction collect)
{
    luaL_newmetatable(L, name);
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
}

static void push_weak_table(lua_State *L, const char *mode)
{
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushstring(L, mode);
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
}

void kms_keys_open(lua_State *L)
{
    new_type(L, TYPE_NAME, collect_key);
    new_type(L, RING_NAME, collect_ring);
    ring *keys = lua_newuserdatauv(L, sizeof *keys, 1);
    *keys = (ring){NULL, false};
    push_weak_table(L, "k");
    push_weak_table(L, "v");
    lua_rawseti(L, -2, BY_SECRET);
    lua_setiuservalue(L, -2, 1);
    luaL_getmetatable(L, RING_NAME);
    lua_setmetatable(L, -2);
}

/* Pushes a userdata for the secret. */
static kept_key *push_key(lua_State *L, int secret)
{
    kept_key *kept = lua_newuserdatauv(L, sizeof *kept, 1);
    *kept = (kept_key){.secret = lua_tostring(L, secret)};
    lua_createtable(L, 1, 0); /* a string alone could not be a user value before Lua 5.4 */
    lua_pushvalue(L, secret);
    lua_rawseti(L, -2, 1);
    lua_setiuservalue(L, -2, 1);
    luaL_getmetatable(L, TYPE_NAME);
    lua_setmetatable(L, -2);
    return kept;
}

void kms_keys_keep(lua_State *L, int upvalue, int credentials, int secret)
{
    const int top = lua_gettop(L), owners = top + 1, by_secret = top + 2, found = top + 3;
    ring *keys = lua_touserdata(L, lua_upvalueindex(upvalue));
    if (keys->closed || (keys->first != NULL && keys->first->secret == lua_tostring(L, secret)))
        return;
    lua_getiuservalue(L, lua_upvalueindex(upvalue), 1);
    lua_rawgeti(L, owners, BY_SECRET);
    lua_pushvalue(L, secret);
    lua_rawget(L, by_secret);
    kept_key *kept = lua_touserdata(L, found);
    if (kept == NULL || kept->place == NULL) { /* or it has ended, and is about to be collected */
        lua_pop(L, 1);
        kept = push_key(L, secret);
        lua_pushvalue(L, secret);
        lua_pushvalue(L, found);
        lua_rawset(L, by_secret);
    }
    lua_pushvalue(L, credentials);
    lua_pushvalue(L, found);
    lua_rawset(L, owners);
    take_out(kept);
    put_first(keys, kept);
    lua_settop(L, top);
}

kms_hmac_key *kms_keys_find(lua_State *L, int upvalue, const char *secret)
{
    const ring *keys = lua_touserdata(L, lua_upvalueindex(upvalue));
    return keys->first != NULL && keys->first->secret == secret ? &keys->first->key : NULL;
}
