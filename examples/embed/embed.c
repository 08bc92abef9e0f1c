/* A C program that embeds Lua and calls a cloud: it reads the name of a key of NAVER Cloud KMS.
 *
 *     cc -o embed embed.c -Wl,-E $(pkg-config --cflags --libs lua5.4-kms)
 *     ./embed KEY_TAG
 *
 * Each thread of a program may have a Lua state of its own, with its own clients. Two threads must
 * not use one state at the same time. Credentials come from the environment. */
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>

static const char SCRIPT[] = "local kms = require 'kms'\n"
                             "local key, err = kms.ncloud():get_key { key_tag = ... }\n"
                             "if not key then error(tostring(err), 0) end\n"
                             "return key.key_name\n";

/* Runs the script, which leaves the name of the key on the stack, or a message if this fails. */
static int read_key_name(lua_State *L, const char *key_tag)
{
    if (luaL_loadstring(L, SCRIPT) != 0)
        return 0;
    lua_pushstring(L, key_tag);
    return lua_pcall(L, 1, 1, 0) == 0;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s KEY_TAG\n", argv[0]);
        return 2;
    }
    lua_State *L = luaL_newstate();
    if (L == NULL)
        return 1;
    luaL_openlibs(L);
    const int is_read = read_key_name(L, argv[1]);
    fprintf(is_read ? stdout : stderr, "%s\n", lua_tostring(L, -1));
    lua_close(L); /* closes the connections */
    return is_read ? 0 : 1;
}
