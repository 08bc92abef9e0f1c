--- Parser of credentials files: sections of "key = value" lines.
-- It is strict, because a misread line would become a wrong signature. Its messages name lines and never quote them.

local trim = require "kms.util.trim"

local ini = {}

local MAX_LINE = 16 * 1024 -- bytes; a security token takes a few kilobytes

local BYTE_ORDER_MARK = "^\239\187\191" -- some editors write one

---@class kms.IniEntry
---@field section string "" before the first section
---@field name string in lower case
---@field value string
---@field line integer

local function is_quoted(value)
  return #value > 1 and (value:find '^".*"$' or value:find "^'.*'$")
end

--- Parses one line. A comment or an empty line returns nothing.
---@return string? section, table? entry, string? problem
local function parse_line(line)
  if #line > MAX_LINE then return nil, nil, ("is longer than %d bytes"):format(MAX_LINE) end
  if line:find "[%z\1-\8\11-\31\127]" then return nil, nil, "contains control characters" end
  local text = trim(line)
  if text == "" or text:find "^[#;]" then return nil end
  if text:find "^%[" then
    local section = trim(text:match "^%[([^%[%]]*)%]$" or "")
    if section == "" then return nil, nil, "begins with [, but is not a section of the form [name]" end
    return section
  end
  local name, value = text:match "^([^=]*)=%s*(.*)$"
  name = trim(name or "")
  if name == "" then return nil, nil, "must be key = value, [section] or a comment" end
  -- Some tools remove quotes, others sign with them.
  if is_quoted(value) then return nil, nil, "has a quoted value; remove the quotes" end
  return nil, { name = name:lower(), value = value }
end

--- Parses a text. Entries keep their order.
---@param text string
---@return kms.IniEntry[]? entries, string? problem "line N …"
function ini.parse(text)
  local entries, section, line_number = {}, "", 0
  text = text:gsub(BYTE_ORDER_MARK, "")
  for line in (text .. "\n"):gmatch "(.-)\r?\n" do
    line_number = line_number + 1
    local new_section, entry, problem = parse_line(line)
    if problem then return nil, ("line %d %s"):format(line_number, problem) end
    section = new_section or section
    if entry then
      entry.section, entry.line = section, line_number
      entries[#entries + 1] = entry
    end
  end
  return entries
end

return ini
