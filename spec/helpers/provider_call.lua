--- A call that wants credentials, for specs of their sources: its context, and what every failure must look like.

local Context = require "kms.call.context"
local Error = require "kms.error"

local caller = {}

--- The context that a client would make for one call.
---@param provider string "huawei" or "ncloud"
---@param transport table
---@param options { timeout: number?, region: string? }?
function caller.context(provider, transport, options)
  local context = Context.new(require("kms." .. provider), transport, options and options.timeout or 30)
  context.region = options and options.region or provider == "huawei" and "cn-north-4" or nil
  return context
end

local function strings_of(value, list, seen)
  if type(value) == "string" then list[#list + 1] = value end
  if type(value) ~= "table" or seen[value] then return list end
  seen[value] = true
  for name, member in pairs(value) do
    strings_of(name, list, seen)
    strings_of(member, list, seen)
  end
  return list
end

--- Takes a source's two values for a failure of this code, in which none of the secrets stands anywhere.
---@param code string
---@param secrets string[]
---@return kms.Error err
function caller.failed(code, secrets, found, err)
  assert(found == nil, "it did not fail")
  assert(Error.is(err), "no kms.Error: " .. tostring(err))
  assert(err.kind == "credentials" and err.code == code, tostring(err))
  assert(#err.tried > 0, "nothing tried")
  for _, row in ipairs(err.tried) do
    assert(type(row.name) == "string" and type(row.reason) == "string" and type(row.code) == "string", "a row of tried")
  end
  local texts = strings_of(err, { tostring(err) }, {})
  if err.cause then texts[#texts + 1] = tostring(err.cause) end
  for _, text in ipairs(texts) do
    assert(not text:find "[\r\n]", "more than a line: " .. text)
    for _, secret in ipairs(secrets) do assert(not text:find(secret, 1, true), "a secret in: " .. text) end
  end
  return err
end

--- A file of the spec's own.
---@return string path
function caller.file(text)
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  return path
end

--- Runs functions side by side as coroutines: one at a time, each until it yields.
function caller.side_by_side(functions)
  local running = {}
  for i, run in ipairs(functions) do running[i] = coroutine.create(run) end
  local turns = 0
  while #running > 0 do
    turns = turns + 1
    assert(turns < 100000, "they do not come to an end")
    for i = #running, 1, -1 do
      assert(coroutine.resume(running[i]))
      if coroutine.status(running[i]) == "dead" then table.remove(running, i) end
    end
  end
end

return caller
