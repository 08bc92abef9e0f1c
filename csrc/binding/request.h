/* Reads request tables of Lua and writes them as HTTP requests. */
#ifndef KMS_BINDING_REQUEST_H
#define KMS_BINDING_REQUEST_H

#include <lua.h>

#include "http/request.h"

typedef struct {
    kms_http_request http; /* borrows strings of the table */
    double timeout;        /* seconds; INFINITY if the table has none */
} kms_request;

/* To be called once by luaopen_*. */
void kms_request_open(lua_State *L);

/* Both functions read without metamethods. They allocate nothing unless the table is malformed, so
 * no finalizer runs. */

typedef enum {
    KMS_REQUEST_OK,
    KMS_REQUEST_MALFORMED, /* an argument error: its text is on top of the stack */
    KMS_REQUEST_INVALID    /* a validation error: see `error` */
} kms_request_status;

/* Reads the request table at `index`, except its headers. Never returns KMS_REQUEST_INVALID. */
kms_request_status kms_request_read(lua_State *L, int index, kms_request *request);

/* Writes the request that was read from `index`, with its headers. */
kms_request_status kms_request_write(lua_State *L, int index, const kms_request *request,
                                     kms_http_writer *writer, kms_http_error *error);

#endif
