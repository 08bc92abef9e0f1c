--- Asks a server of a spec's own from another process, so that the spec can look around while the answer is not there yet.

local cjson = require "cjson.safe"
local child = require "spec.helpers.subprocess"

local PROGRAM = [[
  local curl = require("kms.transport.curl").new { timeout = 30 }
  for i = 1, %d do
    local response, err = curl:send { method = "POST", scheme = "http", host = %q, target = %q,
      headers = { { "Authorization", %q } }, body = (%q):gsub("%%%%d", i) }
    print(response and response.body or tostring(err))
  end]]

--- Sends `times` requests one after the other; "%d" in `value` is the request's number.
---@param host string as a request's
---@param path string
---@param value table the body, sent as JSON
---@param options { times: integer?, authorization: string? }?
---@return fun(): table read waits for the answers, decoded; `unreadable` holds what is no JSON
return function(host, path, value, options)
  options = options or {}
  local program = PROGRAM:format(options.times or 1, host, path, options.authorization or "none", cjson.encode(value))
  local pipe = assert(io.popen(("LUA_PATH=%q LUA_CPATH=%q exec %s - <<'END'\n%s\nEND"):format(
    package.path, package.cpath, child.lua, program)))
  return function()
    local answers = {}
    for line in pipe:lines() do answers[#answers + 1] = cjson.decode(line) or { unreadable = line } end
    pipe:close()
    return answers
  end
end
