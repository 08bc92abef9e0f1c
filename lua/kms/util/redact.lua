--- Makes foreign text fit for an error: without secrets, printable and bounded. A gateway, for example, repeats signed
--- headers in its message, the security token among them.
---
--- A text is first cut to a length that depends on what is shown and on the secrets, not on the text. All that follows
--- takes linear time: a server must not be able to stop the program with a large response.

local iterate = require "kms.util.iterate"
local secret_forms = require "kms.util.secret_forms"
local secret_search = require "kms.util.secret_search"

local byte, char, find, gsub = string.byte, string.char, string.find, string.gsub
local match, sub = string.match, string.sub
local floor, min = math.floor, math.min

local replace_all_spread, replace_beginnings = secret_search.replace_spread, secret_search.replace_beginnings
local squeeze = secret_forms.squeeze

local redact = {}

local MARK = secret_search.MARK
local MAX_EXCERPT = 200 -- bytes of a body that a protocol error shows
local MAX_MESSAGE = 2000 -- bytes of a service's message that are kept: a gateway's canonical request still fits
local MAX_SLACK = 12 * 1024 -- bytes after those shown that are searched too, for the end of a token of 8 KiB
local MIN_PIECE = secret_search.MIN_PIECE
local MIN_CUT_PIECE = 4 -- bytes of a secret at the end of a cut text that are removed
local MAX_ESCAPE = 12 -- bytes of one escaped character
local MAX_ROUNDS = 3 -- escapes within escapes
local MAX_DEPTH = 6 -- tables within the tables of an error

-- Characters that a terminal obeys instead of showing: C1 controls, and those that change the direction of text.
local TERMINAL_CONTROLS = { "\194[\128-\159]", "\226\128[\142\143\168-\174]", "\226\129[\166-\169]" }

--- Creates a pattern that matches a name in any case. Independent of the locale, as all patterns here.
local function match_any_case(name)
  return (gsub(gsub(name, "%-", "%%-"), "[a-z]", function(c) return "[" .. c .. char(byte(c) - 32) .. "]" end))
end

-- Headers with a secret, as a gateway prints them; "|" is the end of a line. The whole value is removed, because a cut
-- value is no longer equal to the secret, and still most of it.
local SECRET_LINES = {
  "(" .. match_any_case "x-auth-token" .. "[ \t]*:[ \t]*)[^|\r\n]+",
  "(" .. match_any_case "x-security-token" .. "[ \t]*:[ \t]*)[^|\r\n]+",
  "(SDK%-HMAC%-[A-Z0-9]+ )Access=[^|\r\n]+",
}

local HEX = "[0-9A-Fa-f]"

local function decode_hex(digits) return char(tonumber(digits, 16)) end

--- Encodes a code point of at most 16 bits in UTF-8.
local function encode_utf8(code)
  if code < 0x80 then return char(code) end
  local rest, last = floor(code / 0x40), 0x80 + code % 0x40
  if rest < 0x20 then return char(0xc0 + rest, last) end
  return char(0xe0 + floor(rest / 0x40), 0x80 + rest % 0x40, last)
end

local function decode_utf16(digits) return encode_utf8(tonumber(digits, 16)) end

--- Removes the encodings of "%" itself at the beginning of a run of the digits 2 and 5.
local function decode_percent_signs(digits)
  local from = 1
  while sub(digits, from, from + 1) == "25" do from = from + 2 end
  return "%" .. sub(digits, from)
end

local ENTITIES = { amp = "&", lt = "<", gt = ">", quot = '"', apos = "'", plus = "+", sol = "/", equals = "=" }

local function decode_entity(name)
  local digits = name:match "^#([0-9]+)$"
  local code = digits and tonumber(digits) or tonumber(name:match "^#[xX]([0-9A-Fa-f]+)$" or "", 16)
  if code then return code < 0x10000 and encode_utf8(code) or nil end
  return ENTITIES[name]
end

-- The functions below remove one kind of escape each, in linear time: no repetition of a pattern can match again what
-- it gave back.

local function decode_percent(text)
  text = gsub(gsub(text, "%%(25[25]*)", decode_percent_signs), "%%u(" .. HEX:rep(4) .. ")", decode_utf16)
  return (gsub(text, "%%(" .. HEX .. HEX .. ")", decode_hex))
end

local function decode_octal(digits) return char(tonumber(digits, 8)) end

--- JSON, and what other languages have besides. JSON within JSON has runs of backslashes, so a run counts as one.
local function decode_json(text)
  text = gsub(gsub(text, "\\+", "\\"), "\\u(" .. HEX:rep(4) .. ")", decode_utf16)
  text = gsub(gsub(text, "\\x(" .. HEX .. HEX .. ")", decode_hex), "\\([0-3][0-7][0-7])", decode_octal)
  return (gsub(gsub(text, '\\(["/])', "%1"), "\\[bfnrt]", " "))
end

local function decode_html(text)
  return (gsub(text, "&([#0-9A-Za-z]+);", decode_entity))
end

local DECODERS = { decode_percent, decode_json, decode_html }

--- Removes all escapes.
local function decode(text)
  for _ = 1, find(text, "[%%\\&]") and MAX_ROUNDS or 0 do
    for _, decode_one_kind in ipairs(DECODERS) do text = decode_one_kind(text) end
  end
  return text
end

--- Replaces every occurrence of a secret, and of its beginnings and ends.
local function replace_secret(text, secret)
  text = replace_beginnings(text, secret, 1, MARK)
  if #secret <= MIN_PIECE or not find(text, match(secret, secret_search.ENDING), 1, true) then return text end
  return replace_beginnings(text:reverse(), secret:reverse(), 1, MARK:reverse()):reverse()
end

--- Removes the beginning of a secret at the end of a text, which was cut there.
local function remove_cut_secret(text, secret)
  for length = min(MIN_PIECE, #secret) - 1, MIN_CUT_PIECE, -1 do
    if sub(text, -length) == sub(secret, 1, length) then return sub(text, 1, -length - 1) end
  end
  return text
end

local function replace_secrets(text, secrets, is_cut)
  for _, secret in ipairs(secrets) do
    text = replace_secret(text, secret)
    if is_cut then text = remove_cut_secret(text, secret) end
  end
  return text
end

--- Replaces secrets in upper or lower case, in hexadecimal and in Base64.
local function replace_forms(text, squeezed, secrets)
  for _, secret in ipairs(secrets) do
    local forms = secret_forms.find(squeezed, secret)
    for _, form in ipairs(forms) do text = replace_beginnings(text, form, #form, MARK) end
    if forms[1] then text, squeezed = replace_all_spread(text, squeeze(text), forms) end
    for _, form in ipairs(forms) do text = replace_beginnings(text, form, 1, MARK) end
  end
  return text
end

--- Replaces all that a text has of secrets, literal or in their forms.
local function replace_any(text, secrets, is_cut)
  for _, secret in ipairs(secrets) do text = replace_beginnings(text, secret, #secret, MARK) end
  local squeezed
  text, squeezed = replace_all_spread(text, squeeze(text), secrets)
  local redacted = replace_secrets(text, secrets, is_cut)
  return replace_forms(redacted, redacted == text and squeezed or squeeze(redacted), secrets)
end

--- Returns the secrets that are not empty, and what remains of them without their escapes; the longest first, because a
--- secret can contain another one.
local function list_secrets(secrets)
  local list = {}
  for _, secret in ipairs(secrets) do
    if secret ~= "" then
      list[#list + 1] = secret
      local decoded = decode(secret)
      if decoded ~= secret and #decoded > 2 then list[#list + 1] = decoded end
    end
  end
  table.sort(list, function(a, b) return #a > #b end)
  return list
end

--- Cuts a text after the bytes that will be shown and those that the removal of secrets may need.
---@return string text, boolean is_cut
local function cut(text, list, limit)
  local size = limit + MAX_ESCAPE + min(3 * #(list[1] or ""), MAX_SLACK)
  if #text <= size then return text, false end
  text = sub(text, 1, size)
  local escape = find(text, "[%%\\&]", size - MAX_ESCAPE)
  return escape and sub(text, 1, escape - 1) or text, true
end

--- Removes secrets, literal and escaped ones. A text that contains an escaped secret loses its escapes.
local function remove_secrets(text, list, is_cut)
  local has_escapes = #list > 0 and find(text, "[%%\\&]")
  if has_escapes then
    for _, secret in ipairs(list) do text = replace_beginnings(text, secret, #secret, MARK) end
    local decoded = decode(text)
    local redacted = decoded ~= text and replace_any(decoded, list, is_cut) or decoded
    if redacted ~= decoded then text = redacted end
  end
  text = replace_any(text, list, is_cut)
  -- A decoder may have used a part of a secret together with the bytes before it, so each step is searched too.
  local decoded = text
  for _ = 1, has_escapes and MAX_ROUNDS or 0 do
    for _, decode_one_kind in ipairs(DECODERS) do
      local step = decode_one_kind(decoded)
      local redacted = step ~= decoded and replace_secrets(step, list, is_cut) or step
      decoded = redacted
      if redacted ~= step then text = redacted end
    end
  end
  for _, pattern in ipairs(SECRET_LINES) do text = gsub(text, pattern, "%1" .. MARK) end
  return text
end

local function clean(text, secrets, limit)
  local list = list_secrets(secrets)
  local beginning, is_cut = cut(text, list, limit)
  return remove_secrets(beginning, list, is_cut), is_cut
end

--- Removes secrets from a text, be they literal, escaped (percent-encoded, as in JSON, or as in HTML), in upper or
--- lower case, in hexadecimal, or in Base64.
---@param text string
---@param secrets string[]
---@param limit integer? bytes that will be shown, MAX_MESSAGE by default; a longer text loses its end
---@return string
function redact.text(text, secrets, limit)
  return (clean(text, secrets, limit or MAX_MESSAGE))
end

--- Formats foreign text as one printable line of bounded length. Control characters become spaces; other UTF-8 stays.
---@param text string
---@param limit integer? in bytes; MAX_MESSAGE by default
---@param is_cut boolean? the text has lost its end before
---@return string
function redact.to_line(text, limit, is_cut)
  limit = limit or MAX_MESSAGE
  local line = gsub(sub(text, 1, limit), "[%z\1-\31\127]+", " ")
  for _, pattern in ipairs(TERMINAL_CONTROLS) do line = gsub(line, pattern, " ") end
  -- The cut must not leave a part of a character behind.
  if #text > limit or is_cut then line = gsub(line, "[\192-\255][\128-\191]*$", "") .. "…" end
  return line
end

--- Removes secrets from foreign text, and formats it as one printable line of bounded length.
---@param text string
---@param secrets string[]
---@param limit integer? in bytes; MAX_MESSAGE by default
---@return string
function redact.line(text, secrets, limit)
  local cleaned, is_cut = clean(text, secrets, limit or MAX_MESSAGE)
  return redact.to_line(cleaned, limit, is_cut)
end

local function copy_fields(fields, secrets, limit, depth)
  local copy = {}
  for name, value in iterate.members(fields) do
    if type(value) == "string" then value = redact.line(value, secrets, limit) end
    if type(value) == "table" then
      value = depth < MAX_DEPTH and copy_fields(value, secrets, limit, depth + 1) or nil
    end
    copy[name] = value
  end
  return setmetatable(copy, getmetatable(fields))
end

--- Copies an error, or a table in one. Every text in it, at any depth, becomes a line without secrets.
---@param fields table
---@param secrets string[]
---@param limit integer? of each text, in bytes; MAX_MESSAGE by default
---@return table
function redact.fields(fields, secrets, limit)
  return copy_fields(fields, secrets, limit, 1)
end

--- Formats the beginning of a body as printable ASCII, for a protocol error. Resolves the escapes of JSON.
---@param body string
---@param secrets string[] removed from the excerpt
---@return string
function redact.excerpt(body, secrets)
  local list = list_secrets(secrets)
  local beginning, is_cut = cut(body, list, MAX_ESCAPE * MAX_EXCERPT)
  local cleaned = remove_secrets(decode_json(beginning), list, is_cut)
  local excerpt = gsub(gsub(sub(cleaned, 1, MAX_EXCERPT), "[ \t-\r]+", " "), "[^ -~]", "?")
  return ("%d bytes: %s%s"):format(#body, excerpt, (is_cut or #cleaned > MAX_EXCERPT) and "…" or "")
end

return redact
