--- Compares the canonical request that a gateway signed with the one that was sent, line by line.

local ascii = require "kms.util.ascii"

local signature_diff = {}

-- Lines of a canonical request other than headers, by their distance from the first and from the last line
-- (API Request Signing Guide, "AK/SK Signing and Authentication Algorithm").
local FIRST_ROLES = { "method", "path", "query" }
local LAST_ROLES = { [0] = "payload hash", "signed headers" }

local MAX_ADDED = 16 * 1024 -- bytes that a gateway's canonical request may have more than twice ours

local SECRET_HEADERS = { ["x-security-token"] = true, ["x-auth-token"] = true, authorization = true }

local function split(text, separator)
  local lines = {}
  for line in (text .. separator):gmatch("(.-)%" .. separator) do lines[#lines + 1] = line end
  return lines
end

--- Returns the role of a line, and the part of it that may be shown.
local function describe_line(lines, index)
  if FIRST_ROLES[index] then return FIRST_ROLES[index], lines[index] end
  if LAST_ROLES[#lines - index] then return LAST_ROLES[#lines - index], lines[index] end
  local line = lines[index]
  local name = line and line:match "^([^:]+):"
  if not name then return "headers", line end
  name = ascii.lower(name)
  local value = line:sub(#name + 2)
  return "header " .. name, SECRET_HEADERS[name] and ("(%d bytes, not shown)"):format(#value) or value
end

local function describe_difference(theirs, ours, index)
  local our_role, our_text = describe_line(ours, index)
  local their_role, their_text = describe_line(theirs, index)
  if our_role == their_role then return { role = our_role, theirs = their_text, ours = our_text } end
  return {
    role = ours[index] and our_role or their_role,
    theirs = theirs[index] and their_role .. ": " .. (their_text or ""),
    ours = ours[index] and our_role .. ": " .. (our_text or ""),
  }
end

--- Finds the first line that differs between the canonical request in a gateway's message and ours.
---@param text string the gateway's message, in which "|" replaces the line feed
---@param canonical_request string
---@return kms.SignatureDiff|nil|false diff false if the two are the same; nil if the message has no canonical request
function signature_diff.compare(text, canonical_request)
  local printed = text:match "canonicalRequest:(.*)$"
  if not printed or #printed > 2 * #canonical_request + MAX_ADDED then return nil end
  -- Values may contain "|" themselves, so both sides are split at it.
  local theirs, ours = split(printed, "|"), split((canonical_request:gsub("\n", "|")), "|")
  -- The gateway may append text to the payload hash. A last line of another form stays whole, because a secret that is
  -- cut is no longer recognized.
  local last = theirs[#theirs]
  local hash = last:match "^%x+"
  theirs[#theirs] = hash and #hash == 64 and hash or last:match "^UNSIGNED%-PAYLOAD" or last
  for index = 1, math.max(#theirs, #ours) do
    if theirs[index] ~= ours[index] then return describe_difference(theirs, ours, index) end
  end
  return false
end

return signature_diff
