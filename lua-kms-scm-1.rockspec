local release = "scm"
local home = "https://github.com/lua-kms/lua-kms"

rockspec_format = "3.0"
package = "lua-kms"
version = release .. "-1"
source = {
  url = "git+" .. home .. ".git",
  branch = release == "scm" and "main" or nil,
  tag = release ~= "scm" and "v" .. release or nil,
}

description = {
  summary = "Huawei Cloud KMS and NAVER Cloud KMS: move a key's primary region, rename a key",
  detailed = [[
    Signs requests (OpenSSL) and sends them (libcurl) in C, returns plain Lua tables and structured errors.
    Connections are kept, certificates are always verified, responses are limited, and errors contain no secrets.
  ]],
  homepage = home,
  license = "MIT",
  labels = { "kms", "cloud", "huawei", "naver", "security" },
}

-- What the library and the start of the command need. Parts of the library ask for more when they are used, and name
-- what is missing: kms.bulk for luv and luafilesystem, the emulator for luaossl, kms.loop.X for the loop X. Most
-- programs use none of these parts, and a rock cannot have optional dependencies.
dependencies = { "lua >= 5.1, < 5.6", "lua-cjson >= 2.1.0", "argparse >= 0.7.1" }
test_dependencies = { "busted" }

-- curl's header is not asked for: Debian keeps it where LuaRocks does not look.
external_dependencies = {
  CURL = { library = "curl" },
  OPENSSL = { header = "openssl/evp.h", library = "crypto" },
}

-- The Makefile lists the sources and sets the flags, so a build by LuaRocks is the same as one by make.
build = {
  type = "make",
  build_target = "all",
  variables = {
    LUA = "$(LUA)",
    LUA_INCDIR = "$(LUA_INCDIR)",
    CC = "$(CC)",
    CFLAGS = "$(CFLAGS)",
    LIBFLAG = "$(LIBFLAG)",
    OPENSSL_INCDIR = "$(OPENSSL_INCDIR)",
    OPENSSL_LIBDIR = "$(OPENSSL_LIBDIR)",
    CURL_INCDIR = "$(CURL_INCDIR)",
    CURL_LIBDIR = "$(CURL_LIBDIR)",
  },
  install_variables = {
    INSTALL_LMOD = "$(LUADIR)",
    INSTALL_CMOD = "$(LIBDIR)",
    INSTALL_BIN = "$(BINDIR)",
    INSTALL_MAN = "$(PREFIX)/man",
    INSTALL_PC = "", -- LuaRocks moves the modules after it has installed them
    INSTALL_BASH_COMPLETION = "", -- `kms completion` prints them
    INSTALL_ZSH_COMPLETION = "",
    INSTALL_FISH_COMPLETION = "",
  },
  copy_directories = { "examples" },
}

test = { type = "busted" }
