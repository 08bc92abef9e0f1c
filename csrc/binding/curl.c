/* Module kms.transport.curl: transports over libcurl's connections, and the class of multis, which
 * are requests that run at the same time.
 *
 * A multi is a queue of the state's event loop: `add` starts a request, `step` runs the loop and
 * returns a request that has ended. */
#include "base/clock.h"
#include "binding/class.h"
#include "binding/error.h"
#include "binding/request.h"
#include "binding/response.h"
#include "binding/table.h"
#include "binding/transport.h"
#include "curl/version.h"

#include <math.h>

static const char TYPE_NAME[] = "kms.transport.curl.multi";

/* 30 years, as for a transport's sleep. */
#define MAX_WAIT 1e9

typedef struct {
    kms_event_loop *loop; /* NULL: closed, or not yet opened */
    kms_transfer_queue queue;
    size_t credit; /* ended requests that `step` may return before it runs the loop again */
} multi;

static multi *check_multi(lua_State *L)
{
    return luaL_checkudata(L, 1, TYPE_NAME);
}

static multi *check_open(lua_State *L)
{
    multi *self = check_multi(L);
    if (self->loop == NULL)
        luaL_error(L, "multi is closed");
    return self;
}

static int new_multi(lua_State *L)
{
    multi *self = kms_class_new(L, TYPE_NAME, sizeof *self);
    kms_list_init(&self->queue.ended);
    self->loop = kms_transport_event_loop(L);
    self->loop->refcount++;
    return 1;
}

/* add(multi, transport, request, is_brief) */
static int add_request(lua_State *L)
{
    multi *self = check_open(L);
    const kms_transport *transport = kms_transport_check(L, 2);
    kms_http_error error;
    lua_settop(L, 4);
    kms_transfer *transfer = kms_transport_start(L, 3, transport, &self->queue, &error);
    if (transfer == NULL)
        return kms_response_push_error(L, &error);
    transfer->is_brief = lua_toboolean(L, 4) != 0;
    lua_pushinteger(L, transfer->id);
    return 1;
}

/* Runs the loop until a request has ended, the time is over, or a signal arrived. It runs at least
 * once per batch of ended requests. Otherwise a caller that replaces each ended request by one that
 * ends at once would delay all others without end. */
static void run(multi *self, double seconds)
{
    const kms_transfer_queue *queue = &self->queue;
    if (queue->ended_count > 0 && self->credit > 0) {
        self->credit--;
        return;
    }
    const double deadline = seconds > 0 ? kms_monotonic() + seconds : 0;
    double remaining = queue->ended_count > 0 ? 0 : seconds;
    while (kms_event_loop_step(self->loop, remaining) && queue->ended_count == 0 && remaining > 0)
        remaining = deadline > self->loop->now ? deadline - self->loop->now : 0;
    self->credit = queue->ended_count > 0 ? queue->ended_count - 1 : 0;
}

/* step(multi, seconds) */
static int step(lua_State *L)
{
    enum { FUNCTION = 1, ID };
    multi *self = check_open(L);
    const double seconds = luaL_optnumber(L, 2, 0);
    luaL_argcheck(L, seconds >= 0 && seconds <= MAX_WAIT, 2, "seconds must be 0 to 1000000000");
    lua_settop(L, 1); /* keeps the multi alive */
    lua_pushcfunction(L, kms_transport_push_result);
    run(self, seconds);
    kms_transfer *transfer = kms_event_loop_take(self->loop, &self->queue);
    if (transfer == NULL)
        return 0;
    lua_pushinteger(L, transfer->id);
    if (kms_transport_push_outcome(L, FUNCTION + 1, transfer) != 0) {
        kms_event_loop_untake(self->loop, &self->queue, transfer);
        return lua_error(L);
    }
    kms_event_loop_recycle(self->loop, transfer);
    return lua_gettop(L) - ID;
}

static int pending(lua_State *L)
{
    const multi *self = check_multi(L);
    lua_pushinteger(L, (lua_Integer)(self->queue.running_count + self->queue.ended_count));
    return 1;
}

static int descriptor(lua_State *L)
{
    const int number = kms_event_loop_descriptor(check_open(L)->loop);
    if (number == -1)
        return 0;
    lua_pushinteger(L, number);
    return 1;
}

static int timeout(lua_State *L)
{
    const double seconds = kms_event_loop_timeout(check_open(L)->loop);
    if (!isfinite(seconds))
        return 0;
    lua_pushnumber(L, seconds);
    return 1;
}

static int stats(lua_State *L)
{
    const kms_transfer_queue *queue = &check_multi(L)->queue;
    return kms_transport_push_stats(L, queue->request_count, queue->connection_count);
}

static int close_multi(lua_State *L)
{
    multi *self = check_multi(L);
    kms_event_loop *loop = self->loop;
    if (loop == NULL)
        return 0;
    kms_event_loop_cancel(loop, &self->queue);
    self->loop = NULL;
    kms_event_loop_release(loop);
    return 0;
}

static int to_string(lua_State *L)
{
    lua_pushfstring(L, "%s (%s)", TYPE_NAME, check_multi(L)->loop == NULL ? "closed" : "open");
    return 1;
}

static const luaL_Reg METHODS[] = {
    {"add", add_request},       {"step", step},         {"pending", pending},
    {"descriptor", descriptor}, {"timeout", timeout},   {"clock", kms_class_read_monotonic_clock},
    {"stats", stats},           {"close", close_multi}, {NULL, NULL},
};

static const luaL_Reg METAMETHODS[] = {
    {"__gc", close_multi},
    {"__close", close_multi},
    {"__tostring", to_string},
    {NULL, NULL},
};

KMS_EXPORT int luaopen_kms_transport_curl(lua_State *L);

int luaopen_kms_transport_curl(lua_State *L)
{
    luaL_checkversion(L);
    const char *version = curl_version_info(CURLVERSION_NOW)->version;
    if (!kms_curl_is_from(KMS_CURL_MINIMUM))
        return luaL_error(L, "kms.transport.curl needs libcurl %s or newer; this is %s",
                          KMS_CURL_MINIMUM_TEXT, version);
    kms_error_open(L);
    kms_request_open(L);
    kms_class_create(L, TYPE_NAME, METAMETHODS, METHODS);
    lua_createtable(L, 0, 3);
    kms_table_set_string(L, "libcurl_version", version);
    kms_transport_open(L);
    lua_setfield(L, -2, "new");
    lua_pushcfunction(L, new_multi);
    lua_setfield(L, -2, "multi");
    return 1;
}
