/* Sets fields of Lua tables. */
#ifndef KMS_TABLE_H
#define KMS_TABLE_H

#include <lua.h>

#include "base/slice.h"

/* Sets a field of the table on top of the stack, which has no metatable yet. An absent slice leaves
 * the field out. */
static inline void kms_table_set_string(lua_State *L, const char *name, kms_slice value)
{
    if (value.data == NULL)
        return;
    lua_pushlstring(L, value.data, value.length);
    lua_setfield(L, -2, name);
}

#endif
