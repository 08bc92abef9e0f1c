/* A Lua module for the fork specs: fork, wait and exit without cleanup. */
#include <lauxlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* fork(): 0 in the child, the child's process id in the parent */
static int fork_process(lua_State *L)
{
    lua_pushinteger(L, fork());
    return 1;
}

/* wait(pid): the exit status, or -1 if a signal ended the child */
static int wait_for(lua_State *L)
{
    int status = 0;
    waitpid((pid_t)luaL_checkinteger(L, 1), &status, 0);
    lua_pushinteger(L, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return 1;
}

/* exit(status) */
static int exit_now(lua_State *L)
{
    _exit((int)luaL_checkinteger(L, 1));
}

int luaopen_process(lua_State *L);

int luaopen_process(lua_State *L)
{
    lua_newtable(L);
    lua_pushcfunction(L, fork_process);
    lua_setfield(L, -2, "fork");
    lua_pushcfunction(L, wait_for);
    lua_setfield(L, -2, "wait");
    lua_pushcfunction(L, exit_now);
    lua_setfield(L, -2, "exit");
    return 1;
}
