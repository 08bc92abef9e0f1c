/* Between Lua and an exchange: reads the request, pushes what came of it. */
#ifndef KMS_LUA_EXCHANGE_H
#define KMS_LUA_EXCHANGE_H

#include <lauxlib.h>

#include "http/request.h"

/* How a userdata begins whose exchanges are pushed. */
typedef struct {
    const kms_exchange *ended; /* the one to push */
    bool busy; /* one is being pushed: a finalizer that runs then finds the userdata in use */
} kms_lua_outcome;

/* Adds functions to the table on top of the stack, with the upvalues that the functions below look
 * for in whoever calls them. */
void kms_lua_exchange_functions(lua_State *L, const luaL_Reg *functions);

/* The texts of the request at place `at`, which keep their strings alive only while the request
 * holds them. Raises on what is no request. Allocates nothing unless it raises, so that no
 * finalizer runs. */
void kms_lua_read_request(lua_State *L, int at, kms_exchange_request *request);

/* Pushes the request's host and body, the strings that an exchange looks at until it has ended.
 * Allocates nothing. */
void kms_lua_push_lasting(lua_State *L, int at);

/* Hands the request's headers to an exchange that was begun. False: the exchange refused one. May
 * raise; leaves values on the stack. */
bool kms_lua_read_headers(lua_State *L, int at, kms_exchange *exchange);

/* Pushes a response, or nil and an error, for `outcome->ended`, which is of the userdata at place
 * `at`. In protected mode, with the userdata marked busy. Returns lua_pcall's status; where that is
 * not 0, what was raised is on top. */
int kms_lua_push_outcome(lua_State *L, int at, kms_lua_outcome *outcome);

/* Pushes nil and the error for a failure; returns 2. May raise. */
int kms_lua_push_failure(lua_State *L, const kms_failure *failure);

#endif
