--- The oldest versions of libcurl, OpenSSL and Lua: what the compiler and the loader say about older ones.

local files = require "spec.helpers.files"
local subprocess = require "spec.helpers.subprocess"

local FOLDER = ("%s/%s/versions"):format(os.getenv "BUILD" or "build", subprocess.lua)
local FLAGS = "-Icsrc $(pkg-config --cflags lua5.4 libcurl libcrypto)"

setup(function() assert(subprocess.execute("mkdir -p " .. FOLDER)) end)

local function write(name, text)
  local path = FOLDER .. "/" .. name
  files.write(path, text)
  return path
end

describe("a version that is too old", function()
  -- A header of that name comes first, includes the system's and changes the version.
  for _, row in ipairs {
    { "libcurl", "curl/curl.h", "LIBCURL_VERSION_NUM", "0x074900", "csrc/curl/version.c", "libcurl 7.74.0" },
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
    local source = write("curl_7_73.c", [[
      #include <curl/curl.h>
      curl_version_info_data *curl_version_info(CURLversion age)
      {
          static curl_version_info_data data = {.version = "7.73.0", .version_num = 0x074900};
          (void)age;
          return &data;
      }
    ]])
    local library = FOLDER .. "/curl_7_73.so"
    local output, ok = subprocess.execute(("gcc -shared -fPIC -o %s %s $(pkg-config --cflags libcurl)"):format(library, source))
    assert.is_true(ok, output)
    output, ok = subprocess.execute(("LD_PRELOAD=%s %s -e %s"):format(library, subprocess.lua,
      subprocess.quote [[print(select(2, pcall(require, "kms.transport.curl")))]]))
    assert.is_true(ok, output)
    assert.equal("kms.transport.curl needs libcurl 7.74.0 or newer; this is 7.73.0\n", output)
  end)
end)
