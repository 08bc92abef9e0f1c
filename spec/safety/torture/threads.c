/* Runs a Lua program in several threads at once, each with a state of its own.
 *
 *   threads PROGRAM THREADS CALLS
 *
 * The program gets the number of its thread and CALLS, and must return "done". */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

enum { MAX_THREADS = 64 };

typedef struct {
    pthread_t thread;
    const char *program;
    int number, calls;
    bool done;
} job;

static void *run(void *argument)
{
    job *self = argument;
    lua_State *L = luaL_newstate();
    if (L == NULL)
        return NULL;
    luaL_openlibs(L);
    if (luaL_loadfile(L, self->program) == 0) {
        lua_pushinteger(L, self->number);
        lua_pushinteger(L, self->calls);
        self->done = lua_pcall(L, 2, 1, 0) == 0 && lua_type(L, -1) == LUA_TSTRING &&
                     strcmp(lua_tostring(L, -1), "done") == 0;
    }
    if (!self->done) {
        const char *text = lua_tostring(L, -1);
        fprintf(stderr, "thread %d: %s\n", self->number, text != NULL ? text : "(no text)");
    }
    lua_close(L);
    return NULL;
}

int main(int count, char **arguments)
{
    static job jobs[MAX_THREADS];
    int threads = count == 4 ? atoi(arguments[2]) : 0, done = 0;
    if (threads < 1 || threads > MAX_THREADS)
        return EXIT_FAILURE;
    for (int i = 0; i < threads; i++) {
        jobs[i] = (job){.program = arguments[1], .number = i + 1, .calls = atoi(arguments[3])};
        if (pthread_create(&jobs[i].thread, NULL, run, &jobs[i]) != 0)
            return EXIT_FAILURE;
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(jobs[i].thread, NULL);
        done += jobs[i].done;
    }
    printf("%d of %d threads passed, with %s calls each\n", done, threads, arguments[3]);
    return done == threads ? EXIT_SUCCESS : EXIT_FAILURE;
}
