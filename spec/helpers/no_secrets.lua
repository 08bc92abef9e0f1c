--- That an error tells no secret: neither whole nor in pieces, in whatever form a text may carry it.

local no_secrets = {}

local PIECE = 12 -- bytes of a secret in a row that are no accident any more

local function percent(c) return ("%%%02X"):format(c:byte()) end
local function hex(c) return ("%02x"):format(c:byte()) end

-- How a text may write a secret.
local FORMS = {
  function(secret) return secret end,
  function(secret) return secret:gsub("[^A-Za-z0-9._~-]", percent) end,
  function(secret) return secret:gsub("/", "\\/") end,
  function(secret) return secret:gsub(".", hex) end,
  function(secret) return secret:reverse() end,
}

local function texts_of(value, list, seen)
  if type(value) == "string" then list[#list + 1] = value end
  if type(value) ~= "table" or seen[value] then return list end
  seen[value] = true
  for name, member in pairs(value) do
    texts_of(name, list, seen)
    texts_of(member, list, seen)
  end
  return list
end

--- Whether a text has a piece of the secret in it.
local function tells(text, secret)
  if #secret <= PIECE then return text:find(secret, 1, true) ~= nil end
  -- A piece of 2 * PIECE - 1 bytes has one of these whole.
  for first = 1, #secret - PIECE + 1 do
    if text:find(secret:sub(first, first + PIECE - 1), 1, true) then return true end
  end
  return false
end

--- The text of an error in which one of the secrets stands.
---@param err any an error, or whatever else a call gives
---@param secrets string[]
---@return string? text
function no_secrets.find(err, secrets)
  local texts = texts_of(err, { tostring(err) }, {})
  for _, text in ipairs(texts) do
    for _, secret in ipairs(secrets) do
      for _, form in ipairs(FORMS) do
        if tells(text, (form(secret))) then return text end
      end
    end
  end
end

--- Raises where an error tells a secret.
---@param err any
---@param secrets string[]
function no_secrets.check(err, secrets)
  local text = no_secrets.find(err, secrets)
  if text then error("a secret in: " .. text, 2) end
end

return no_secrets
