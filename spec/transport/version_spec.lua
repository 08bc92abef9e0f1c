--- The oldest versions of libcurl, OpenSSL and Lua: what the compiler and the loader say about older ones.

local files = require "spec.helpers.files"
local subprocess = require "spec.helpers.subprocess"

local FOLDER = ("%s/%s/versions"):format(os.getenv "BUILD" or "build", subprocess.lua)
local FLAGS = "-Icsrc $(pkg-config --cflags lua5.4 libcurl libcrypto)"

setup(function() assert(subprocess.execute("mkdir -p " .. FOLDER)) end)

--- Runs a program with a libcurl that reports another version.
---@return string output
local function run_with_libcurl(version, number, program)
  local path = ("%s/curl_%s"):format(FOLDER, version)
  files.write(path .. ".c", ([[
    #include <curl/curl.h>
    curl_version_info_data *curl_version_info(CURLversion age)
    {
        static curl_version_info_data data = {.version = "%s", .version_num = %s};
        (void)age;
        return &data;
    }
  ]]):format(version, number))
  local output, ok = subprocess.execute(("gcc -shared -fPIC -o %s.so %s.c $(pkg-config --cflags libcurl)"):format(path, path))
  assert(ok, output)
  output, ok = subprocess.execute(("LD_PRELOAD=%s.so %s -e %s"):format(path, subprocess.lua, subprocess.quote(program)))
  assert(ok, output)
  return output
end

describe("a version that is too old", function()
  -- A header of that name comes first, includes the system's and changes the version.
  for _, row in ipairs {
    { "libcurl", "curl/curl.h", "LIBCURL_VERSION_NUM", "0x074900", "csrc/curl/options.c", "libcurl 7.74.0" },
    { "OpenSSL", "openssl/evp.h", "OPENSSL_VERSION_NUMBER", "0x1010000fL", "csrc/sign/digest.c", "OpenSSL 1.1.1" },
    { "Lua", "lua.h", "LUA_VERSION_NUM", "500", "csrc/binding/class.c", "Lua 5.1" },
  } do
    local name, header, macro = row[1], row[2], row[3]
    it("of the headers of " .. name .. " is an error of the compiler #inspect", function()
      local folder = ("%s/%s"):format(FOLDER, name)
      assert(subprocess.execute(("mkdir -p %s/%s"):format(folder, header:match "^(.-)[^/]*$")))
      files.write(folder .. "/" .. header, ("#include_next <%s>\n#undef %s\n#define %s %s\n"):format(header, macro, macro, row[4]))
      local output, ok = subprocess.execute(("gcc -fsyntax-only -I%s %s %s"):format(folder, FLAGS, row[5]))
      assert.is_false(ok)
      assert.matches(("lua-kms needs %s or newer"):format(row[6]), output, 1, true)
    end)
  end

  it("of the loaded libcurl is an error of require #inspect", function()
    assert.equal("kms.transport.curl needs libcurl 7.74.0 or newer; this is 7.73.0\n",
      run_with_libcurl("7.73.0", "0x074900", [[print(select(2, pcall(require, "kms.transport.curl")))]]))
  end)
end)

it("libcurl_version of kms.transport.curl is the version of the loaded libcurl #inspect", function()
  assert.equal("7.74.9\n", run_with_libcurl("7.74.9", "0x074a09", [[print(require("kms.transport.curl").libcurl_version)]]))
end)
