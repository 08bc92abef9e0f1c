/* Many exchanges at once, for Lua: `add` begins one, `poll` gives what has ended.
 *
 * The userdata owns every resource. Its user value keeps the strings of requests in flight: those
 * of flight n at places 2n - 1 and 2n, which are made before the request is looked at, so that
 * nothing allocates, and no finalizer runs, from there until it is on its way. The outcome is
 * pushed in protected mode; where memory ends, the flight stays the first of those that have ended.
 */
#include "binding/multi.h"
#include "base/clock.h"
#include "binding/compat.h"
#include "binding/transport.h"
#include "binding/request.h"
#include "curl/event_loop.h"

#include <string.h>

static const char TYPE_NAME[] = "kms.transport.curl.multi";

/* 30 years, as of a transport's sleep. */
#define LONGEST_WAIT 1e9

typedef struct {
    kms_lua_outcome outcome; /* begins the userdata */
    kms_many many;
    int places; /* flights for whose strings there are places */
    bool closed;
} multi;

static multi *check_multi(lua_State *L)
{
    return luaL_checkudata(L, 1, TYPE_NAME);
}

static multi *check_idle(lua_State *L)
{
    multi *self = check_multi(L);
    if (self->outcome.busy)
        luaL_error(L, "multi is busy");
    return self;
}

static multi *check_usable(lua_State *L)
{
    multi *self = check_idle(L);
    if (self->closed)
        luaL_error(L, "multi is closed");
    return self;
}

static int new_multi(lua_State *L)
{
    lua_settop(L, 0);
    multi *self = lua_newuserdatauv(L, sizeof *self, 1);
    memset(self, 0, sizeof *self);
    kms_many_init(&self->many);
    lua_newtable(L);
    lua_setiuservalue(L, 1, 1);
    luaL_getmetatable(L, TYPE_NAME);
    lua_setmetatable(L, -2);
    return 1;
}

/* Takes the two values on top of the stack for strings of a flight. Allocates only where it has no
 * places yet. */
static void keep(lua_State *L, int strings, int number)
{
    lua_rawseti(L, strings, 2 * number);
    lua_rawseti(L, strings, 2 * number - 1);
}

static void keep_nothing(lua_State *L, int strings, int number)
{
    lua_pushboolean(L, false); /* a place that holds nil might go */
    lua_pushboolean(L, false);
    keep(L, strings, number);
}

/* Places for one flight more than there are. A finalizer that runs meanwhile may make them too. */
static void make_places(lua_State *L, int strings, multi *self)
{
    while (self->places <= self->many.flights) {
        int number = self->places + 1;
        keep_nothing(L, strings, number);
        if (self->places < number)
            self->places = number;
    }
}

/* add(multi, transport, request) */
static int add_request(lua_State *L)
{
    multi *self = check_usable(L);
    luaL_checktype(L, 3, LUA_TTABLE);
    lua_settop(L, 3);
    lua_getiuservalue(L, 1, 1);
    make_places(L, 4, self);
    check_usable(L);
    kms_curl_options *options = kms_lua_transport_options(L, 2);
    kms_flight *flight = kms_many_draft(&self->many);
    if (flight == NULL)
        return luaL_error(L, "not enough memory");
    kms_exchange *exchange = &flight->exchange;
    kms_lua_read_request(L, 3, &flight->request);
    if (kms_exchange_begin(exchange, &flight->request) && kms_lua_read_headers(L, 3, exchange)) {
        kms_lua_push_lasting(L, 3);
        keep(L, 4, flight->number);
        if (kms_many_launch(&self->many, options)) {
            lua_pushinteger(L, flight->number);
            return 1;
        }
        keep_nothing(L, 4, flight->number);
    }
    kms_failure failure = exchange->failure; /* the draft is the next caller's */
    kms_exchange_end(exchange);
    return kms_lua_push_failure(L, &failure);
}

/* poll(multi, seconds) */
static int poll_ended(lua_State *L)
{
    multi *self = check_usable(L);
    double seconds = luaL_checknumber(L, 2);
    luaL_argcheck(L, seconds >= 0 && seconds <= LONGEST_WAIT, 2, "seconds must be 0 to 1000000000");
    lua_settop(L, 1);
    lua_getiuservalue(L, 1, 1);
    kms_many_run(&self->many, seconds);
    const kms_flight *flight = kms_many_ended(&self->many);
    if (flight == NULL)
        return 0;
    int number = flight->number;
    lua_pushinteger(L, number);
    self->outcome.ended = &flight->exchange;
    if (kms_lua_push_outcome(L, 1, &self->outcome) != 0)
        return lua_error(L);
    keep_nothing(L, 2, number);
    kms_many_drop(&self->many);
    return lua_gettop(L) - 2;
}

static int pending(lua_State *L)
{
    const kms_many *many = &check_multi(L)->many;
    lua_pushinteger(L, (lua_Integer)(many->in_flight + many->waiting));
    return 1;
}

static int stats(lua_State *L)
{
    const kms_many *many = &check_multi(L)->many;
    lua_createtable(L, 0, 2);
    lua_pushinteger(L, (lua_Integer)many->requests);
    lua_setfield(L, -2, "requests");
    lua_pushinteger(L, (lua_Integer)many->connections);
    lua_setfield(L, -2, "connections");
    return 1;
}

static int monotonic(lua_State *L)
{
    check_multi(L);
    lua_pushnumber(L, kms_monotonic());
    return 1;
}

static int close_multi(lua_State *L)
{
    multi *self = check_idle(L);
    unsigned long requests = self->many.requests, connections = self->many.connections;
    self->closed = true;
    kms_many_close(&self->many);
    self->many.requests = requests;
    self->many.connections = connections;
    return 0;
}

static int to_string(lua_State *L)
{
    lua_pushfstring(L, "%s (%s)", TYPE_NAME, check_multi(L)->closed ? "closed" : "open");
    return 1;
}

static const luaL_Reg EXCHANGES[] = {{"add", add_request}, {"poll", poll_ended}, {NULL, NULL}};

static const luaL_Reg METHODS[] = {
    {"pending", pending},   {"stats", stats}, {"clock", monotonic},
    {"close", close_multi}, {NULL, NULL},
};

static const luaL_Reg METAMETHODS[] = {
    {"__gc", close_multi},
    {"__close", close_multi},
    {"__tostring", to_string},
    {NULL, NULL},
};

void kms_lua_many_open(lua_State *L)
{
    luaL_newmetatable(L, TYPE_NAME);
    luaL_setfuncs(L, METAMETHODS, 0);
    lua_pushstring(L, TYPE_NAME);
    lua_setfield(L, -2, "__name");
    luaL_newlib(L, METHODS);
    kms_lua_exchange_functions(L, EXCHANGES);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    lua_pushcfunction(L, new_multi);
}
