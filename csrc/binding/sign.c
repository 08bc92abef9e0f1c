/* Module kms.sign: reads arguments, calls the signers, pushes their results. */
#include "base/buffer.h"
#include "binding/compat.h"
#include "binding/error.h"
#include "binding/sign_context.h"
#include "binding/table.h"
#include "sign/percent_encode.h"
#include "sign/signatures.h"

/* The steps of a call:
 *
 * 1. Push all fields of the arguments onto the stack. This may raise.
 * 2. Acquire the context, which owns all memory that is not Lua's, and read the lists into it.
 * 3. Sign. From reading the lists to the last use of a slice nothing allocates in Lua, so no
 *    finalizer can run and make Lua free one of the strings.
 * 4. Push the results. A finalizer may run and sign too; it finds the context busy and replaces it.
 *
 * Access to arguments is raw throughout, because a metamethod could run code between two reads. */

/* Stack positions of a signing function: its arguments, the fields of the request, and those of the
 * credentials. */
enum { REQUEST = 1, CREDENTIALS, TIMESTAMP, ALGORITHM };
enum { METHOD = ALGORITHM + 1, HOST, TARGET, PATH, QUERY, HEADERS, BODY };
enum { ACCESS_KEY = BODY + 1, SECRET_KEY, SECURITY_TOKEN };

typedef enum { HUAWEI, NCLOUD } sign_provider;

/* Accepted types of a value; 0: not read. */
enum { STRING = 1, LIST = 2, OPTIONAL = 4 };

/* The fields of the arguments, in the order of their stack positions from METHOD on. */
static const struct {
    const char *name;
    int argument;
    int types[2]; /* by provider */
} FIELDS[] = {
    {"method", REQUEST, {STRING, STRING}},
    {"host", REQUEST, {STRING, 0}},
    {"target", REQUEST, {STRING | OPTIONAL, STRING | OPTIONAL}},
    {"path", REQUEST, {STRING | LIST | OPTIONAL, STRING | LIST | OPTIONAL}},
    {"query", REQUEST, {LIST | OPTIONAL, LIST | OPTIONAL}},
    {"headers", REQUEST, {LIST | OPTIONAL, 0}},
    {"body", REQUEST, {STRING | OPTIONAL, 0}},
    {"access_key", CREDENTIALS, {STRING, STRING}},
    {"secret_key", CREDENTIALS, {STRING, STRING}},
    {"security_token", CREDENTIALS, {STRING | OPTIONAL, STRING | OPTIONAL}},
};

/* Raises unless the value at `index` has one of `types`. Numbers do not count as strings. `name` is
 * the field of the argument, or NULL for the argument itself. */
static void check_type(lua_State *L, int argument, const char *name, int index, int types)
{
    int type = lua_type(L, index);
    if ((type == LUA_TSTRING && (types & STRING)) || (type == LUA_TTABLE && (types & LIST)) ||
        (type == LUA_TNIL && (types & OPTIONAL)))
        return;
    const char *expected = "list", *actual = luaL_typename(L, index);
    if (types & STRING)
        expected = types & LIST ? "string or list" : "string";
    luaL_argerror(L, argument,
                  name != NULL
                      ? lua_pushfstring(L, "%s must be a %s; got %s", name, expected, actual)
                      : lua_pushfstring(L, "%s expected, got %s", expected, actual));
}

static void push_field(lua_State *L, int argument, const char *name, int types)
{
    lua_pushstring(L, name);
    lua_rawget(L, argument);
    check_type(L, argument, name, -1, types);
}

/* The lists of a request, which are at consecutive stack positions. */
static const struct {
    const char *name;
    size_t limit;
    bool has_pairs;
} LISTS[] = {
    {"path", KMS_LIST_LIMIT, false},
    {"query", KMS_LIST_LIMIT, true},
    {"headers", KMS_HEADER_COUNT_LIMIT, true},
};

enum { LIST_COUNT = sizeof LISTS / sizeof *LISTS };

/* The length of the list, at most its limit + 1; 0 if there is none. Raises if a key is not part of
 * a list: { ["Content-Type"] = ... } would otherwise be ignored silently. */
static size_t measure_list(lua_State *L, int argument, int index, int list)
{
    if (lua_type(L, index) != LUA_TTABLE)
        return 0;
    size_t length = (size_t)lua_rawlen(L, index), keys = 0;
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1))
        keys++;
    if (keys != length)
        luaL_argerror(
            L, argument,
            lua_pushfstring(L, "%s must be a list without gaps or named fields", LISTS[list].name));
    return length <= LISTS[list].limit ? length : LISTS[list].limit + 1;
}

/* Reads path, query and headers, which are at `first` and the next two positions, into the context
 * and marks it busy. Text of a path is not a list. `argument` is the one that contains them all, or
 * 0 if each is an argument. */
static void read_lists(lua_State *L, kms_sign_context *context, int first, int argument)
{
    kms_sign_request *request = &context->signer.request;
    kms_pairs *const pairs[LIST_COUNT] = {&request->segments, &request->query, &request->headers};
    size_t count = KMS_MAX_ADDED_HEADERS; /* after the headers, which are last */
    for (int list = 0; list < LIST_COUNT; list++)
        count += pairs[list]->count =
            measure_list(L, argument != 0 ? argument : first + list, first + list, list);
    kms_sign_context_reserve(L, context, count);
    kms_pair *next = context->pairs;
    for (int list = 0; list < LIST_COUNT; list++) {
        pairs[list]->items = next;
        for (int i = 1; i <= (int)pairs[list]->count; i++, next++)
            if (LISTS[list].has_pairs ? !kms_table_read_pair(L, first + list, i, next)
                                      : !kms_table_read_string(L, first + list, i, &next->name))
                luaL_argerror(L, argument != 0 ? argument : first + list,
                              lua_pushfstring(L, "%s[%d] must be %s", LISTS[list].name, i,
                                              LISTS[list].has_pairs ? "{name, value}, two strings"
                                                                    : "a string"));
    }
    request->path = kms_table_to_slice(L, first);
    context->is_busy = true;
}

/* Reads (request, credentials, timestamp, algorithm) into the function's context. Raises for a
 * wrong type; the signers refuse wrong values. */
static kms_sign_context *read_arguments(lua_State *L, sign_provider provider)
{
    luaL_checktype(L, REQUEST, LUA_TTABLE);
    luaL_checktype(L, CREDENTIALS, LUA_TTABLE);
    luaL_checktype(L, TIMESTAMP, LUA_TNUMBER);
    lua_settop(L, ALGORITHM);
    check_type(L, ALGORITHM, NULL, ALGORITHM, STRING | OPTIONAL);
    luaL_checkstack(L, SECURITY_TOKEN + LUA_MINSTACK, NULL);
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++) {
        const int types = FIELDS[i].types[provider];
        if (types != 0)
            push_field(L, FIELDS[i].argument, FIELDS[i].name, types);
        else
            lua_pushnil(L);
    }
    if (provider == HUAWEI && lua_type(L, QUERY) != LUA_TNIL) { /* signed in another order */
        lua_pushnil(L);
        lua_replace(L, TARGET);
    }
    if (lua_type(L, TARGET) == LUA_TNIL) {
        check_type(L, REQUEST, "path", PATH, STRING | LIST);
    } else { /* the target replaces path and query */
        lua_pushnil(L);
        lua_replace(L, PATH);
        lua_pushnil(L);
        lua_replace(L, QUERY);
    }
    kms_sign_context *context = kms_sign_context_acquire(L);
    read_lists(L, context, PATH, REQUEST);
    kms_sign_request *request = &context->signer.request;
    request->algorithm = kms_table_to_slice(L, ALGORITHM);
    request->method = kms_table_to_slice(L, METHOD);
    request->host = kms_table_to_slice(L, HOST);
    request->target = kms_table_to_slice(L, TARGET);
    request->body = kms_table_to_slice(L, BODY);
    context->signer.credentials =
        (kms_credentials){kms_table_to_slice(L, ACCESS_KEY), kms_table_to_slice(L, SECRET_KEY),
                          kms_table_to_slice(L, SECURITY_TOKEN)};
    return context;
}

/* Rounds seconds to the nearest millisecond. The comparison refuses NaN too. The message shows no
 * fraction, because its decimal point depends on the locale. */
static bool read_time(lua_State *L, kms_signer *signer)
{
    const lua_Number seconds = lua_tonumber(L, TIMESTAMP), milliseconds = seconds * 1000 + 0.5;
    if (seconds >= 0 && milliseconds < (lua_Number)(KMS_TIME_LIMIT_MS + 1)) {
        signer->time = (int64_t)milliseconds;
        return true;
    }
    return kms_signer_fail(
        signer, "timestamp must be Unix time in seconds, up to the end of year 9999; got %.0e",
        seconds);
}

static int push_error(lua_State *L, kms_sign_context *context)
{
    const kms_sign_error *error = &context->signer.error;
    const bool has_memory = error->field[0] != '\0';
    if (has_memory)
        kms_error_push(L, "invalid", error->field, error->message);
    kms_sign_context_release(context);
    return has_memory ? 2 : luaL_error(L, "not enough memory");
}

static void push_headers(lua_State *L, const kms_signer *signer)
{
    lua_createtable(L, 0, (int)signer->output_count);
    for (size_t i = 0; i < signer->output_count; i++) {
        const kms_pair *header = &signer->output[i];
        if (header->value.data == signer->credentials.security_token.data)
            lua_pushvalue(L, SECURITY_TOKEN); /* no second copy of a secret */
        else
            lua_pushlstring(L, header->value.data, header->value.length);
        lua_setfield(L, -2, header->name.data);
    }
}

static void push_stages(lua_State *L, const kms_signer *signer)
{
    const kms_buffer *stages = signer->stages;
    lua_createtable(L, 0, 4);
    kms_table_set_slice(L, "canonical_request", kms_buffer_view(&stages[KMS_CANONICAL_REQUEST]));
    kms_table_set_slice(L, "signed_headers", kms_buffer_view(&stages[KMS_SIGNED_HEADERS]));
    kms_table_set_slice(L, "string_to_sign", kms_buffer_view(&stages[KMS_STRING_TO_SIGN]));
    kms_table_set_string(L, "signature", signer->signature);
}

/* types/kms/sign.lua describes the functions below. The second upvalue of `sign` is the index of a
 * row of SIGNERS. */

static const struct {
    const char *name;
    sign_provider provider;
    bool (*sign)(kms_signer *);
    void (*push)(lua_State *, const kms_signer *);
} SIGNERS[] = {
    {"huawei", HUAWEI, kms_huawei_sign, push_headers},
    {"huawei_stages", HUAWEI, kms_huawei_sign, push_stages},
    {"ncloud", NCLOUD, kms_ncloud_sign, push_headers},
    {"ncloud_stages", NCLOUD, kms_ncloud_sign, push_stages},
};

static int sign(lua_State *L)
{
    const lua_Integer row = lua_tointeger(L, lua_upvalueindex(2));
    kms_sign_context *context = read_arguments(L, SIGNERS[row].provider);
    kms_signer *signer = &context->signer;
    if (!read_time(L, signer) || !kms_signer_run(signer, SIGNERS[row].sign))
        return push_error(L, context);
    SIGNERS[row].push(L, signer);
    kms_sign_context_release(context);
    return 1;
}

static int sign_target(lua_State *L)
{
    lua_settop(L, 2);
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    check_type(L, 1, NULL, 1, STRING | LIST);
    check_type(L, 2, NULL, 2, LIST | OPTIONAL);
    kms_sign_context *context = kms_sign_context_acquire(L);
    const kms_buffer *target = &context->signer.stages[KMS_TARGET];
    read_lists(L, context, 1, 0); /* no headers: the context is in their place */
    if (!kms_percent_encode_target(&context->signer))
        return push_error(L, context);
    lua_pushlstring(L, target->data, target->length);
    kms_sign_context_release(context);
    return 1;
}

static int sign_fingerprint(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    push_field(L, 1, "access_key", STRING);
    push_field(L, 1, "secret_key", STRING);
    kms_sign_context *context = kms_sign_context_acquire(L);
    context->is_busy = true;
    context->signer.credentials =
        (kms_credentials){kms_table_to_slice(L, 2), kms_table_to_slice(L, 3), {NULL, 0}};
    if (!kms_signer_run(&context->signer, kms_fingerprint_compute))
        return push_error(L, context);
    lua_pushlstring(L, context->signer.signature, KMS_HASH_HEX);
    kms_sign_context_release(context);
    return 1;
}

/* Sets a field of the table on top of the stack to a function with a context of its own. */
static void set_function(lua_State *L, const char *name, lua_CFunction function, size_t row)
{
    (void)kms_sign_context_push(L);
    lua_pushinteger(L, (lua_Integer)row);
    lua_pushcclosure(L, function, 2);
    lua_setfield(L, -2, name);
}

KMS_EXPORT int luaopen_kms_sign(lua_State *L);

KMS_EXPORT int luaopen_kms_sign(lua_State *L)
{
    luaL_checkversion(L);
    kms_error_open(L);
    kms_sign_context_open(L);
    lua_newtable(L);
    for (size_t i = 0; i < sizeof SIGNERS / sizeof *SIGNERS; i++)
        set_function(L, SIGNERS[i].name, sign, i);
    set_function(L, "target", sign_target, 0);
    set_function(L, "fingerprint", sign_fingerprint, 0);
    return 1;
}
