/* Module kms.http1: HTTP/1.1 requests and responses as bytes, hosts, files and clocks. It needs
 * libc alone, so that an NGINX worker loads neither libcurl nor its dependencies.
 *
 * A parser's userdata owns the response until it is pushed. The parser has ended before its result
 * is pushed, so a finalizer that runs meanwhile cannot change that result. */
#include "base/file.h"
#include "base/wipe.h"
#include "binding/class.h"
#include "binding/error.h"
#include "binding/request.h"
#include "binding/response.h"
#include "http/host.h"
#include "http/http1_parser.h"

#include <stdint.h>

static const char PARSER_TYPE_NAME[] = "kms.http1.parser";

typedef struct {
    kms_http1_parser parser;
    kms_http_response response;
    kms_http_writer writer; /* of write_request */
    /* PUSHING: Lua code, such as a finalizer, must not use it. IDLE: it can be used again. */
    enum { PARSING, PUSHING, IDLE } state;
    bool is_brief; /* see kms_response_push */
} parser;

static kms_slice check_slice(lua_State *L, int index)
{
    kms_slice slice;
    slice.data = luaL_checklstring(L, index, &slice.length);
    return slice;
}

static parser *check_parser(lua_State *L)
{
    parser *self = luaL_checkudata(L, 1, PARSER_TYPE_NAME);
    if (self->state != PARSING)
        luaL_error(L, "parser has ended");
    return self;
}

/* Returns the idle parser at `index`, the last position, or pushes a new one if there is nil. Its
 * state becomes PUSHING. */
static parser *take_parser(lua_State *L, int index)
{
    parser *self = lua_isnil(L, index) ? NULL : luaL_checkudata(L, index, PARSER_TYPE_NAME);
    luaL_argcheck(L, self == NULL || self->state == IDLE, index, "parser is in use");
    if (self == NULL) {
        self = kms_class_new(L, PARSER_TYPE_NAME, sizeof *self);
        kms_http_response_init(&self->response);
        kms_http_writer_init(&self->writer);
    }
    self->state = PUSHING;
    return self;
}

/* parser(method, max_body, is_brief, reused) */
static int new_parser(lua_State *L)
{
    const kms_slice method = check_slice(L, 1);
    const lua_Number max_body = luaL_checknumber(L, 2);
    luaL_argcheck(L, max_body >= 0 && max_body <= INT32_MAX, 2, "max_body must be 0 to 2147483647");
    lua_settop(L, 4);
    parser *self = take_parser(L, 4);
    self->state = PARSING;
    self->response.body.limit = (size_t)max_body;
    self->is_brief = lua_toboolean(L, 3) != 0;
    kms_http1_parser_start(&self->parser, &self->response, kms_http_method_has_no_body(method));
    return 1;
}

static void free_parser(parser *self)
{
    self->state = IDLE;
    kms_http1_parser_free(&self->parser);
    kms_http_response_free(&self->response);
    kms_http_writer_free(&self->writer);
}

/* Pushes a final result, and frees the parser. */
static int push_result(lua_State *L, parser *self, kms_http1_result result, bool is_drained)
{
    self->state = PUSHING;
    lua_pushboolean(L, result == KMS_HTTP1_DONE);
    if (result == KMS_HTTP1_DONE) {
        kms_response_push(L, &self->response, self->is_brief);
        lua_pushboolean(L, is_drained && !self->parser.must_close);
        lua_pushboolean(L, is_drained);
    } else {
        lua_pushstring(L, kms_http_error_word(self->parser.error_code));
        lua_pushstring(L, self->parser.error_reason);
    }
    free_parser(self);
    return result == KMS_HTTP1_DONE ? 4 : 3;
}

/* feed(parser, bytes) */
static int feed(lua_State *L)
{
    parser *self = check_parser(L);
    kms_slice piece = check_slice(L, 2);
    const kms_http1_result result = kms_http1_parser_feed(&self->parser, &piece);
    return result == KMS_HTTP1_MORE ? 0 : push_result(L, self, result, piece.length == 0);
}

/* finish(parser) */
static int finish(lua_State *L)
{
    parser *self = check_parser(L);
    return push_result(L, self, kms_http1_parser_finish(&self->parser), true);
}

static int has_started(lua_State *L)
{
    const parser *self = luaL_checkudata(L, 1, PARSER_TYPE_NAME);
    lua_pushboolean(L, self->parser.has_started);
    return 1;
}

/* error_status(parser): nil if kms_http1_parser_error_status is 0. */
static int error_status(lua_State *L)
{
    const parser *self = luaL_checkudata(L, 1, PARSER_TYPE_NAME);
    lua_pushinteger(L, kms_http1_parser_error_status(&self->parser));
    return lua_tointeger(L, -1) == 0 ? 0 : 1;
}

static int collect_parser(lua_State *L)
{
    free_parser(luaL_checkudata(L, 1, PARSER_TYPE_NAME));
    return 0;
}

/* request(request, parser): the bytes; or nil and an error; or nil, nil and the text of an argument
 * error. The Lua caller raises that error at the line of its own caller. A parser owns the bytes
 * until they are pushed. */
static int write_request(lua_State *L)
{
    kms_http_request request;
    kms_http_error error;
    lua_settop(L, 2);
    parser *owner = take_parser(L, 2);
    const kms_request_status status = kms_request_write(L, 1, &request, &owner->writer, &error);
    if (status == KMS_REQUEST_OK) {
        lua_pushlstring(L, owner->writer.bytes.data, owner->writer.bytes.length);
    } else if (status == KMS_REQUEST_MALFORMED) {
        lua_pushnil(L);
        lua_pushnil(L);
        lua_pushvalue(L, -3);
    }
    kms_http_writer_free(&owner->writer);
    owner->state = IDLE;
    return status == KMS_REQUEST_OK          ? 1
           : status == KMS_REQUEST_MALFORMED ? 3
                                             : kms_response_push_error(L, &error);
}

/* parse_host(host) */
static int parse_host(lua_State *L)
{
    kms_slice name;
    int port;
    if (!kms_host_split(check_slice(L, 1), &name, &port))
        return 0;
    lua_pushlstring(L, name.data, name.length);
    if (port == 0)
        return 1;
    lua_pushinteger(L, port);
    return 2;
}

/* A test of a string, and its name in Lua. */
static const struct {
    const char *name;
    bool (*test)(kms_slice);
} TESTS[] = {
    {"is_ip", kms_host_is_ip},
    {"is_loopback", kms_host_is_loopback},
    {"is_link_local", kms_host_is_link_local},
    {"is_idempotent", kms_http_method_is_idempotent},
};

/* Its upvalue is the index of a test. */
static int run_test(lua_State *L)
{
    lua_pushboolean(L, TESTS[lua_tointeger(L, lua_upvalueindex(1))].test(check_slice(L, 1)));
    return 1;
}

/* error_message(code, host, reason) */
static int error_message(lua_State *L)
{
    kms_http_error error = {.code = KMS_HTTP_OK};
    const kms_http_error_code code = kms_http_error_code_of(check_slice(L, 1));
    const kms_slice host = check_slice(L, 2);
    const char *reason = luaL_checkstring(L, 3);
    luaL_argcheck(L, code != KMS_HTTP_OK, 1, "code must be a transport error code");
    kms_http_error_set(&error, code, host, reason);
    lua_pushstring(L, error.message);
    return 1;
}

/* read_file(path, max_size): the content and the permission bits; or nil, "absent", "too_large" or
 * "unreadable", and the reason. */
static int read_file(lua_State *L)
{
    static const char *const WORDS[] = {NULL, "absent", "too_large", "unreadable"};
    const kms_slice path = check_slice(L, 1);
    const lua_Number max_size = luaL_checknumber(L, 2);
    luaL_argcheck(L, max_size >= 1 && max_size <= INT32_MAX, 2, "max_size must be 1 to 2147483647");
    char *memory = lua_newuserdatauv(L, (size_t)max_size, 0);
    kms_file_info info = {0, 0, "the path contains NUL"};
    kms_file_status status = KMS_FILE_UNREADABLE;
    if (strlen(path.data) == path.length)
        status = kms_file_read(path.data, memory, (size_t)max_size, &info);
    if (status != KMS_FILE_OK) {
        kms_wipe(memory, info.length);
        lua_pushnil(L);
        lua_pushstring(L, WORDS[status]);
        lua_pushstring(L, info.reason);
        return 3;
    }
    lua_pushlstring(L, memory, info.length);
    kms_wipe(memory, info.length);
    lua_pushinteger(L, (lua_Integer)info.mode);
    return 2;
}

static const luaL_Reg FUNCTIONS[] = {
    {"parser", new_parser},
    {"request", write_request},
    {"parse_host", parse_host},
    {"error_message", error_message},
    {"read_file", read_file},
    {"monotonic", kms_class_read_monotonic_clock},
    {"now", kms_class_read_wall_clock},
    {NULL, NULL},
};

static const luaL_Reg PARSER_METHODS[] = {
    {"feed", feed},
    {"finish", finish},
    {"has_started", has_started},
    {"error_status", error_status},
    {NULL, NULL},
};

static const luaL_Reg PARSER_METAMETHODS[] = {{"__gc", collect_parser}, {NULL, NULL}};

KMS_EXPORT int luaopen_kms_http1(lua_State *L);

int luaopen_kms_http1(lua_State *L)
{
    luaL_checkversion(L);
    kms_error_open(L);
    kms_request_open(L);
    kms_class_create(L, PARSER_TYPE_NAME, PARSER_METAMETHODS, PARSER_METHODS);
    luaL_newlib(L, FUNCTIONS);
    for (size_t i = 0; i < sizeof TESTS / sizeof *TESTS; i++) {
        lua_pushinteger(L, (lua_Integer)i);
        lua_pushcclosure(L, run_test, 1);
        lua_setfield(L, -2, TESTS[i].name);
    }
    /* The codes that error_message takes. */
    lua_createtable(L, KMS_HTTP_ERROR_CODE_COUNT, 0);
    for (int code = KMS_HTTP_TIMEOUT; code < KMS_HTTP_ERROR_CODE_COUNT; code++) {
        lua_pushstring(L, kms_http_error_word((kms_http_error_code)code));
        lua_rawseti(L, -2, code - KMS_HTTP_TIMEOUT + 1);
    }
    lua_setfield(L, -2, "error_codes");
    return 1;
}
