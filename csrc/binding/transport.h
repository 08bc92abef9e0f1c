/* The class of transports of kms.transport.curl. */
#ifndef KMS_BINDING_TRANSPORT_H
#define KMS_BINDING_TRANSPORT_H

#include <lua.h>

#include "binding/request.h"
#include "curl/event_loop.h"

typedef struct {
    kms_event_loop *loop; /* one reference */
    kms_pool *pool;       /* one reference; NULL: collected, or not yet opened */
} kms_transport;

/* Creates the class and pushes its constructor. */
void kms_transport_open(lua_State *L);

/* The open transport at `index`. Raises an argument error for any other value. */
kms_transport *kms_transport_check(lua_State *L, int index);

/* The state's event loop, shared by all its transports. */
kms_event_loop *kms_transport_event_loop(lua_State *L);

/* Writes the request at `index` into a transfer of the loop, and starts it. Raises an argument
 * error for a malformed request table. Returns NULL and sets `error` if it cannot start. */
kms_transfer *kms_transport_start(lua_State *L, int index, const kms_transport *transport,
                                  kms_transfer_queue *queue, kms_http_error *error);

/* Pushes the outcome of a transfer that has ended: a response, or nil and an error. Does so in
 * protected mode, and returns lua_pcall's status. If that is not 0, the error message is on top.
 * `function` is the stack index of kms_transport_push_result, which the caller pushed while it held
 * nothing, because pushing a function may raise. */
int kms_transport_push_outcome(lua_State *L, int function, kms_transfer *transfer);

/* The Lua function that kms_transport_push_outcome calls with a transfer as light userdata. */
int kms_transport_push_result(lua_State *L);

/* Pushes a table with two counters, and returns 1. */
int kms_transport_push_stats(lua_State *L, unsigned long requests, unsigned long connections);

#endif
