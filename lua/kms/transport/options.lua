--- The options of transports: checks them by rules, and adds the defaults.

local options = {}

---@class kms.transport.OptionRule
---@field test fun(value): any whether the value is valid
---@field rule string what is expected: "must be …"
---@field default any?

local function is_text(value)
  return type(value) == "string" and value ~= "" and not value:find("\0", 1, true)
end

local function is_seconds(value)
  return type(value) == "number" and value >= 0 and value <= 1e6
end

local function is_timeout(value)
  return is_seconds(value) and value >= 1e-9
end

--- Returns whether a value is a whole number from 1 that fits in 31 bits.
function options.is_count(value)
  return type(value) == "number" and value >= 1 and value < 2 ^ 31 and value % 1 == 0
end

local TEXT = { test = is_text, rule = "must be a non-empty string without NUL" }
local TIMEOUT_RULE = "must be a number of seconds above 0, at most 1000000"

--- The rules that all transports share.
---@type table<string, kms.transport.OptionRule>
options.COMMON = {
  client_cert = TEXT, client_key = TEXT, client_key_password = TEXT,
  connect_timeout = { default = 10, test = is_timeout, rule = TIMEOUT_RULE },
  timeout = { test = is_timeout, rule = TIMEOUT_RULE },
  keepalive = { default = 60, test = is_seconds, rule = "must be a number of seconds, 0 to 1000000" },
  max_response = {
    default = 2 ^ 20, test = options.is_count, rule = "must be a whole number of bytes, 1 to 2147483647",
  },
}

--- Adds the common rules to those of one transport.
---@param rules table<string, kms.transport.OptionRule>
---@return table<string, kms.transport.OptionRule> rules
function options.extend(rules)
  for name, rule in pairs(options.COMMON) do rules[name] = rule end
  return rules
end

local CURL = options.extend { ca_file = TEXT, ca_path = TEXT, proxy = TEXT, no_proxy = TEXT }

--- Checks options, and copies them together with the defaults. Reads without metamethods.
---@param rules table<string, kms.transport.OptionRule>
---@param values table
---@return table? settings
---@return string? problem an argument error
function options.parse(rules, values)
  local settings = {}
  for name, rule in next, rules do settings[name] = rule.default end
  for name, value in next, values do
    if type(name) ~= "string" then return nil, ("option names must be strings, got a %s"):format(type(name)) end
    local rule = rules[name]
    if not rule then return nil, ("unknown option '%s'"):format(name) end
    if not rule.test(value) then return nil, ("option '%s' %s"):format(name, rule.rule) end
    settings[name] = value
  end
  return settings
end

--- Checks the options of kms.transport.curl; called by its constructor.
---@param values table?
---@return table? settings
---@return string? problem
function options.parse_curl(values)
  return options.parse(CURL, values or {})
end

return options
