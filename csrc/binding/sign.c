/* Module kms.sign: arguments become slices for the signers, what these make becomes Lua values.
 *
 * One call: all fields go onto the stack, then there is room for a key that is kept, then comes the
 * workspace, which owns everything allocated later, then the lists are read into it, then plain C
 * signs, then results are pushed. Between
 * reading the lists and the last use of the slices nothing allocates in Lua: no finaliser can run
 * that takes a string away. While results are pushed one may, and sign as well: it finds the
 * workspace busy and makes one that takes its place. */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/buffer.h"
#include "binding/compat.h"
#include "sign/percent_encode.h"
#include "sign/fingerprint.h"
#include "sign/huawei.h"
#include "binding/error.h"
#include "sign/ncloud.h"
#include "sign/request.h"
#include "binding/sign_keys.h"
#include "binding/sign_context.h"

/* Stack positions. The first four are the arguments of the signing functions. */
enum {
    REQUEST = 1,
    CREDENTIALS,
    TIMESTAMP,
    ALGORITHM,
    METHOD,
    HOST,
    TARGET,
    PATH,
    QUERY,
    HEADERS,
    BODY,
    ACCESS_KEY,
    SECRET_KEY,
    SECURITY_TOKEN,
    STACK_TOP = SECURITY_TOKEN
};

enum { SPARE_STACK = 20 };

/* Reading. Access is raw throughout: a metamethod could run code between two reads. */

enum { STRING = 1, LIST = 2, OPTIONAL = 4 };

/* Who signs. */
enum { HUAWEI, NCLOUD, SIGNERS };

/* The fields of the arguments, in the order of their places on the stack from METHOD on. */
static const struct {
    const char *name;
    int argument;
    int kinds[SIGNERS]; /* of the three above; none: not read */
} FIELDS[] = {
    {"method", REQUEST, {STRING, STRING}},
    {"host", REQUEST, {STRING, 0}},
    {"target", REQUEST, {0, STRING | OPTIONAL}},
    {"path", REQUEST, {STRING | LIST, STRING | LIST | OPTIONAL}},
    {"query", REQUEST, {LIST | OPTIONAL, LIST | OPTIONAL}},
    {"headers", REQUEST, {LIST | OPTIONAL, 0}},
    {"body", REQUEST, {STRING | OPTIONAL, 0}},
    {"access_key", CREDENTIALS, {STRING, STRING}},
    {"secret_key", CREDENTIALS, {STRING, STRING}},
    {"security_token", CREDENTIALS, {STRING | OPTIONAL, STRING | OPTIONAL}},
};

/* The fields of results. */
enum {
    AUTHORIZATION,
    SDK_DATE,
    SDK_TOKEN,
    NCP_TIMESTAMP,
    NCP_ACCESS_KEY,
    NCP_SIGNATURE,
    CANONICAL_REQUEST,
    STRING_TO_SIGN,
    SIGNED_HEADERS,
    SIGNATURE,
    RESULTS
};

static const char *const RESULT_NAMES[RESULTS] = {
    [AUTHORIZATION] = "Authorization",         [SDK_DATE] = "X-Sdk-Date",
    [SDK_TOKEN] = "X-Security-Token",          [NCP_TIMESTAMP] = "x-ncp-apigw-timestamp",
    [NCP_ACCESS_KEY] = "x-ncp-iam-access-key", [NCP_SIGNATURE] = "x-ncp-apigw-signature-v2",
    [CANONICAL_REQUEST] = "canonical_request", [STRING_TO_SIGN] = "string_to_sign",
    [SIGNED_HEADERS] = "signed_headers",       [SIGNATURE] = "signature",
};

/* The upvalues of every function: Lua takes longer to find a string of C than one of its own. */
enum {
    WORKSPACE = 1,
    KEYS,
    FIELD_NAMES,
    FIELD_COUNT = sizeof FIELDS / sizeof FIELDS[0],
    RESULT_FIELDS = FIELD_NAMES + FIELD_COUNT,
    UPVALUES = RESULT_FIELDS + RESULTS - 1
};

/* Raises unless the value at `index` is of one of `kinds`. Numbers do not pass for strings. */
static void check_kind(lua_State *L, int argument, const char *name, int index, int kinds)
{
    int type = lua_type(L, index);
    if ((type == LUA_TSTRING && (kinds & STRING)) || (type == LUA_TTABLE && (kinds & LIST)) ||
        (type == LUA_TNIL && (kinds & OPTIONAL)))
        return;
    const char *expected = kinds & STRING ? (kinds & LIST ? "string or list" : "string") : "list";
    luaL_argerror(L, argument,
                  lua_pushfstring(L, "%s%s%s expected, got %s", name, *name ? ": " : "", expected,
                                  luaL_typename(L, index)));
}

/* Pushes the fields of the arguments to their places; those that the signer does not read are nil.
 */
static void push_fields(lua_State *L, int signer)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        int kinds = FIELDS[i].kinds[signer];
        if (kinds == 0) {
            lua_pushnil(L);
            continue;
        }
        lua_pushvalue(L, lua_upvalueindex(FIELD_NAMES + i));
        lua_rawget(L, FIELDS[i].argument);
        check_kind(L, FIELDS[i].argument, FIELDS[i].name, -1, kinds);
    }
}

/* The length of the list at `index`, at most `limit` + 1; 0 when there is none. Raises when a key
 * is not of a list: { ["Content-Type"] = ... } would otherwise sign nothing, silently. */
static size_t list_length(lua_State *L, int argument, const char *name, int index, size_t limit)
{
    if (lua_type(L, index) != LUA_TTABLE)
        return 0;
    size_t length = lua_rawlen(L, index), keys = 0;
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1))
        keys++;
    if (keys != length)
        luaL_argerror(L, argument,
                      lua_pushfstring(L, "%s: list expected, without gaps or names", name));
    return length <= limit ? length : limit + 1;
}

static kms_slice slice_at(lua_State *L, int index)
{
    kms_slice slice = {NULL, 0};
    if (lua_type(L, index) == LUA_TSTRING)
        slice.data = lua_tolstring(L, index, &slice.length);
    return slice;
}

static void read_pairs(lua_State *L, int argument, const char *name, int index, kms_pairs *pairs)
{
    const int top = lua_gettop(L);
    for (size_t i = 0; i < pairs->count; i++) {
        lua_rawgeti(L, index, (int)i + 1);
        if (lua_type(L, -1) == LUA_TTABLE) {
            lua_rawgeti(L, -1, 1);
            lua_rawgeti(L, -2, 2);
            pairs->items[i] = (kms_pair){slice_at(L, -2), slice_at(L, -1)};
        }
        lua_settop(L, top);
        if (pairs->items[i].name.data == NULL || pairs->items[i].value.data == NULL)
            luaL_argerror(L, argument,
                          lua_pushfstring(L, "%s[%d]: {name, value} expected, both strings", name,
                                          (int)i + 1));
    }
}

static void read_segments(lua_State *L, int argument, int index, kms_slice *segments, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, index, (int)i + 1);
        segments[i] = slice_at(L, -1);
        lua_pop(L, 1);
        if (segments[i].data == NULL)
            luaL_argerror(L, argument, lua_pushfstring(L, "path[%d]: string expected", (int)i + 1));
    }
}

/* Takes the workspace and reads the lists at these stack positions into it (headers == 0: none are
 * read). A wrong path or query is blamed on the arguments named. */
static kms_workspace *read_lists(lua_State *L, int path, int path_argument, int query,
                                 int query_argument, int headers)
{
    size_t segments = list_length(L, path_argument, "path", path, KMS_LIST_COUNT);
    size_t queries = list_length(L, query_argument, "query", query, KMS_LIST_COUNT);
    size_t fields =
        headers == 0 ? 0 : list_length(L, REQUEST, "headers", headers, KMS_HEADER_COUNT);
    size_t header_room = fields + KMS_OWN_HEADERS;
    kms_workspace *s = kms_workspace_take(L, header_room + queries, segments);
    kms_slice *first_segment = (kms_slice *)(s->lists + header_room + queries);
    s->request.headers = (kms_pairs){s->lists, fields};
    s->request.query = (kms_pairs){s->lists + header_room, queries};
    read_pairs(L, REQUEST, "headers", headers, &s->request.headers);
    read_pairs(L, query_argument, "query", query, &s->request.query);
    read_segments(L, path_argument, path, first_segment, segments);
    s->request.path = (kms_path){slice_at(L, path), first_segment, segments};
    s->busy = true;
    return s;
}

/* Reads (request, credentials, timestamp). Raises on a wrong type; wrong values are for the
 * signers. */
static kms_workspace *read_arguments(lua_State *L, int signer)
{
    luaL_checktype(L, REQUEST, LUA_TTABLE);
    luaL_checktype(L, CREDENTIALS, LUA_TTABLE);
    luaL_checktype(L, TIMESTAMP, LUA_TNUMBER);
    lua_settop(L, ALGORITHM);
    check_kind(L, ALGORITHM, "", ALGORITHM, STRING | OPTIONAL);
    luaL_checkstack(L, STACK_TOP + SPARE_STACK, NULL);
    push_fields(L, signer);
    if (lua_type(L, TARGET) == LUA_TNIL) {
        check_kind(L, REQUEST, "path", PATH, STRING | LIST);
    } else { /* the target says it all */
        lua_pushnil(L);
        lua_replace(L, PATH);
        lua_pushnil(L);
        lua_replace(L, QUERY);
    }
    kms_keys_keep(L, KEYS, CREDENTIALS, SECRET_KEY);
    kms_workspace *s = read_lists(L, PATH, REQUEST, QUERY, REQUEST, HEADERS);
    s->request.algorithm = slice_at(L, ALGORITHM);
    s->request.method = slice_at(L, METHOD);
    s->request.host = slice_at(L, HOST);
    s->request.target = slice_at(L, TARGET);
    s->request.body = slice_at(L, BODY);
    s->credentials.access_key = slice_at(L, ACCESS_KEY);
    s->credentials.secret_key = slice_at(L, SECRET_KEY);
    s->credentials.security_token = slice_at(L, SECURITY_TOKEN);
    s->credentials.kept = kms_keys_find(L, KEYS, s->credentials.secret_key.data);
    return s;
}

/* Seconds to the nearest millisecond. Written so that not-a-number is refused. */
static bool read_time(lua_State *L, kms_workspace *s)
{
    const lua_Number limit = (lua_Number)(KMS_TIME_LIMIT_MS + 1) / 1000;
    lua_Number seconds = lua_tonumber(L, TIMESTAMP);
    if (seconds >= 0 && seconds < limit) {
        lua_Number milliseconds = seconds * 1000;
        s->now = (int64_t)milliseconds;
        if (milliseconds - (lua_Number)s->now >= 0.5)
            s->now++;
        if (s->now <= KMS_TIME_LIMIT_MS)
            return true;
    }
    return kms_refuse(&s->error, "timestamp",
                      "timestamp: %.14g; it must be in seconds, from 1970 to the end of 9999",
                      seconds);
}

/* Writing. */

static int fail(lua_State *L, kms_workspace *s)
{
    kms_sign_status status = s->error.status;
    if (status != KMS_SIGN_INVALID)
        kms_workspace_release(s);
    if (status == KMS_SIGN_NO_MEMORY)
        return luaL_error(L, "not enough memory");
    if (status == KMS_SIGN_NO_CRYPTO)
        return luaL_error(L, "OpenSSL cannot compute the digest");
    kms_error_value error = {0};
    error.kind = "invalid";
    error.code = s->error.field;
    error.message = s->error.message; /* of the workspace, which is busy until it is pushed */
    int count = kms_error_push(L, &error);
    kms_workspace_release(s);
    return count;
}

/* Each makes a field of the table on top. */

static void set_value(lua_State *L, int result, int index)
{
    lua_pushvalue(L, lua_upvalueindex(RESULT_FIELDS + result));
    lua_pushvalue(L, index);
    lua_rawset(L, -3);
}

static void set_string(lua_State *L, int result, const char *value, size_t length)
{
    lua_pushvalue(L, lua_upvalueindex(RESULT_FIELDS + result));
    lua_pushlstring(L, value, length);
    lua_rawset(L, -3);
}

static void set_buffer(lua_State *L, int result, const kms_buffer *buffer)
{
    set_string(L, result, buffer->data, buffer->length);
}

/* The functions. Their contracts are in types/kms/sign.lua. */

static bool run_huawei(lua_State *L, kms_workspace **s)
{
    *s = read_arguments(L, HUAWEI);
    return read_time(L, *s) && kms_huawei_sign(&(*s)->huawei, &(*s)->digest, &(*s)->request,
                                               &(*s)->credentials, (*s)->now, &(*s)->error);
}

static bool run_ncloud(lua_State *L, kms_workspace **s)
{
    *s = read_arguments(L, NCLOUD);
    return read_time(L, *s) && kms_ncloud_sign(&(*s)->ncloud, &(*s)->digest, &(*s)->request,
                                               &(*s)->credentials, (*s)->now, &(*s)->error);
}

static int sign_huawei(lua_State *L)
{
    kms_workspace *s;
    if (!run_huawei(L, &s))
        return fail(L, s);
    lua_createtable(L, 0, KMS_OWN_HEADERS);
    set_buffer(L, AUTHORIZATION, &s->huawei.authorization);
    if (s->huawei.adds_date)
        set_string(L, SDK_DATE, s->huawei.date, KMS_SDK_DATE_LENGTH);
    if (s->huawei.adds_token)
        set_value(L, SDK_TOKEN, SECURITY_TOKEN);
    kms_workspace_release(s);
    return 1;
}

static int sign_huawei_stages(lua_State *L)
{
    kms_workspace *s;
    if (!run_huawei(L, &s))
        return fail(L, s);
    lua_createtable(L, 0, 4);
    set_buffer(L, CANONICAL_REQUEST, &s->huawei.canonical_request);
    set_buffer(L, STRING_TO_SIGN, &s->huawei.string_to_sign);
    set_buffer(L, SIGNED_HEADERS, &s->huawei.signed_headers);
    set_string(L, SIGNATURE, s->huawei.signature, KMS_HASH_HEX);
    kms_workspace_release(s);
    return 1;
}

static int sign_ncloud(lua_State *L)
{
    kms_workspace *s;
    if (!run_ncloud(L, &s))
        return fail(L, s);
    lua_createtable(L, 0, 3);
    set_string(L, NCP_TIMESTAMP, s->ncloud.timestamp, strlen(s->ncloud.timestamp));
    set_value(L, NCP_ACCESS_KEY, ACCESS_KEY);
    set_string(L, NCP_SIGNATURE, s->ncloud.signature, KMS_HASH_BASE64);
    kms_workspace_release(s);
    return 1;
}

static int sign_ncloud_stages(lua_State *L)
{
    kms_workspace *s;
    if (!run_ncloud(L, &s))
        return fail(L, s);
    lua_createtable(L, 0, 2);
    set_buffer(L, STRING_TO_SIGN, &s->ncloud.string_to_sign);
    set_string(L, SIGNATURE, s->ncloud.signature, KMS_HASH_BASE64);
    kms_workspace_release(s);
    return 1;
}

static int sign_target(lua_State *L)
{
    lua_settop(L, 2);
    luaL_checkstack(L, SPARE_STACK, NULL);
    check_kind(L, 1, "", 1, STRING | LIST);
    check_kind(L, 2, "", 2, LIST | OPTIONAL);
    kms_workspace *s = read_lists(L, 1, 1, 2, 2, 0);
    if (!kms_encode_target(&s->target, &s->request.path, &s->request.query, &s->error))
        return fail(L, s);
    lua_pushlstring(L, s->target.data, s->target.length);
    kms_workspace_release(s);
    return 1;
}

static int sign_fingerprint(lua_State *L)
{
    char fingerprint[KMS_HASH_HEX + 1];
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    luaL_checkstack(L, SPARE_STACK, NULL);
    lua_pushstring(L, "access_key");
    lua_rawget(L, 1);
    check_kind(L, 1, "access_key", 2, STRING);
    lua_pushstring(L, "secret_key");
    lua_rawget(L, 1);
    check_kind(L, 1, "secret_key", 3, STRING);
    kms_workspace *s = kms_workspace_take(L, 0, 0);
    s->credentials = (kms_credentials){slice_at(L, 2), slice_at(L, 3), {NULL, 0}, NULL};
    s->busy = true;
    if (!kms_fingerprint_compute(fingerprint, &s->digest, &s->credentials, &s->error))
        return fail(L, s);
    lua_pushlstring(L, fingerprint, KMS_HASH_HEX);
    kms_workspace_release(s);
    return 1;
}

KMS_EXPORT int luaopen_kms_sign(lua_State *L);

KMS_EXPORT int luaopen_kms_sign(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {{"huawei", sign_huawei},
                                         {"huawei_stages", sign_huawei_stages},
                                         {"ncloud", sign_ncloud},
                                         {"ncloud_stages", sign_ncloud_stages},
                                         {"target", sign_target},
                                         {"fingerprint", sign_fingerprint},
                                         {NULL, NULL}};
    luaL_checkstack(L, UPVALUES + SPARE_STACK, NULL);
    kms_error_open(L);
    lua_newtable(L);
    kms_workspace_open(L);
    kms_keys_open(L);
    for (const luaL_Reg *f = FUNCTIONS; f->name != NULL; f++) {
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        for (int i = 0; i < FIELD_COUNT; i++)
            lua_pushstring(L, FIELDS[i].name);
        for (int i = 0; i < RESULTS; i++)
            lua_pushstring(L, RESULT_NAMES[i]);
        lua_pushcclosure(L, f->func, UPVALUES);
        lua_setfield(L, -4, f->name);
    }
    lua_pop(L, 2);
    return 1;
}
