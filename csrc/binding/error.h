/* Pushes error values of the Lua module kms.error. */
#ifndef KMS_ERROR_VALUE_H
#define KMS_ERROR_VALUE_H

#include <stdbool.h>
#include <lua.h>

/* The fields of an error value. Strings are borrowed for the call; NULL leaves a field out. */
typedef struct {
    const char *kind;          /* "invalid" or "transport" */
    const char *code;          /* see kms.error */
    const char *message;       /* one line without secrets */
    bool is_uncertain;         /* the server may have carried out the request */
    bool has_cause;            /* cause_code and cause_message are set */
    int cause_code;            /* the library's own number */
    const char *cause_message; /* the library's own text */
} kms_error_value;

/* Loads the metatable of kms.error. Every luaopen_* function whose module uses kms_error_push calls
 * this once. Raises if the Lua module is missing. */
void kms_error_open(lua_State *L);

/* Pushes nil and the error value, and returns 2. May raise for lack of memory. */
int kms_error_push(lua_State *L, const kms_error_value *error);

#endif
