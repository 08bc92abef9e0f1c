--- Checks that an error contains no secret: neither whole nor a piece of it, in any form that a text may have.

local iterate = require "kms.util.iterate"

local no_secrets = {}

local MIN_PIECE = 12 -- bytes of a secret in a row that cannot be a coincidence

local function percent_encode(c) return ("%%%02X"):format(c:byte()) end
local function hex_encode(c) return ("%02x"):format(c:byte()) end

-- The forms of a secret in a text.
local FORMS = {
  function(secret) return secret end,
  function(secret) return secret:gsub("[^A-Za-z0-9._~-]", percent_encode) end,
  function(secret) return secret:gsub("/", "\\/") end,
  function(secret) return secret:gsub(".", hex_encode) end,
  function(secret) return secret:reverse() end,
}

local function collect_strings(value, list, seen)
  if type(value) == "string" then list[#list + 1] = value end
  if type(value) ~= "table" or seen[value] then return list end
  seen[value] = true
  for name, member in iterate.members(value) do
    collect_strings(name, list, seen)
    collect_strings(member, list, seen)
  end
  return list
end

local function contains_piece(text, secret)
  if #secret <= MIN_PIECE then return text:find(secret, 1, true) ~= nil end
  for first = 1, #secret - MIN_PIECE + 1 do
    if text:find(secret:sub(first, first + MIN_PIECE - 1), 1, true) then return true end
  end
  return false
end

--- Lists all texts of an error, at every depth.
---@param err any
---@return string[]
function no_secrets.list_texts(err)
  return collect_strings(err, { tostring(err) }, {})
end

--- Finds a text of an error that contains a piece of a secret.
---@param err any an error, or another value that a call returned
---@param secrets string[]
---@return string? text
function no_secrets.find(err, secrets)
  for _, text in ipairs(no_secrets.list_texts(err)) do
    for _, secret in ipairs(secrets) do
      for _, form in ipairs(FORMS) do
        if contains_piece(text, (form(secret))) then return text end
      end
    end
  end
end

--- Raises if an error contains a piece of a secret.
---@param err any
---@param secrets string[]
function no_secrets.check(err, secrets)
  local text = no_secrets.find(err, secrets)
  if text then error("a secret in: " .. text, 2) end
end

return no_secrets
