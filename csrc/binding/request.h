/* Reads request tables of Lua and writes them as HTTP requests. */
#ifndef KMS_BINDING_REQUEST_H
#define KMS_BINDING_REQUEST_H

#include <lua.h>

#include "http/request.h"

/* To be called once by luaopen_*. */
void kms_request_open(lua_State *L);

typedef enum {
    KMS_REQUEST_OK,
    KMS_REQUEST_MALFORMED, /* an argument error: its text is on top of the stack */
    KMS_REQUEST_INVALID    /* a validation error: see `error` */
} kms_request_status;

/* Reads the request table at `index`, whose strings `request` borrows, and writes it. Reads without
 * metamethods. Allocates nothing in Lua unless the table is malformed, so no finalizer runs. */
kms_request_status kms_request_write(lua_State *L, int index, kms_http_request *request,
                                     kms_http_writer *writer, kms_http_error *error);

#endif
