--- A call that needs credentials, for the specs of credential providers.

local Context = require "kms.call.context"
local Error = require "kms.error"
local files = require "spec.helpers.files"
local no_secrets = require "spec.helpers.no_secrets"
local subprocess = require "spec.helpers.subprocess"

local provider_call = {}

--- Creates the context that a client would create for one call.
---@param cloud string "huawei" or "ncloud"
---@param transport table
---@param options { timeout: number?, region: string?, client: table? }?
function provider_call.new_context(cloud, transport, options)
  local region = options and options.region or cloud == "huawei" and "cn-north-4" or nil
  local context = setmetatable({ transport = transport, region = region }, Context.new_class(require("kms." .. cloud)))
  context.client = options and options.client
  context:start(options and options.timeout or 30)
  return context
end

--- Creates the error of a transport for a request that may have arrived.
---@param code string
---@param message string
---@return kms.Error
function provider_call.new_transport_error(code, message)
  return Error.new { kind = "transport", code = code, message = message, uncertain = true }
end

--- Asserts that the two values of a provider are a failure with this code, and that no text in it contains a secret.
---@param code string
---@param secrets string[]
---@param credentials any
---@param err any
---@return kms.Error err
function provider_call.assert_failure(code, secrets, credentials, err)
  assert(credentials == nil, "the provider returned credentials")
  assert(Error.is(err), "not a kms.Error: " .. tostring(err))
  assert(err.kind == "credentials" and err.code == code, tostring(err))
  assert(#err.tried > 0, "the error lists no provider")
  for _, entry in ipairs(err.tried) do
    assert(type(entry.name) == "string" and type(entry.reason) == "string" and type(entry.code) == "string",
      "malformed entry in tried")
  end
  local texts = no_secrets.list_texts(err)
  if err.cause then texts[#texts + 1] = tostring(err.cause) end
  for _, text in ipairs(texts) do
    assert(not text:find "[\r\n]", "more than one line: " .. text)
    for _, secret in ipairs(secrets) do assert(not text:find(secret, 1, true), "a secret in: " .. text) end
  end
  return err
end

--- Gets the credentials of a provider in a process with other variables.
---@param constructor string of kms.credentials, without arguments
---@param cloud string
---@param variables table<string, string>
---@return string text what the provider returned: the credentials and the warning, or the error and the providers tried
function provider_call.get_in_process(constructor, cloud, variables)
  return (subprocess.run(([[
    local provider_call, fake_transport = require "spec.helpers.provider_call", require "spec.helpers.fake_transport"
    local context = provider_call.new_context("%s", fake_transport.new {})
    local credentials, err = require("kms.credentials").%s():get(context)
    if credentials then
      print(credentials.access_key, credentials.secret_key, credentials.security_token, credentials.warning)
    else
      print(err.kind, err.code, err.message)
      for _, entry in ipairs(err.tried) do print(entry.name, entry.code) end
    end
  ]]):format(cloud, constructor), variables):gsub("\n$", ""))
end

local paths = {}

--- Writes a temporary file.
---@return string path
function provider_call.write_file(text)
  local path = os.tmpname()
  files.write(path, text)
  paths[#paths + 1] = path
  return path
end

--- Removes the temporary files.
function provider_call.remove_files()
  while paths[1] do os.remove(table.remove(paths)) end
end

--- Runs functions as coroutines in turn, each until it yields.
function provider_call.run_concurrently(functions)
  local running = {}
  for i, run in ipairs(functions) do running[i] = coroutine.create(run) end
  local turns = 0
  while #running > 0 do
    turns = turns + 1
    assert(turns < 100000, "the functions do not end")
    for i = #running, 1, -1 do
      assert(coroutine.resume(running[i]))
      if coroutine.status(running[i]) == "dead" then table.remove(running, i) end
    end
  end
end

return provider_call
