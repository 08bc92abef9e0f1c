--- `make install` and `make uninstall`: which files they write and remove, for every DESTDIR and PREFIX.

local files = require "spec.helpers.files"
local installation = require "spec.helpers.installation"
local kms = require "kms"
local lua_modules = require "spec.helpers.lua_modules"
local subprocess = require "spec.helpers.subprocess"

local LUA, VERSION = subprocess.lua, installation.VERSION
local quote, run, make, new_folder = subprocess.quote, installation.run, installation.make, installation.new_folder
local PC = "lua" .. VERSION .. "-kms"

local function list_files(folder)
  return files.list_lines(("cd %s && find . ! -type d | sed 's,^[.]/,,' | LC_ALL=C sort"):format(quote(folder)))
end

--- Prints a variable of the installed pkg-config file, or its flags.
local function pkg_config(root, arguments)
  return table.concat(run(("PKG_CONFIG_PATH=%s pkg-config %s %s"):format(quote(root .. "/lib/pkgconfig"), arguments, PC)), "\n")
end

describe("make install #inspect", function()
  local folder, root

  setup(function()
    folder = new_folder "install"
    root = folder .. "/my kms"
    run(make("install", "", root)) -- no DESTDIR, so the files know the place where they are
  end)

  it("installs the modules, the command, its manual page, completions and a pkg-config file, and nothing else", function()
    local others = {}
    for _, path in ipairs(list_files(root)) do
      if not path:find("/kms/.*%.lua$") then others[#others + 1] = path end
    end
    local lua, lib = ("share/lua/%s/kms/"):format(VERSION), ("lib/lua/%s/kms/"):format(VERSION)
    local server = lua .. "emulator/server/tools/"
    local expected = {
      "bin/kms", lib .. "http1.so", lib .. "sign.so", lib .. "transport/curl.so", ("lib/pkgconfig/%s.pc"):format(PC),
      "share/bash-completion/completions/kms", "share/fish/vendor_completions.d/kms.fish",
      server .. "certificates", server .. "emulator/nginx.conf", server .. "emulator/serve", server .. "nginx",
      "share/man/man1/kms.1", "share/zsh/site-functions/_kms",
    }
    assert.same(expected, others)
  end)

  it("writes a command that finds its library below any PREFIX, without a variable", function()
    local modules = "" -- lua-cjson, where Debian does not package it
    for name, value in pairs(lua_modules.variables(LUA)) do modules = ("%s %s=%s"):format(modules, name, quote(value)) end
    local output, ok = subprocess.execute(("env -u LUA_PATH -u LUA_CPATH%s %s ncloud rename-key tag newName --dry-run"):format(
      modules, quote(root .. "/bin/kms")))
    assert.is_true(ok, output)
    assert.matches("PUT /kms/v1/keys/tag/name HTTP/1.1", output, 1, true)
  end)

  it("writes a pkg-config file with the version, the paths and the flags that an embedding program needs", function()
    assert.equal(kms._VERSION, pkg_config(root, "--modversion"))
    assert.equal(("%s/share/lua/%s/?.lua;%s/share/lua/%s/?/init.lua"):format(root, VERSION, root, VERSION),
      pkg_config(root, "--variable=lua_path"))
    assert.equal(("%s/lib/lua/%s/?.so"):format(root, VERSION), pkg_config(root, "--variable=lua_cpath"))
    assert.equal(table.concat(run("pkg-config --cflags --libs " .. LUA)), pkg_config(root, "--cflags --libs"))
    assert.equal("/other/lib/lua/" .. VERSION, pkg_config(root, "--define-variable=prefix=/other --variable=cmod"))
  end)

  it("lets examples/embed be built and run with what pkg-config prints", function()
    local program = folder .. "/embed"
    run(("cc -o %s examples/embed/embed.c -Wl,-E %s"):format(quote(program), pkg_config(root, "--cflags --libs")))
    local variables = lua_modules.after(LUA, pkg_config(root, "--variable=lua_path"), pkg_config(root, "--variable=lua_cpath"))
    variables.HOME, variables.NCLOUD_KMS_ENDPOINT = "/nonexistent", "http://127.0.0.1:1"
    local output, ok = subprocess.execute(quote(program) .. " tag", variables)
    assert.is_false(ok)
    assert.matches("NCLOUD_ACCESS_KEY", output) -- an error of the library: it was found and loaded
  end)

  for shell, path in pairs { bash = "bash-completion/completions/kms", zsh = "zsh/site-functions/_kms",
    fish = "fish/vendor_completions.d/kms.fish" } do
    it("installs the completion that kms prints for " .. shell, function()
      local output, ok = subprocess.execute(("%s completion %s"):format(quote(root .. "/bin/kms"), shell))
      assert.is_true(ok, output)
      assert.is_true(output == files.read(root .. "/share/" .. path))
    end)
  end

  it("leaves out the files whose folder is empty", function()
    local destination = new_folder "parts"
    run(make("install", destination, "/p", [[INSTALL_PC= INSTALL_MAN= INSTALL_BASH_COMPLETION= INSTALL_ZSH_COMPLETION= ]] ..
      [[INSTALL_FISH_COMPLETION= INSTALL_BIN=]]))
    for _, path in ipairs(list_files(destination)) do assert.matches("^p/[%w]+/lua/", path) end
  end)
end)

describe("make uninstall #inspect", function()
  it("removes what make install wrote, and leaves other files and folders", function()
    local folder = new_folder "uninstall"
    local others = { "my kms/bin/other", ("my kms/share/lua/%s/kms/other.lua"):format(VERSION), "my kms/share/man/man1/kms-other.1" }
    for _, path in ipairs(others) do
      run(("install -D /dev/null %s"):format(quote(folder .. "/" .. path)))
    end
    run(make("install", folder, "/my kms"))
    assert.is_true(#list_files(folder) > 200)
    run(make("uninstall", folder, "/my kms"))
    assert.same(others, list_files(folder))
    run("rm " .. quote(folder .. "/" .. others[2]))
    run(make("uninstall", folder, "/my kms")) -- a second one finds nothing and succeeds
    assert.same({}, files.list_lines("find " .. quote(folder) .. " -path '*/kms'"))
  end)
end)
