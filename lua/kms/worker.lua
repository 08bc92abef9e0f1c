--- One exchange over libcurl in a Lua VM of NGINX's thread pool: made to be called through ngx.run_worker_thread, plain
--- tables in and out. The NGINX side of it is kms.transport.worker_thread.

-- NGINX requires this module in its event loop, and only then hands the call to a thread. So nothing is required here:
-- libcurl is loaded by the first `send`, where nobody waits for it.

local worker = {}

local MOST = 8 -- transports, and so caches of connections, that one VM keeps

local transports, keys = {}, {} -- by key; and the keys, oldest first

--- The same text for the same options.
local function key_of(options)
  local parts = {}
  for name, value in pairs(options) do
    parts[#parts + 1] = ("%q=%s%q"):format(name, type(value), tostring(value))
  end
  table.sort(parts)
  return table.concat(parts, ",")
end

--- What is wrong, out of one of Lua's argument errors; other errors as they are, on one line.
local function problem_of(message)
  local problem = tostring(message)
  return (problem:match "bad argument #%d+ to '[^']*' %((.*)%)$" or problem):gsub("%s+", " ")
end

--- The VM's transport for these options. Raises what kms.transport.curl raises.
local function transport_for(new, options)
  local key = key_of(options)
  if not transports[key] then
    local made = new(options)
    if #keys == MOST then
      local oldest = table.remove(keys, 1)
      transports[oldest]:close()
      transports[oldest] = nil
    end
    keys[#keys + 1], transports[key] = key, made
  end
  return transports[key]
end

---@class kms.WorkerAnswer one of its fields
---@field response table? as a transport returns it
---@field err table? the fields of a kms.Error; its metatable would not survive the way back
---@field bad_options string? misuse: what is wrong with the options
---@field bad_request string? misuse: what is wrong with the request

--- Sends one request over a connection that this VM keeps. Never raises: NGINX passes on no error but a string.
---@param options table options of kms.transport.curl
---@param request table a request as transports take it
---@return kms.WorkerAnswer
function worker.send(options, request)
  local loaded, curl = pcall(require, "kms.transport.curl")
  if not loaded then
    local message = "kms.transport.curl cannot be loaded: " .. problem_of(curl)
    return { err = { kind = "transport", code = "other", message = message, uncertain = false } }
  end
  local ok, transport = pcall(transport_for, curl.new, options)
  if not ok then return { bad_options = problem_of(transport) } end
  local sent, response, err = pcall(transport.send, transport, request)
  if not sent then return { bad_request = problem_of(response) } end
  return { response = response, err = err }
end

return worker
