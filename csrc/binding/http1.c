/* Module kms.http1.reader: readers of one answer each, for who receives it in Lua.
 *
 * The userdata owns what the answer takes until it is complete. It has ended before its result is
 * pushed, so a finalizer that runs meanwhile cannot touch what is being pushed; where memory ends
 * then, the collector frees it. */
#include "binding/compat.h"
#include "http/http1_parser.h"
#include "binding/response.h"

#include <stdint.h>
#include <string.h>

static const char TYPE_NAME[] = "kms.http1.reader";

enum { UPVALUE_NAMES = 1 };

enum { READER = 1, BYTES, CODE, REASON, ARGUMENTS = REASON };

/* What a result has, and what its reader's caller may add (kms.transport.cosocket). */
enum { RESULT_FIELDS = 6 };

typedef struct {
    kms_http1 http1;
    kms_reply reply;
    bool ended;
} reader;

static reader *check_reader(lua_State *L)
{
    reader *self = luaL_checkudata(L, READER, TYPE_NAME);
    if (self->ended)
        luaL_error(L, "reader has ended");
    return self;
}

static bool is_text(kms_slice text, const char *other)
{
    return text.length == strlen(other) && memcmp(text.data, other, text.length) == 0;
}

/* new(method, max_body) */
static int new_reader(lua_State *L)
{
    kms_slice method;
    method.data = luaL_checklstring(L, 1, &method.length);
    const lua_Number max_body = luaL_checknumber(L, 2);
    luaL_argcheck(L, max_body >= 0 && max_body <= INT32_MAX, 2,
                  "a body may have 0 to 2147483647 bytes");
    reader *self = lua_newuserdatauv(L, sizeof *self, 0);
    memset(self, 0, sizeof *self);
    kms_reply_init(&self->reply);
    self->reply.body.limit = (size_t)max_body;
    kms_http1_begin(&self->http1, &self->reply,
                    is_text(method, "HEAD") || is_text(method, "CONNECT"));
    luaL_getmetatable(L, TYPE_NAME);
    lua_setmetatable(L, -2);
    return 1;
}

static void set_string(lua_State *L, const char *name, int at)
{
    lua_pushvalue(L, at);
    lua_setfield(L, -2, name);
}

static void set_boolean(lua_State *L, const char *name, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, name);
}

/* Of a failure, code and reason are at their places on the stack. */
static void push_result(lua_State *L, const reader *self, bool done, bool drained)
{
    lua_createtable(L, 0, RESULT_FIELDS);
    if (done) {
        kms_lua_push_response(L, UPVALUE_NAMES, self->http1.status, &self->reply);
        lua_setfield(L, -2, "response");
    } else {
        lua_createtable(L, 0, 2);
        set_string(L, "code", CODE);
        set_string(L, "reason", REASON);
        lua_setfield(L, -2, "failure");
    }
    set_boolean(L, "started", self->http1.started);
    set_boolean(L, "drained", drained);
    set_boolean(L, "reusable", done && drained && !self->http1.last);
}

static void clear(reader *self)
{
    kms_http1_end(&self->http1);
    kms_reply_free(&self->reply);
}

/* take(reader, bytes) or take(reader, nil, code, reason) */
static int take(lua_State *L)
{
    reader *self = check_reader(L);
    kms_slice piece = {NULL, 0};
    kms_http1_result result = KMS_HTTP1_STOPPED;
    lua_settop(L, ARGUMENTS);
    if (lua_type(L, BYTES) == LUA_TSTRING) {
        piece.data = lua_tolstring(L, BYTES, &piece.length);
        result = kms_http1_read(&self->http1, &piece);
    } else {
        luaL_checktype(L, BYTES, LUA_TNIL);
        kms_slice code;
        code.data = luaL_checklstring(L, CODE, &code.length);
        if (is_text(code, "end"))
            result = kms_http1_finish(&self->http1);
    }
    if (result == KMS_HTTP1_MORE)
        return 0;
    self->ended = true;
    if (self->reply.stop_code != NULL) {
        lua_pushstring(L, self->reply.stop_code);
        lua_replace(L, CODE);
        lua_pushstring(L, self->reply.stop_reason);
        lua_replace(L, REASON);
    }
    push_result(L, self, result == KMS_HTTP1_DONE, piece.length == 0);
    clear(self);
    return 1;
}

static int collect(lua_State *L)
{
    reader *self = luaL_checkudata(L, READER, TYPE_NAME);
    self->ended = true;
    clear(self);
    return 0;
}

KMS_EXPORT int luaopen_kms_http1_reader(lua_State *L);

int luaopen_kms_http1_reader(lua_State *L)
{
    luaL_newmetatable(L, TYPE_NAME);
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    lua_pushstring(L, TYPE_NAME);
    lua_setfield(L, -2, "__name");
    lua_createtable(L, 0, 1);
    kms_lua_push_response_names(L);
    lua_pushcclosure(L, take, KMS_RESPONSE_FIELDS);
    lua_setfield(L, -2, "take");
    lua_setfield(L, -2, "__index");
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, new_reader);
    lua_setfield(L, -2, "new");
    return 1;
}
