--- Reads the text of a credentials file: sections of "key = value" lines. Strict, for a line that was misread would be
--- signed with; and its complaints name lines, never what stands in them.

local Credentials = require "kms.credentials.value"

local ini = {}

local LONGEST_LINE = 16 * 1024 -- a security token takes a few kilobytes

---@class kms.IniEntry
---@field section string "" before the first section
---@field name string in lower case
---@field value string
---@field line integer

local function quoted(value)
  return #value > 1 and (value:find '^".*"$' or value:find "^'.*'$")
end

--- One line.
---@return string? section, table? entry, string? problem
local function read_line(line)
  if #line > LONGEST_LINE then return nil, nil, "is too long" end
  if line:find "[%z\1-\8\11-\31\127]" then return nil, nil, "holds control characters: this is no text" end
  local text = Credentials.trim(line)
  if text == "" or text:find "^[#;]" then return nil end
  if text:find "^%[" then
    local section = Credentials.trim(text:match "^%[([^%[%]]*)%]$" or "")
    if section == "" then return nil, nil, "begins a section, but is not of the form [name]" end
    return section
  end
  local name, value = text:match "^([^=]*)=%s*(.*)$"
  name = Credentials.trim(name or "")
  if name == "" then return nil, nil, "is none of key = value, [section], or a comment" end
  -- Some readers take quotes off, others sign with them.
  if quoted(value) then return nil, nil, "has its value in quotes: write it without" end
  return nil, { name = name:lower(), value = value }
end

--- All entries of a text, in their order.
---@param text string
---@return kms.IniEntry[]? entries, string? problem "line N …"
function ini.read(text)
  local entries, section, number = {}, "", 0
  text = text:gsub("^\239\187\191", "") -- the byte order mark of some editors
  for line in (text .. "\n"):gmatch "(.-)\r?\n" do
    number = number + 1
    local opened, entry, problem = read_line(line)
    if problem then return nil, ("line %d %s"):format(number, problem) end
    section = opened or section
    if entry then
      entry.section, entry.line = section, number
      entries[#entries + 1] = entry
    end
  end
  return entries
end

return ini
