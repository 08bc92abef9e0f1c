--- `kms doctor`: checks settings, endpoint, credentials, clock and permissions with one read, and says what is wrong.

local access_key = require "kms.cli.access_key"
local client = require "kms.cli.client"
local describe = require("kms.cli.context").describe
local exit_status = require "kms.cli.exit_status"
local json = require "kms.cli.json"
local kms = require "kms"
local layout = require "kms.cli.layout"
local options = require "kms.cli.options"
local terminal = require "kms.cli.terminal"
local time = require "kms.util.time"
local tls = require "kms.cli.tls"

local CLOUDS = { "huawei", "ncloud" }
local TITLES = { huawei = "Huawei Cloud KMS", ncloud = "NAVER Cloud KMS" }

-- Members of a cloud as JSON, in this order.
local OBJECT = json.ordered "cloud is_configured is_well checks error"
OBJECT.fields[4].type, OBJECT.fields[4].items = "list", json.ordered "name value note"

-- The harmless read of each cloud.
local READS = { huawei = { limit = 1 }, ncloud = { page_size = 1 } }

---@class kms.cli.Diagnosis
---@field cloud "huawei"|"ncloud"
---@field options table of the command line
---@field asked { name: string, code: string? }[] credential providers, in order
---@field access_key string? masked
---@field host string?
---@field offset number? seconds by which the server is ahead
---@field duration number? of the last request

--- Wraps a credential provider so that the diagnosis learns its outcome.
local function observe(self, name, provider)
  return { name = name, get = function(_, context)
    local credentials, err = provider:get(context)
    self.asked[#self.asked + 1] = { name = name, code = err and err.code }
    local key = credentials and credentials.access_key
    if credentials then self.access_key = key and access_key.mask(key) or "a token" end
    return credentials, err
  end }
end

local function create_credentials(self)
  local chosen = client.select_credentials(self.options)
  if chosen then return observe(self, self.options.profile and "file" or self.options.credentials, chosen) end
  return kms.credentials.chain {
    observe(self, "environment", kms.credentials.environment()),
    observe(self, "file", kms.credentials.file()),
  }
end

--- Creates a transport that measures the clock of the server and the time of requests to the cloud.
local function create_transport(self)
  local inner = require("kms.transport.curl").new(client.transport_options(self.options))
  return {
    send = function(_, request)
      local began, began_at = inner:clock(), inner:now()
      local response, err = inner:send(request)
      if response and request.host == self.host then
        self.duration = inner:clock() - began
        local date = response.headers.date and time.parse_http_date(response.headers.date)
        -- The header has whole seconds.
        if date then self.offset = date - math.floor((began_at + inner:now()) / 2) end
      end
      return response, err
    end,
    sleep = function(_, seconds) inner:sleep(seconds) end,
    clock = function() return inner:clock() end,
    now = function() return inner:now() end,
    close = function() inner:close() end,
  }
end

local function find_origin(option, variable)
  if option then return "command line" end
  return os.getenv(variable) and variable or "default"
end

local function add_place(self, rows, target)
  local parsed = self.options
  if self.cloud == "huawei" then
    local unknown = target.region and client.describe_unknown_region(target.region)
    rows[#rows + 1] = { "region", target.region or "none", find_origin(parsed.region, "HUAWEICLOUD_SDK_REGION")
      .. (unknown and "; " .. unknown or "") }
    local project = target.project_id or "looked up"
    rows[#rows + 1] = { "project", project, target.project_id
      and find_origin(parsed.project_id, "HUAWEICLOUD_SDK_PROJECT_ID") or "by the name of the region" }
  else
    rows[#rows + 1] = { "zone", parsed.zone or "global", parsed.zone and "command line" or "default" }
  end
end

--- Names what sets the endpoint.
local function find_endpoint_origin(self, target)
  if self.options.endpoint then return "command line" end
  local variable = self.cloud == "ncloud" and "NCLOUD_KMS_ENDPOINT"
    or "HUAWEICLOUD_SDK_REGION_KMS_" .. (target.region or ""):upper():gsub("-", "_")
  local is_set = os.getenv(variable) and not self.options.zone
  return is_set and variable or "built in"
end

-- What is wrong with an endpoint that gives no response, by the code of the transport.
local LOST_TEXTS = { dns = "the name has no address", tls = "no trusted TLS connection" }

local function describe_endpoint(self, target, err)
  local origin = find_endpoint_origin(self, target)
  if self.duration then
    return ("%s; responded in %.2f s"):format(origin, self.duration)
  end
  return origin .. "; " .. (err and err.kind == "transport" and (LOST_TEXTS[err.code] or "does not respond")
    or "not called")
end

--- Adds what the connection is protected by. A response proves the certificate; the program openssl tells the rest.
local function add_tls(self, rows, target)
  if not self.duration then return end
  local version, expires = tls.ask(target.host, client.transport_options(self.options))
  rows[#rows + 1] = { "tls", version or "TLS 1.2 or newer",
    "certificate verified" .. (expires and ", valid until " .. expires or "") }
end

local function describe_asked(self)
  local words = {}
  for _, asked in ipairs(self.asked) do
    if asked.code then words[#words + 1] = ("%s: %s"):format(asked.name, asked.code) end
  end
  return table.concat(words, "; ")
end

local function describe_credentials(self)
  local last = self.asked[#self.asked]
  if not self.access_key then return "none", describe_asked(self) end
  local rest = describe_asked(self)
  return last.name, "access key " .. self.access_key .. (rest ~= "" and "; " .. rest or "")
end

--- Describes the difference of the clocks. A second is within the precision of the header.
local function describe_clock(self, tolerance)
  if not self.offset then return "unknown", "no response to compare with" end
  local seconds = math.floor(math.abs(self.offset) + 0.5)
  local limit = ("at most %d s"):format(tolerance)
  if seconds <= 1 then return "as the server's", "ok (" .. limit .. ")" end
  return ("%d s %s the server"):format(seconds, self.offset > 0 and "behind" or "ahead of"),
    (seconds <= tolerance and "ok (%s)" or "WRONG (%s): set this machine's clock"):format(limit)
end

local function describe_permission(entry, result, err)
  local name = entry.permission or entry.name:gsub("_", "-")
  if result then return name .. " allowed", "one read, nothing changed" end
  if err.kind == "service" then return name .. " refused", tostring(err.code) end
  return "unknown", "no response to the read"
end

local function add_proxy(self, rows)
  local settings = client.transport_options(self.options)
  local proxy = settings.proxy and settings.proxy:gsub("//[^/@]*@", "//...@")
  rows[#rows + 1] = { "proxy", proxy or "none", settings.no_proxy and "except " .. settings.no_proxy or "" }
  local is_handled = terminal.has_signals()
  rows[#rows + 1] = { "signals", is_handled and "end a run in order" or "end a run at once",
    is_handled and "Ctrl-C, SIGTERM and SIGHUP" or "install lua-luv, so that Ctrl-C ends a run in order" }
end

--- Diagnoses a cloud.
---@return table[] rows
---@return kms.Error? err
---@return kms.cli.Diagnosis
local function diagnose(cloud, context)
  local self = { cloud = cloud, options = context.options, asked = {} }
  local instance = context:client(cloud, { credentials = create_credentials(self), transport = create_transport(self) })
  local target, err = instance:target()
  local rows = {}
  if not target then return rows, err, self end
  self.host = target.host
  local entry = instance:operation "list_keys"
  local result
  result, err = instance:list_keys(READS[cloud])
  add_place(self, rows, target)
  rows[#rows + 1] = { "endpoint", target.host, describe_endpoint(self, target, err) }
  add_tls(self, rows, target)
  local name, note = describe_credentials(self)
  rows[#rows + 1] = { "credentials", name, note }
  name, note = describe_clock(self, instance.provider.clock_tolerance)
  rows[#rows + 1] = { "clock", name, note }
  name, note = describe_permission(entry, result, err)
  rows[#rows + 1] = { "permission", name, note }
  add_proxy(self, rows)
  instance:close()
  return rows, err, self
end

--- Converts the rows of a cloud to an object for JSON.
local function to_object(cloud, rows, err, is_skipped)
  local checks = {}
  for i, row in ipairs(rows) do checks[i] = { name = row[1], value = row[2], note = row[3] ~= "" and row[3] or nil } end
  return { cloud = cloud, is_configured = not is_skipped, is_well = err == nil, checks = checks,
    error = err and { kind = err.kind, code = err.code, message = err.message, hint = err.hint } }
end

local function print_rows(context, cloud, rows, err)
  context.out:write(TITLES[cloud], "\n", layout.grid(rows, context.style.width))
  if not err then context.out:write(context.style:paint("done", "All is well."), "\n") end
  context.out:flush()
end

local function has_no_credentials(self, err)
  return err ~= nil and err.kind == "credentials" and err.code == "missing" and not self.access_key
end

--- Prints the diagnosis of a cloud that is not configured.
local function print_skipped(context, cloud, err)
  local line, width = "not configured: " .. describe(err), context.style.width
  context.out:write(TITLES[cloud], "\n", table.concat(layout.wrap(line, width or #line), "\n"), "\n")
end

local function run(parsed, context)
  local only, status, skipped, objects = parsed.cloud, exit_status.DONE, 0, {}
  local is_json = parsed.json or parsed.jsonl
  for i, cloud in ipairs(only and { only } or CLOUDS) do
    local rows, err, self = diagnose(cloud, context)
    -- Most people use one cloud.
    local is_skipped = not only and (has_no_credentials(self, err) or err and not rows[1])
    objects[i] = to_object(cloud, rows, err, is_skipped)
    if parsed.jsonl then context.out:write(json.line(objects[i], OBJECT)) end
    if i > 1 and not is_json then context.out:write "\n" end
    if is_skipped then skipped = skipped + 1 end
    if not is_json then
      local print_cloud = is_skipped and print_skipped or print_rows
      print_cloud(context, cloud, is_skipped and err or rows, err)
    end
    if err and not is_skipped then status = exit_status.choose(status, context:fail(err)) end
  end
  if parsed.json then context.out:write(json.document(objects, { type = "list", items = OBJECT })) end
  if skipped == #CLOUDS then return exit_status.CREDENTIALS end
  return status
end

local PLACE = { title = "Place" }
for _, cloud in ipairs(CLOUDS) do
  for _, option in ipairs(options.connection(cloud)) do
    local is_shared = option.name ~= "--region" and option.name ~= "--project-id" and option.name ~= "--zone"
    if not is_shared then PLACE[#PLACE + 1] = option end
  end
end
local CONNECTION = { title = "Connection" }
for _, option in ipairs(options.connection "ncloud") do
  if option.name ~= "--zone" then CONNECTION[#CONNECTION + 1] = option end
end

---@type kms.cli.Command
return {
  name = "doctor",
  group = "Help",
  about = "check settings, credentials, clock and endpoint without changing anything",
  description = "Checks settings, endpoint, TLS, credentials, clock and proxy of one cloud or of both. It makes "
    .. "one call, which lists one key, so of all permissions it checks the one to list keys only. "
    .. "Nothing is changed. The TLS version and the end of the certificate are asked with "
    .. "the program openssl, if there is one.",
  arguments = { { name = "CLOUD", about = "huawei or ncloud; default: both", count = "?", choices = CLOUDS } },
  options = { PLACE, options.OUTPUT, CONNECTION, options.MESSAGES },
  examples = {
    { "kms doctor huawei" },
    { "kms doctor huawei --region cn-east-3", "another region" },
  },
  run = run,
}
