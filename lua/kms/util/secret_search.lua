--- Replaces secrets in a text, also those with other characters between their letters. In linear time.

local secret_forms = require "kms.util.secret_forms"

local byte, find, match, sub = string.byte, string.find, string.match, string.sub
local min = math.min
local squeeze = secret_forms.squeeze

local secret_search = {}

local MARK = "[secret]"
local MIN_SPREAD = 8 -- letters and digits of a secret that is searched for with other characters between them
local MIN_PIECE = 12 -- bytes of one end of a secret that are removed although the rest is missing

-- Patterns of both ends. What runs for every error does without string.sub: see kms.util.secret_forms.
local BEGINNING, ENDING = "^" .. (".?"):rep(MIN_PIECE), "^.-(" .. ("."):rep(MIN_PIECE) .. ")$"

secret_search.MARK, secret_search.MIN_PIECE, secret_search.ENDING = MARK, MIN_PIECE, ENDING

--- Counts the bytes of a secret that are in a text at an index, from the secret's beginning.
local function count_shared(text, index, secret)
  local count, step = 0, 64
  while count < #secret do
    local from = index + count
    if sub(text, from, from + step - 1) ~= sub(secret, count + 1, count + step) then break end
    count = count + step
  end
  while count < #secret and byte(text, index + count) == byte(secret, count + 1) do count = count + 1 end
  return min(count, #secret)
end

--- Replaces every beginning of a secret that has at least `min_count` bytes. Continues after what it has compared, so
--- that it takes linear time.
---@param text string
---@param secret string
---@param min_count integer
---@param mark string
---@return string
function secret_search.replace_beginnings(text, secret, min_count, mark)
  local piece = match(secret, BEGINNING)
  local first = find(text, piece, 1, true)
  if not first then return text end
  local parts, from = {}, 1
  while first do
    local count = count_shared(text, first, secret)
    parts[#parts + 1] = count < min_count and sub(text, from, first + count - 1) or sub(text, from, first - 1) .. mark
    from = first + count
    first = find(text, piece, from, true)
  end
  return table.concat(parts) .. sub(text, from)
end

--- Creates a function that converts an index in a squeezed text to that in the text. Its arguments must not decrease.
local function new_locator(text)
  local next_run, first, run = text:gmatch "()([0-9A-Za-z]+)", 1, ""
  local before = 0 -- letters and digits before the run
  return function(index)
    while index > before + #run do
      before = before + #run
      first, run = next_run()
    end
    return first + index - before - 1
  end
end

--- Replaces a secret with other characters between its letters and digits, such as line ends, or the NULs of UTF-16.
---@param squeezed string the letters and digits of the text
local function replace_one(text, squeezed, secret, mark)
  local core = squeeze(secret)
  local piece = match(core, BEGINNING)
  local at = #core >= MIN_SPREAD and find(squeezed, piece, 1, true)
  if not at then return text end
  local parts, from, locate, lead = {}, 1, new_locator(text), find(secret, "[0-9A-Za-z]")
  while at do
    local count = count_shared(squeezed, at, core)
    local first = locate(at)
    local last = locate(at + count - 1)
    -- What is not spread is left to the other functions, which replace it with its punctuation.
    if last - first >= count and sub(text, first, last) ~= sub(secret, lead, lead + last - first) then
      parts[#parts + 1] = sub(text, from, first - 1) .. mark
      from = last + 1
    end
    at = find(squeezed, piece, at + count, true)
  end
  return table.concat(parts) .. sub(text, from)
end

--- Replaces spread secrets, their beginnings and their ends.
---@param text string
---@param squeezed string the letters and digits of the text
---@param secrets string[]
---@return string text, string squeezed
function secret_search.replace_spread(text, squeezed, secrets)
  if #squeezed == #text then return text, squeezed end
  for _, secret in ipairs(secrets) do
    local redacted = replace_one(text, squeezed, secret, MARK)
    if redacted ~= text then text, squeezed = redacted, squeeze(redacted) end
    local core = squeeze(secret)
    if #core > MIN_PIECE and find(squeezed, match(core, ENDING), 1, true) then
      text = replace_one(text:reverse(), squeezed:reverse(), secret:reverse(), MARK:reverse()):reverse()
      squeezed = squeeze(text)
    end
  end
  return text, squeezed
end

return secret_search
