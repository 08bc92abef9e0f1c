--- Finds the operations of a provider. A group of operations is loaded when one of them is first looked for.

---@class kms.Operation one entry of a provider's operations; all that is said about it is derived from this table
---@field name string the vendor's operation id in snake_case
---@field official string the vendor's own name
---@field about string one sentence: what the operation does
---@field method string
---@field path string template: each `{name}` is filled from the params, or else from the client's settings
---@field params kms.OperationParam[]
---@field result kms.ResultField[]
---@field read_only boolean? the operation changes nothing, so its outcome is never uncertain
---@field repeatable boolean? repeating it sets the same final state, so it may be repeated after an uncertain failure
---@field fixed table<string, any>? members of the request body that are always the same, by their name on the wire
---@field envelope string? member of the response's object that holds the result
---@field list string? result field that receives a response that is an array, of items or of pages
---@field paging kms.Paging?
---@field auth string? how a request may be authenticated, if the provider knows several ways
---@field permission string? the vendor's name of the permission that a caller needs
---@field notes string[]? what a user should know; begins with "Inferred:" or "Unverified:" if it is that
---@field sources string[] pages, SDKs and specifications that the entry was read from
---@field error_status integer[]? documented HTTP statuses of errors
---@field verification kms.Hint[]? how to find out whether a change was made; the first entry whose `code` matches an
---  error counts
---@field example table? params of a call that the emulator accepts

---@class kms.OperationField a param, a result field, or a field of an object in one of them
---@field name string in snake_case
---@field wire string? name on the wire, if it is another one
---@field type string "string", "integer", "number", "boolean", "time" (Unix time in seconds), "list" or "object";
---  "string|list": a string, or a list of strings; "integer|string": a number, or a word in its place. `rule` is about
---  the string or number, `items` about the list
---@field items kms.OperationField? items of a list; they have no name
---@field fields kms.OperationField[]? fields of an object; without them, an object of the caller's own members
---@field unit "ms"|"s"|nil unit of a time on the wire
---@field secret boolean? its value is in no error, no event of a hook and no text of this library
---@field values string[]? documented values; others are accepted, because vendors add some
---@field about string? a phrase: what the field means

---@class kms.OperationParam : kms.OperationField
---@field required boolean?
---@field place "body"|"query"|nil nil: in the path only. A param of the path may be in the body too
---@field text boolean? a number, boolean or time that is a JSON string in the body; in a query all values are text
---@field json boolean? an object that is sent as a string of JSON
---@field is_key boolean? names the key concerned; errors show it
---@field rule kms.Rule? of a value whose form cannot change
---@field min number? smallest number
---@field max number? largest number
---@field default any what the cloud takes in place of a missing value; it is documented and never sent

---@class kms.ResultField : kms.OperationField
---@field required boolean? without it, the response is a protocol error
---@field is_echo boolean? must be the value of the param with this name, or it is the response to another request
---@field is_case_insensitive boolean? an echo that differs in the case of ASCII letters only is the same value
---@field also string[]? other names on the wire
---@field text boolean? documented as a number, boolean or time in a JSON string; either form is accepted anyway

---@class kms.Paging how to get all pages
---@field items string result field with the list
---@field param string that selects the page
---@field next string? result field with the value of `param` for the next page; "page_info.next_marker" is in an object
---@field more string? result field that is false on the last page
---@field limit string? param with the number of items per page; without `next` and `pages`, `param` counts items
---@field total string? result field with the number of all items
---@field first integer? number of the first page, if `param` is a page number
---@field pages string? result field with the number of pages

local catalog = {}

---@class kms.OperationGroup operations that one module describes
---@field module string that returns the list of their entries
---@field names string the names of the operations, separated by spaces

---@class kms.Catalog
---@field groups kms.OperationGroup[]
---@field lists table<integer, kms.Operation[]> the entries of the groups that are loaded
---@field by_name table<string, kms.Operation>
local Catalog = {}
Catalog.__index = Catalog

--- Loads a group, unless it is loaded.
local function load_group(self, index)
  if self.lists[index] then return end
  local list = require(self.groups[index].module)
  for _, entry in ipairs(list) do self.by_name[entry.name] = entry end
  self.lists[index] = list
end

--- Loads all groups. In NGINX that happens at once, because loading in a handler would block the worker.
function Catalog:load_all()
  for index in ipairs(self.groups) do load_group(self, index) end
end

--- Finds an entry. Loads the group that has it.
---@param name any
---@return kms.Operation?
function Catalog:find(name)
  if type(name) ~= "string" or self.by_name[name] then return self.by_name[name] end
  local word = " " .. name .. " "
  for index, group in ipairs(self.groups) do
    if (" " .. group.names .. " "):find(word, 1, true) then load_group(self, index) end
  end
  return self.by_name[name]
end

--- Iterates over all entries in the order of the groups.
---@return fun(): kms.Operation?
function Catalog:each()
  self:load_all()
  local group, index = 1, 0
  return function()
    local list = self.lists[group]
    index = index + 1
    while list and not list[index] do
      group, index = group + 1, 1
      list = self.lists[group]
    end
    return list and list[index]
  end
end

---@param groups kms.OperationGroup[]
---@return kms.Catalog
function catalog.new(groups)
  local self = setmetatable({ groups = groups, lists = {}, by_name = {} }, Catalog)
  if rawget(_G, "ngx") then self:load_all() end
  return self
end

local CATALOGS = setmetatable({}, { __mode = "k", __index = function(catalogs, provider)
  local instance = catalog.new(provider.operations)
  catalogs[provider] = instance
  return instance
end })

--- Returns the catalog of a provider, always the same one.
---@param provider kms.Provider
---@return kms.Catalog
function catalog.of(provider)
  return CATALOGS[provider]
end

return catalog
