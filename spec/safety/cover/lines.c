/* Records which lines of the library's Lua files run in a Lua state and its coroutines.
 *
 * It is built for one Lua, with two macros. COVER_SOURCES is the absolute path of the folder of the
 * Lua files and ends in "/". COVER_LINES is a folder with one record file per Lua file: its name
 * has
 * "%" for each "/" below COVER_SOURCES, and its byte n becomes 1 when line n has run. The record
 * files are mapped as shared memory, so processes and threads need no merging, and nothing is lost
 * when a process ends by a signal.
 *
 * Lua programs load it before anything else (cover_watch). Preloaded into NGINX, it watches every
 * state that NGINX creates. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#if LUA_VERSION_NUM == 501
#include <luajit.h>
#endif

enum { MAX_FILES = 256, MAX_NAME = 256 };

typedef struct {
    char name[MAX_NAME];   /* below COVER_SOURCES */
    unsigned char *record; /* byte n - 1 for line n */
    int line_count;
} source;

static source sources[MAX_FILES];
static int source_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void fail(const char *what, const char *name)
{
    fprintf(stderr, "cover: %s: %s\n", what, name);
    abort();
}

static void map_record(const char *name)
{
    char path[sizeof COVER_LINES + 1 + MAX_NAME];
    struct stat status;
    if (source_count == MAX_FILES || strlen(name) >= MAX_NAME)
        fail("too many files, or name too long", name);
    snprintf(path, sizeof path, "%s/%s", COVER_LINES, name);
    for (char *c = path + sizeof COVER_LINES; *c != '\0'; c++) {
        if (*c == '/')
            *c = '%';
    }
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0 || fstat(file, &status) != 0)
        fail("cannot open", path);
    source *new = &sources[source_count];
    new->record = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (new->record == MAP_FAILED)
        fail("cannot map", path);
    close(file);
    strcpy(new->name, name);
    new->line_count = (int)status.st_size;
    source_count++;
}

static void record_line(const char *name, int line)
{
    static int last; /* the file of the previous line: most lines are in the same file */
    pthread_mutex_lock(&lock);
    if (last >= source_count || strcmp(sources[last].name, name) != 0) {
        for (last = 0; last < source_count && strcmp(sources[last].name, name) != 0; last++)
            ;
        if (last == source_count)
            map_record(name);
    }
    if (line < 1 || line > sources[last].line_count)
        fail("no such line", name);
    sources[last].record[line - 1] = 1;
    pthread_mutex_unlock(&lock);
}

static void on_line(lua_State *L, lua_Debug *debug)
{
    static const char prefix[] = "@" COVER_SOURCES;
    lua_getinfo(L, "S", debug);
    if (strncmp(debug->source, prefix, sizeof prefix - 1) == 0)
        record_line(debug->source + sizeof prefix - 1, debug->currentline);
}

/* Coroutines inherit the hook of the state that creates them. LuaJIT's compiled code calls no
 * hooks.
 */
int cover_watch(lua_State *L)
{
#if LUA_VERSION_NUM == 501
    luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
#endif
    lua_sethook(L, on_line, LUA_MASKLINE, 0);
    return 0;
}

/* Replaces Lua's function, which NGINX's Lua module calls once per state that it creates. */
void luaL_openlibs(lua_State *L)
{
    void (*original)(lua_State *) = NULL;
    *(void **)&original = dlsym(RTLD_NEXT, "luaL_openlibs");
    if (original == NULL)
        fail("not found", "luaL_openlibs");
    original(L);
    cover_watch(L);
}
