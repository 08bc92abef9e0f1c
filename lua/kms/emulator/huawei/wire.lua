--- Reads members of requests and writes values of responses as Huawei Cloud KMS documents them.

local json = require "kms.emulator.json"
local token_issuer = require "kms.emulator.token_issuer"

local wire = {}

--- Returns whether a value is an id. Documented: "Changing the Primary Region for a Key", path parameters.
---@param value any
---@return boolean
function wire.is_id(value)
  if type(value) ~= "string" or #value ~= 36 then return false end
  local a, b, c, d, e = value:match "^([0-9a-z]+)%-([0-9a-z]+)%-([0-9a-z]+)%-([0-9a-z]+)%-([0-9a-z]+)$"
  return a ~= nil and #a == 8 and #b == 4 and #c == 4 and #d == 4 and #e == 12
end

--- Returns whether a value is a name for a key, a key store and so on. Documented: "Creating a Key".
---@param value any
---@return boolean
function wire.is_name(value)
  return type(value) == "string" and #value <= 255 and value:find "^[0-9A-Za-z:/_-]+$" ~= nil
end

--- Reads a whole number. Documented as text; the vendor's Terraform provider sends numbers, and it works (seen).
---@param value any
---@return integer? number nil when the value is something else
function wire.read_number(value)
  if type(value) == "string" and value:find "^%d+$" and #value <= 10 then return tonumber(value) end
  if type(value) == "number" and value >= 0 and value % 1 == 0 then return value end
end

--- Returns a page of a list by the members `limit` and `marker`, or `limit` and `offset`. Both may be empty (published
--- for Open Telekom Cloud: a sample). A marker is the number of items before the page (inferred; it is a number).
---@param list any[]
---@param params { limit: any, start: any } as received
---@param rules { default: integer, max: integer, start_code: string }
---@return any[]? items
---@return string? next_marker "" on the last page; an error code when there are no items
function wire.take_page(list, params, rules)
  local limit, start = rules.default, 0
  if params.limit ~= nil and params.limit ~= "" then limit = wire.read_number(params.limit) end
  if not limit or limit < 1 or limit > rules.max then return nil, "KMS.1601" end
  if params.start ~= nil and params.start ~= "" then start = wire.read_number(params.start) end
  if not start then return nil, rules.start_code end
  local items = {}
  for i = start + 1, math.min(start + limit, #list) do items[#items + 1] = list[i] end
  local stop = start + #items
  return items, stop < #list and ("%d"):format(stop) or ""
end

--- Encodes a list.
---@generic T
---@param list T[]
---@param encode fun(item: T): any
---@return table
function wire.encode_list(list, encode)
  local items = {}
  for i, item in ipairs(list) do items[i] = encode(item) end
  return json.array(items)
end

--- Encodes a time as milliseconds in text. Documented: samples of KeyDetails. Nothing for no time.
---@param time number?
---@return string
function wire.encode_time(time) return time and ("%.0f"):format(math.floor(time * 1000)) or "" end

--- Encodes a boolean as text.
---@param value any
---@return string "true" or "false"
function wire.encode_flag(value) return value and "true" or "false" end

--- Returns the id of an account's domain: the same as IAM's.
---@param account table
---@return string
function wire.get_domain_id(account)
  return token_issuer.derive_id("domain", account.user and account.user.domain or account.owner)
end

--- Returns the id of an account's user: the same as IAM's when the account has a user there.
---@param account table
---@return string
function wire.get_user_id(account)
  return token_issuer.derive_id("user", account.user and account.user.name or account.access_key)
end

return wire
