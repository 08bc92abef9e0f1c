--- Parser of credentials files: sections of "key = value" lines.
-- It is strict, because a misread line would become a wrong signature. Tools differ in how they read comments after a
-- value, continued lines and invisible characters, so such lines are errors. Messages name lines and never quote them.

local ascii = require "kms.util.ascii"
local validate = require "kms.util.validate"

local ini = {}

local MAX_LINE = 16 * 1024 -- bytes; a security token takes a few kilobytes

local BYTE_ORDER_MARK = "^\239\187\191" -- some editors write one

---@class kms.IniEntry
---@field section string "" before the first section
---@field name string in lower case
---@field value string
---@field line integer

-- White space and other characters without a glyph, as patterns of their UTF-8.
local INVISIBLE = {
  "\194[\128-\160\173]", "\205\143", "\216\156", "\225\133[\159\160]", "\225\154\128", "\225\158[\180\181]",
  "\225\160[\139-\142]", "\226\128[\128-\143\168-\175]", "\226\129[\159-\175]", "\226\160\128", "\227\128\128",
  "\227\133\164", "\239\184[\128-\143]", "\239\187\191", "\239\190\160",
}

local function has_invisible_character(text)
  for _, pattern in ipairs(INVISIBLE) do
    if text:find(pattern) then return true end
  end
  return false
end

--- Parses the line of a section.
---@return string? section, string? problem
local function parse_section(text)
  local section = ascii.trim(text:match "^%[([^%[%]]*)%]$" or "")
  if section == "" then return nil, "begins with [, but is not a section of the form [name]" end
  if not validate.is_utf8(section) or has_invisible_character(section) then
    return nil, "has a section name with an invisible character, or one that is not UTF-8"
  end
  return section
end

--- Parses the line of an entry.
---@return table? entry, string? problem
local function parse_entry(text)
  local name, value = text:match "^([^=]*)=[ \t]*(.*)$"
  name = ascii.trim(name or "")
  if name == "" then return nil, "must be key = value, [section] or a comment" end
  if not name:find "^[A-Za-z0-9_.-]+$" then
    return nil, 'must begin with a key of ASCII letters, digits, ".", "_" and "-"'
  end
  return { name = ascii.lower(name), value = value }
end

--- Parses one line. A comment or an empty line returns nothing.
---@return string? section, table? entry, string? problem
local function parse_line(line)
  if #line > MAX_LINE then return nil, nil, ("is longer than %d bytes"):format(MAX_LINE) end
  if line:find "[%z\1-\8\11-\31\127]" then return nil, nil, "contains control characters" end
  local text = ascii.trim(line)
  if text == "" or text:find "^[#;]" then return nil end
  if text:find "\\$" then
    return nil, nil, "ends with a backslash, which some tools read as a continuation; write the value in one line"
  end
  local section, entry, problem
  if text:find "^%[" then
    section, problem = parse_section(text)
  else
    entry, problem = parse_entry(text)
  end
  return section, entry, problem
end

--- Parses a text. Entries keep their order.
---@param text string
---@return kms.IniEntry[]? entries, string? problem "line N …"
function ini.parse(text)
  local entries, section, line_number, entry_line, entry_indent = {}, "", 0, nil, math.huge
  text = text:gsub(BYTE_ORDER_MARK, "")
  for line in (text .. "\n"):gmatch "(.-)\r?\n" do
    line_number = line_number + 1
    local new_section, entry, problem = parse_line(line)
    local indent = #line:match "^[ \t]*"
    if indent > entry_indent and line:find("^[^#;]", indent + 1) then
      problem = ("is indented deeper than line %d, so some tools read it as a part of that line"):format(entry_line)
    end
    if problem then return nil, ("line %d %s"):format(line_number, problem) end
    if new_section then section, entry_indent = new_section, math.huge end
    if entry then
      entry.section, entry.line = section, line_number
      entries[#entries + 1] = entry
      entry_line, entry_indent = line_number, indent
    end
  end
  return entries
end

return ini
