--- Values of requests and responses of NAVER Cloud KMS, in the forms that its pages document.

local json = require "kms.emulator.json"
local http = require "kms.emulator.http"

local wire = {}

--- Formats a time as a number of milliseconds.
---@param seconds number? Unix time
---@return number
function wire.format_time(seconds)
  return seconds and math.floor(seconds * 1000 + 0.5) or json.null
end

-- Documented: "Get Key List", response. REVOKE: the deletion is planned.
local STATUS = { enabled = "ENABLE", disabled = "DISABLE", pending_deletion = "REVOKE" }

--- Formats the state of a key or of a version.
---@param name string
---@return string
function wire.format_status(name) return STATUS[name] end

--- Formats the global name of a key. Invented: its form.
---@param key kms.EmulatorNcloudKey
---@return string
function wire.format_nrn(key) return ("nrn:PUB:KMS::%s:Key/%s"):format(key.owner, key.key_tag) end

--- Returns whether a value is a whole number in a range. A number may be text.
---@param value any
---@param min integer
---@param max integer
---@return boolean
function wire.is_whole(value, min, max)
  local number = type(value) == "string" and value:find "^%d+$" and tonumber(value) or value
  return type(number) == "number" and number % 1 == 0 and number >= min and number <= max
end

--- Reads the page that a request asks for. Documented: "Get Key List", query.
---@param call kms.EmulatorCall
---@return { number: integer, size: integer }? page nil when the query is wrong
function wire.read_page(call)
  local number = http.get_query_parameter(call.request, "pageNo") or "1"
  local size = http.get_query_parameter(call.request, "pageSize") or "100"
  if not (wire.is_whole(number, 1, 2 ^ 31 - 1) and wire.is_whole(size, 1, 200)) then return nil end
  return { number = tonumber(number), size = tonumber(size) }
end

--- Takes a page out of a list.
---@param items any[]
---@param page { number: integer, size: integer }
---@param format fun(item: any): table
---@return any[] array the formatted items of the page
---@return table[] totals members of the response
function wire.format_page(items, page, format)
  local array, first = {}, (page.number - 1) * page.size
  for i = first + 1, math.min(first + page.size, #items) do array[#array + 1] = format(items[i]) end
  return json.array(array), {
    { "currentPageNo", page.number },
    { "totalPageNo", math.ceil(#items / page.size) },
    { "totalCount", #items },
  }
end

return wire
