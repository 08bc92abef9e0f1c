--- Lends the tables of a request to one attempt at a time, because new ones would be a quarter of a call's garbage.

local insert, next, remove = table.insert, next, table.remove

local request_pool = {}

local MAX_IDLE = 64 -- requests

---@class kms.LentRequest
---@field request table
---@field signed { [1]: string, [2]: string }[] the headers that authenticate the request, with room for some more
---@field headers { [1]: string, [2]: string }[]? the headers that are sent
---@field count integer how many of `signed` are in `headers`

-- The requests that nothing uses, by the list of headers that they have in common with all requests of a client.
---@type table<table, kms.LentRequest[]>
local idle = setmetatable({}, { __mode = "k", __index = function(lists, common)
  lists[common] = {}
  return lists[common]
end })

--- Returns a request that nothing else uses. `table.remove` takes it in one step, because a debug hook may suspend the
--- coroutine between two steps.
---@param common { [1]: string, [2]: string }[] headers of all requests of a client
---@return kms.LentRequest
function request_pool.take(common)
  return remove(idle[common]) or {
    request = {
      method = nil, scheme = nil, host = nil, target = nil, headers = nil, body = nil, idempotent = nil, timeout = nil,
    },
    signed = {}, headers = nil, count = 0,
  }
end

local function new_list(common, signed, count)
  local headers = {}
  for i = 1, #common do headers[i] = common[i] end
  for i = 1, count do headers[#headers + 1] = signed[i] end
  return headers
end

--- Stores the headers of a signature that follow `name` as pairs. This is not a loop, because LuaJIT would try again
--- and again to compile a loop that has two or three steps.
---@return integer count
local function store_pairs(signed, count, signature, name)
  local value
  name, value = next(signature, name)
  if name == nil then return count end
  count = count + 1
  local pair = signed[count]
  if pair then pair[1], pair[2] = name, value else signed[count] = { name, value } end
  return store_pairs(signed, count, signature, name)
end

--- Lists the headers of a request: the common ones, and those that authenticate it.
---@param lent kms.LentRequest
---@param common { [1]: string, [2]: string }[] as for `take`
---@param signature table<string, string>
---@return { [1]: string, [2]: string }[]
function request_pool.list_headers(lent, common, signature)
  local signed = lent.signed
  local count = store_pairs(signed, 0, signature)
  if not lent.headers or lent.count ~= count then
    lent.headers, lent.count = new_list(common, signed, count), count
  end
  return lent.headers
end

--- Takes a request back, and forgets what may be secret. Only for one that nothing refers to any more.
---@param lent kms.LentRequest
---@param common { [1]: string, [2]: string }[] as for `take`
function request_pool.give_back(lent, common)
  local signed, list = lent.signed, idle[common]
  for i = 1, #signed do signed[i][2] = "" end
  lent.request.body = nil
  if #list < MAX_IDLE then insert(list, lent) end
end

return request_pool
