/* Module kms.bulk.file: the file of a journal, which is locked, appended to, and synced. */
#include "base/append_file.h"
#include "binding/class.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char TYPE_NAME[] = "kms.bulk.file";

typedef struct {
    int descriptor; /* -1: closed */
} append_file;

static append_file *check_file(lua_State *L)
{
    append_file *self = luaL_checkudata(L, 1, TYPE_NAME);
    if (self->descriptor < 0)
        luaL_error(L, "file is closed");
    return self;
}

/* Pushes nil, a word for programs, and the reason of errno. */
static int push_failure(lua_State *L, const char *word, int error)
{
    lua_pushnil(L);
    lua_pushstring(L, word);
    lua_pushstring(L, strerror(error));
    return 3;
}

static int push_result(lua_State *L, bool is_ok)
{
    if (!is_ok)
        return push_failure(L, "failed", errno);
    lua_pushboolean(L, 1);
    return 1;
}

/* open(path, is_new): a file; or nil, "exists", "absent", "locked" or "failed", and the reason */
static int open_file(lua_State *L)
{
    static const char *const WORDS[] = {"ok", "exists", "absent", "locked", "failed"};
    const char *path = luaL_checkstring(L, 1);
    const bool is_new = lua_toboolean(L, 2);
    append_file *self = kms_class_new(L, TYPE_NAME, sizeof *self);
    self->descriptor = -1;
    const kms_append_file_status status = kms_append_file_open(path, is_new, &self->descriptor);
    if (status != KMS_APPEND_FILE_OK)
        return push_failure(L, WORDS[status], errno);
    return 1;
}

/* append(file, bytes) */
static int append(lua_State *L)
{
    const append_file *self = check_file(L);
    size_t length;
    const char *data = luaL_checklstring(L, 2, &length);
    return push_result(L, kms_append_file_write(self->descriptor, data, length));
}

/* sync(file): returns when all bytes are on the disk. */
static int sync_file(lua_State *L)
{
    const append_file *self = check_file(L);
    int result;
    do
        result = fsync(self->descriptor);
    while (result != 0 && errno == EINTR);
    return push_result(L, result == 0);
}

/* truncate(file, size) */
static int truncate_file(lua_State *L)
{
    const append_file *self = check_file(L);
    const lua_Number size = luaL_checknumber(L, 2);
    luaL_argcheck(L, size >= 0 && size <= 9007199254740992.0, 2, "size must be 0 or above");
    return push_result(L, ftruncate(self->descriptor, (off_t)size) == 0);
}

/* close(file): unlocks it too. */
static int close_file(lua_State *L)
{
    append_file *self = luaL_checkudata(L, 1, TYPE_NAME);
    if (self->descriptor >= 0)
        close(self->descriptor);
    self->descriptor = -1;
    return 0;
}

KMS_EXPORT int luaopen_kms_bulk_file(lua_State *L);

int luaopen_kms_bulk_file(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {{"open", open_file}, {NULL, NULL}};
    static const luaL_Reg METAMETHODS[] = {{"__gc", close_file}, {NULL, NULL}};
    static const luaL_Reg METHODS[] = {
        {"append", append},    {"sync", sync_file}, {"truncate", truncate_file},
        {"close", close_file}, {NULL, NULL},
    };
    luaL_checkversion(L);
    kms_class_create(L, TYPE_NAME, METAMETHODS, METHODS);
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
