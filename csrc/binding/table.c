/* Reads and sets fields of Lua tables; see table.h. */
#include "binding/table.h"

kms_slice kms_table_to_slice(lua_State *L, int index)
{
    kms_slice slice = {NULL, 0};
    if (lua_type(L, index) == LUA_TSTRING)
        slice.data = lua_tolstring(L, index, &slice.length);
    return slice;
}

bool kms_table_read_string(lua_State *L, int list, int i, kms_slice *string)
{
    lua_rawgeti(L, list, i);
    *string = kms_table_to_slice(L, -1);
    lua_pop(L, 1);
    return string->data != NULL;
}

bool kms_table_read_pair(lua_State *L, int list, int i, kms_pair *pair)
{
    lua_rawgeti(L, list, i);
    if (!lua_istable(L, -1)) {
        lua_pop(L, 1);
        return false;
    }
    lua_rawgeti(L, -1, 1);
    lua_rawgeti(L, -2, 2);
    *pair = (kms_pair){kms_table_to_slice(L, -2), kms_table_to_slice(L, -1)};
    lua_pop(L, 3);
    return pair->name.data != NULL && pair->value.data != NULL;
}

void kms_table_set_slice(lua_State *L, const char *name, kms_slice value)
{
    if (value.data == NULL)
        return;
    lua_pushlstring(L, value.data, value.length);
    lua_setfield(L, -2, name);
}

void kms_table_set_string(lua_State *L, const char *name, const char *value)
{
    kms_table_set_slice(L, name, kms_slice_from_string(value));
}

void kms_table_set_integer(lua_State *L, const char *name, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}
