/* Reads and sets fields of Lua tables. */
#ifndef KMS_TABLE_H
#define KMS_TABLE_H

#include <lua.h>

#include "base/slice.h"

/* The string at `index`, which must stay reachable in Lua; absent for all other values. Numbers do
 * not count as strings. Allocates nothing. */
kms_slice kms_table_to_slice(lua_State *L, int index);

/* Read item `i` of the list at `list`, which keeps the strings alive: a string, or {name, value},
 * two strings. False for any other item. Allocate nothing. */
bool kms_table_read_string(lua_State *L, int list, int i, kms_slice *string);
bool kms_table_read_pair(lua_State *L, int list, int i, kms_pair *pair);

/* The following set a field of the table on top of the stack, which has no __newindex. An absent
 * slice leaves the field out. */
void kms_table_set_slice(lua_State *L, const char *name, kms_slice value);
void kms_table_set_string(lua_State *L, const char *name, const char *value);
void kms_table_set_integer(lua_State *L, const char *name, lua_Integer value);

#endif
