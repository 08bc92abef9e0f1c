--- Sends requests from another process, so that a spec can inspect its server before the response is there.

local cjson = require "cjson.safe"
local subprocess = require "spec.helpers.subprocess"

local PROGRAM = [[
  local transport = require("kms.transport.curl").new { timeout = 30 }
  for i = 1, %d do
    local response, err = transport:send { method = "POST", scheme = "http", host = %q, target = %q,
      headers = { { "Authorization", %q } }, body = (%q):gsub("%%%%d", i) }
    print(response and response.body or tostring(err))
  end]]

--- Starts to send `times` requests, one after the other; "%d" in `value` is replaced by the number of the request.
---@param host string of the request
---@param path string
---@param value table the body, sent as JSON
---@param options { times: integer?, authorization: string? }?
---@return fun(): table read waits for the responses; their decoded bodies, `{ unreadable = line }` for a line that is not JSON
return function(host, path, value, options)
  options = options or {}
  local program = PROGRAM:format(options.times or 1, host, path, options.authorization or "none", cjson.encode(value))
  local pipe = assert(io.popen(("LUA_PATH=%q LUA_CPATH=%q exec %s - <<'END'\n%s\nEND"):format(
    package.path, package.cpath, subprocess.lua, program)))
  return function()
    local responses = {}
    for line in pipe:lines() do responses[#responses + 1] = cjson.decode(line) or { unreadable = line } end
    pipe:close()
    return responses
  end
end
