--- Versions of programs and libraries on this machine: a spec that needs a newer one is skipped, and says which.

local subprocess = require "spec.helpers.subprocess"

local versions = {}

-- Commands that print the version before any other number.
local COMMANDS = {
  HAProxy = "haproxy -v",
  LuaRocks = "luarocks --version",
  Neovim = "nvim --version",
  OpenSSL = "openssl version",
  ngx_lua = ("curl -s http://127.0.0.1:%s/ngx_lua_version"):format(os.getenv "KMS_NGINX_PORT"),
  libcurl = subprocess.lua .. [[ -e 'print(require("kms.transport.curl").libcurl_version)']],
  -- The library of kms.sign, which may be another one than that of the system.
  libcrypto = subprocess.lua
    .. [[ -e 'require "kms.sign" print(io.open("/proc/self/maps"):read("*a"):match "libcrypto%.so[%.%d]*")']],
}

-- By name, the version that was found.
local found = {}

local function find(name)
  if not found[name] then
    local output = subprocess.execute(COMMANDS[name])
    found[name] = assert(output:match "%d[%d.]*", output)
  end
  return found[name]
end

--- Compares numbers, not digits: 7.100 is newer than 7.87.
local function is_older(version, minimum)
  local next_number = version:gmatch "%d+"
  for needed in minimum:gmatch "%d+" do
    local number = tonumber(next_number() or 0)
    if number ~= tonumber(needed) then return number < tonumber(needed) end
  end
  return false
end

--- Says why a spec cannot run.
---@param name "HAProxy"|"LuaRocks"|"Neovim"|"OpenSSL"|"ngx_lua"|"libcurl"|"libcrypto"
---@param minimum string for example "3.0"
---@return string? reason nil if the version is recent enough
function versions.find_reason(name, minimum)
  local version = find(name)
  return is_older(version, minimum) and ("needs %s %s or newer; this is %s"):format(name, minimum, version) or nil
end

return versions
