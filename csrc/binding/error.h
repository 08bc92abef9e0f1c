/* Error values of kms.error, made from C. */
#ifndef KMS_LUA_ERROR_H
#define KMS_LUA_ERROR_H

#include <stdbool.h>
#include <lua.h>

/* What an error says. Strings are borrowed for the call; NULL leaves a field out. */
typedef struct {
    const char *kind;          /* "invalid", "transport" */
    const char *code;          /* see kms.error */
    const char *message;       /* one line, no secret in it */
    bool uncertain;            /* the request may have been carried out */
    bool has_cause;            /* cause_code and cause_message are set */
    int cause_code;            /* the library's own number */
    const char *cause_message; /* the library's own text */
} kms_lua_error;

/* To be called once in luaopen_*: finds the metatable of kms.error. Raises when the module is
 * missing. */
void kms_lua_error_open(lua_State *L);

/* Pushes nil and the error value, and returns 2: `return kms_lua_fail(L, &error);`.
 * May raise (memory): the caller holds nothing that is not anchored in Lua. */
int kms_lua_fail(lua_State *L, const kms_lua_error *error);

#endif
