/* Notes which lines of the library's Lua files run, in a Lua state and all of its coroutines.
 *
 * Built for one Lua, with COVER_SOURCES, the absolute path of the folder of the files, "/" at its
 * end, and COVER_LINES, that of a folder that has for each of them a file of its own: "%" for each
 * "/" in the name below COVER_SOURCES, a byte for each line. Byte n becomes 1 when line n has run.
 * The files are shared memory: nothing is lost when a process ends by a signal, and processes and
 * threads need no merging.
 *
 * Lua programs load it first of all (cover_watch); preloaded into NGINX it watches each state that
 * is made there, those of worker threads included. */
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

enum { MOST_FILES = 256, LONGEST = 256 };

typedef struct {
    char name[LONGEST]; /* below COVER_SOURCES */
    unsigned char *ran; /* byte n - 1 for line n */
    int lines;
} source;

static source sources[MOST_FILES];
static int known;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void give_up(const char *what, const char *name)
{
    fprintf(stderr, "cover: %s: %s\n", what, name);
    abort();
}

static source *map(const char *name)
{
    char path[sizeof COVER_LINES + 1 + LONGEST];
    struct stat status;
    if (known == MOST_FILES || strlen(name) >= LONGEST)
        give_up("too many files, or too long a name", name);
    snprintf(path, sizeof path, "%s/%s", COVER_LINES, name);
    for (char *c = path + sizeof COVER_LINES; *c != '\0'; c++) {
        if (*c == '/')
            *c = '%';
    }
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0 || fstat(file, &status) != 0)
        give_up("cannot be opened", path);
    source *new = &sources[known];
    new->ran = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (new->ran == MAP_FAILED)
        give_up("cannot be mapped", path);
    close(file);
    strcpy(new->name, name);
    new->lines = (int)status.st_size;
    known++;
    return new;
}

static void note(const char *name, int line)
{
    static int last; /* most lines are of the file of the line before */
    pthread_mutex_lock(&lock);
    if (last >= known || strcmp(sources[last].name, name) != 0) {
        for (last = 0; last < known && strcmp(sources[last].name, name) != 0; last++)
            ;
        if (last == known)
            map(name);
    }
    if (line < 1 || line > sources[last].lines)
        give_up("no such line", name);
    sources[last].ran[line - 1] = 1;
    pthread_mutex_unlock(&lock);
}

static void on_line(lua_State *L, lua_Debug *debug)
{
    static const char prefix[] = "@" COVER_SOURCES;
    lua_getinfo(L, "S", debug);
    if (strncmp(debug->source, prefix, sizeof prefix - 1) == 0)
        note(debug->source + sizeof prefix - 1, debug->currentline);
}

/* Coroutines have the hook of the state that makes them. Code that LuaJIT compiled would call none.
 */
int cover_watch(lua_State *L)
{
#if LUA_VERSION_NUM == 501
    luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
#endif
    lua_sethook(L, on_line, LUA_MASKLINE, 0);
    return 0;
}

/* In place of Lua's own, which NGINX's Lua module calls once for each state that it makes. */
void luaL_openlibs(lua_State *L)
{
    void (*original)(lua_State *) = NULL;
    *(void **)&original = dlsym(RTLD_NEXT, "luaL_openlibs");
    if (original == NULL)
        give_up("not found", "luaL_openlibs");
    original(L);
    cover_watch(L);
}
