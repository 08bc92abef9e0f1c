/* Classes of userdata. */
#ifndef KMS_CLASS_H
#define KMS_CLASS_H

#include "binding/compat.h"

/* Creates the metatable of a class. `methods` may be NULL. */
void kms_class_create(lua_State *L, const char *name, const luaL_Reg *metamethods,
                      const luaL_Reg *methods);

/* Pushes a new object with all bytes zero, which its finalizer must accept. */
void *kms_class_new(lua_State *L, const char *name, size_t size);

/* Methods that read the clocks. */
int kms_class_read_monotonic_clock(lua_State *L);
int kms_class_read_wall_clock(lua_State *L);

#endif
