--- Prints the request of an operation as it would be sent, with its secrets masked. Sends nothing.

local exit_status = require "kms.cli.exit_status"
local json = require "kms.cli.json"
local param_search = require "kms.call.param_search"
local redact = require "kms.util.redact"

local dry_run = {}

-- Stand in for credentials that are not in the environment or a file, and for a project that has to be looked up.
local PLACEHOLDER = "PLACEHOLDER"
local PROJECT = ("0"):rep(32)

local MIN_SHOWN = 13 -- characters of an access key from which both ends are shown

-- Headers whose value is a secret, or contains one.
local SECRET_HEADERS = { ["x-auth-token"] = true, ["x-security-token"] = true, ["x-ncp-ocapi-token"] = true,
  ["x-ncp-apigw-signature-v2"] = true }

--- Creates a transport that keeps requests and sends none.
local function new_recorder()
  local recorder = { requests = {} }
  function recorder.send(_, request)
    recorder.requests[#recorder.requests + 1] = request
    return nil, { kind = "transport", code = "aborted", message = "dry run: nothing is sent", uncertain = false }
  end
  return recorder
end

--- Shows the ends of an access key.
---@param key string
---@return string
function dry_run.mask_key(key)
  if key == PLACEHOLDER then return key end
  return #key >= MIN_SHOWN and key:sub(1, 4) .. "..." .. key:sub(-4) or key:sub(1, 2) .. "..."
end

local function mask_header(name, value)
  name = name:lower()
  if SECRET_HEADERS[name] then return "[secret]" end
  if name == "x-ncp-iam-access-key" then return dry_run.mask_key(value) end
  if name ~= "authorization" then return value end
  return (value:gsub("Signature=%x+", "Signature=[secret]"):gsub("Access=([^,%s]+)", function(key)
    return "Access=" .. dry_run.mask_key(key)
  end))
end

--- Sorts headers by their names, because those of a signature are in no order.
local function sort_headers(headers)
  local sorted = {}
  for i, header in ipairs(headers) do sorted[i] = header end
  table.sort(sorted, function(a, b) return a[1]:lower() < b[1]:lower() end)
  return sorted
end

--- Formats a request as it is on the wire.
---@param request table of a transport
---@param secrets string[]
---@return string
function dry_run.format(request, secrets)
  local lines = { ("%s %s HTTP/1.1"):format(request.method, redact.text(request.target, secrets)),
    "Host: " .. request.host }
  for _, header in ipairs(sort_headers(request.headers)) do
    lines[#lines + 1] = ("%s: %s"):format(header[1], mask_header(header[1], header[2]))
  end
  if request.body and request.body ~= "" then
    lines[#lines + 1] = ""
    lines[#lines + 1] = redact.text(request.body, secrets, #request.body)
  end
  return table.concat(lines, "\n") .. "\n"
end

-- Members of a request as JSON, in this order.
local REQUEST = json.ordered "method host target headers body"

-- Nothing is attempted, so there is nothing to log.
local function ignore_attempt() end

--- Makes the call with a transport that records. Returns the request to the cloud's KMS, if there is one.
local function record(client, entry, params, changes)
  local recorder = new_recorder()
  local settings = { transport = recorder, retry = false, lock_guard = false, on_attempt = ignore_attempt }
  for name, value in pairs(changes) do settings[name] = value end
  local recording = client:with(settings)
  local _, err = recording[entry.name](recording, params)
  local target = recording:target()
  for _, request in ipairs(recorder.requests) do
    if target and request.host == target.host then return request end
  end
  return nil, err, recorder.requests[1]
end

--- Returns whether a request looks a project up. Then the credentials are known.
local function is_project_lookup(request)
  return request ~= nil and request.target:find "^/v3/projects" ~= nil
end

--- Describes what the request needs first.
---@param client kms.Huawei|kms.Ncloud
---@param earlier table? the request that would be sent before
---@return string
local function describe_missing(client, earlier)
  if not earlier then return "there are no usable credentials" end
  if not is_project_lookup(earlier) then return "credentials are asked for when the run begins" end
  return ("the project of region %s is looked up when the run begins"):format(client:target().region)
end

--- Records the first request of a call: that to the cloud's KMS, or one that it needs before.
---@param client kms.Huawei|kms.Ncloud
---@param entry kms.Operation
---@param params table that were validated
---@return table? request of a transport
function dry_run.record_first(client, entry, params)
  local request, _, earlier = record(client, entry, params, {})
  return earlier or request
end

--- Converts a request to an object for JSON.
---@param request table of a transport
---@param secrets string[]
---@return table
local function to_object(request, secrets)
  local headers = {}
  for _, header in ipairs(request.headers) do headers[header[1]] = mask_header(header[1], header[2]) end
  local has_body = request.body and request.body ~= ""
  return { method = request.method, host = request.host, target = redact.text(request.target, secrets),
    headers = headers, body = has_body and redact.text(request.body, secrets, #request.body) or nil }
end

--- Builds the request of a call.
---@param client kms.Huawei|kms.Ncloud
---@param entry kms.Operation
---@param params table that were validated
---@param context kms.cli.Context
---@return { text: string, object: table, field: table }? request as text and for JSON
---@return integer? exit_status
function dry_run.build(client, entry, params, context)
  local request, err, earlier = record(client, entry, params, {})
  if not request and (earlier or err.kind == "credentials") then
    context:note("Dry run: %s; placeholders stand in.", describe_missing(client, earlier))
    local changes = {}
    if not is_project_lookup(earlier) then
      changes.credentials = { access_key = PLACEHOLDER, secret_key = PLACEHOLDER }
    end
    local project_id = context.options.project_id
    local is_looked_up = project_id == nil or project_id == "auto"
    if is_looked_up and client.provider.name == "huawei" then changes.project_id = PROJECT end
    request, err = record(client, entry, params, changes)
  end
  if not request then return nil, context:fail(err) end
  local secrets = param_search.collect_secrets(entry, params)
  return { text = dry_run.format(request, secrets), object = to_object(request, secrets), field = REQUEST }
end

--- Prints the request of a call, and that it is not sent.
---@param client kms.Huawei|kms.Ncloud
---@param entry kms.Operation
---@param params table that were validated
---@param context kms.cli.Context
---@return integer exit_status
function dry_run.print(client, entry, params, context)
  local request, status = dry_run.build(client, entry, params, context)
  if not request then return status end
  if context.options.json then
    context.out:write(json.document(request.object, request.field))
  else
    context.out:write(context.options.jsonl and json.line(request.object, request.field) or request.text)
  end
  context:note "Dry run: nothing was sent."
  return exit_status.DONE
end

return dry_run
