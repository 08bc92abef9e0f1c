--- Why a signature was refused: what the gateway signed, held against what we signed, line by line.

local signature_diff = {}

-- Lines of a canonical request that are not headers, by their place from the start and from the end
-- (API Request Signing Guide, "AK/SK Signing and Authentication Algorithm").
local FIRST = { "method", "path", "query" }
local LAST = { [0] = "payload hash", "signed headers" }

local SECRET = { ["x-security-token"] = true, ["x-auth-token"] = true, authorization = true }

local function split(text, separator)
  local lines = {}
  for line in (text .. separator):gmatch("(.-)%" .. separator) do lines[#lines + 1] = line end
  return lines
end

--- What a line is, and what of it may be shown.
local function role_of(lines, at)
  if FIRST[at] then return FIRST[at], lines[at] end
  if LAST[#lines - at] then return LAST[#lines - at], lines[at] end
  local line = lines[at]
  local name = line and line:match "^([^:]+):"
  if not name then return "headers", line end
  name = name:lower()
  return "header " .. name, SECRET[name] and ("(%d bytes, not shown)"):format(#line - #name - 1) or line:sub(#name + 2)
end

---@class kms.Diff the first line on which gateway and client differ
---@field role string "method", "path", "query", "header <name>", "signed headers" or "payload hash"
---@field theirs string?
---@field ours string?

--- The first line that differs between the canonical request that a gateway prints and ours.
---@param text string the gateway's message; LF is printed as "|" there
---@param canonical_request string
---@return kms.Diff|nil|false diff false when the two agree, nil when the text has none
function signature_diff.compare(text, canonical_request)
  local printed = text:match "canonicalRequest:(.*)$"
  if not printed then return nil end
  -- What stands after the payload hash is the gateway's own talk. A last line that is no hash stays whole: half of a
  -- secret would not be known as one any more.
  -- Values may hold "|" themselves: both sides are cut at it, so that they are cut alike.
  local theirs, ours = split(printed, "|"), split((canonical_request:gsub("\n", "|")), "|")
  local last = theirs[#theirs]
  local hash = last:match "^%x+"
  theirs[#theirs] = hash and #hash == 64 and hash or last:match "^UNSIGNED%-PAYLOAD" or last
  for at = 1, math.max(#theirs, #ours) do
    if theirs[at] ~= ours[at] then
      local role, shown = role_of(ours, at)
      local their_role, their_shown = role_of(theirs, at)
      if role == their_role then return { role = role, theirs = their_shown, ours = shown } end
      return {
        role = ours[at] and role or their_role,
        theirs = theirs[at] and their_role .. ": " .. (their_shown or ""),
        ours = ours[at] and role .. ": " .. (shown or ""),
      }
    end
  end
  return false
end

return signature_diff
