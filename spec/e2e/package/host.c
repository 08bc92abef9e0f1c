/* A program that embeds Lua, runs the script argv[1] in a state of its own, closes the state and lives on.
 *
 * Its getaddrinfo replaces libc's in all libraries and returns late. So threads of libcurl are inside a
 * lookup when the state is closed, and return into libcurl's code afterwards.
 * Prints how many lookups were running when the state was closed, and "alive" at the end. */
#define _GNU_SOURCE
#include <dirent.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

enum { LOOKUP_MS = 500, POLL_MS = 5, MAX_POLLS = 2000 };

static atomic_int running_lookups;

static void sleep_ms(long milliseconds)
{
    const struct timespec duration = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&duration, NULL);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result)
{
    (void)node, (void)service, (void)hints, (void)result;
    atomic_fetch_add(&running_lookups, 1);
    sleep_ms(LOOKUP_MS);
    atomic_fetch_sub(&running_lookups, 1);
    return EAI_NONAME;
}

static int count_threads(void)
{
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (const struct dirent *task; tasks != NULL && (task = readdir(tasks)) != NULL;)
        count += task->d_name[0] != '.';
    if (tasks != NULL)
        closedir(tasks);
    return count;
}

int main(int argc, char **argv)
{
    lua_State *L = luaL_newstate();
    if (L == NULL || argc != 2)
        return 2;
    luaL_openlibs(L);
    if (luaL_dofile(L, argv[1]) != 0) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        return 1;
    }
    lua_close(L);
    printf("%d lookups running\n", atomic_load(&running_lookups));
    fflush(stdout);
    for (int i = 0; i < MAX_POLLS && count_threads() > 1; i++)
        sleep_ms(POLL_MS);
    puts(count_threads() == 1 ? "alive" : "threads remain");
    return 0;
}
