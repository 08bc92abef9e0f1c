--- Words and lines of generated files.

local text = {}

--- Joins words to "a, b or c".
---@param words string[]
---@return string
function text.join_words(words)
  if #words < 2 then return words[1] or "" end
  return table.concat(words, ", ", 1, #words - 1) .. " or " .. words[#words]
end

--- Converts "list_keys" to "ListKeys".
---@param name string
---@return string
function text.to_camel_case(name)
  return (name:gsub("%f[%l]%l", string.upper):gsub("_", ""))
end

--- Breaks a text into lines of at most `width` characters, at spaces outside of code in backquotes.
---@param words string
---@param width integer
---@param first string before the first line
---@param rest string before each further line
---@return string[] lines
function text.wrap(words, width, first, rest)
  local lines, line = {}, first
  local is_code, is_empty = false, true
  for word in words:gmatch "%S+" do
    -- A space in backquotes is a part of the word before it.
    local separator = is_empty and "" or " "
    local _, length = (line .. separator .. word):gsub("[^\128-\191]", "")
    if length > width and not is_empty and not is_code then
      lines[#lines + 1] = line
      line = rest .. word
    else
      line = line .. separator .. word
    end
    is_empty = false
    local _, quotes = word:gsub("`", "")
    is_code = is_code ~= (quotes % 2 == 1)
  end
  lines[#lines + 1] = line
  return lines
end

--- Writes a value as Lua source on one line.
---@param value any
---@return string
function text.to_lua(value)
  if type(value) == "string" then return '"' .. value:gsub('[\\"]', "\\%0"):gsub("\n", "\\n") .. '"' end
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  for i, item in ipairs(value) do parts[i] = text.to_lua(item) end
  local names = {}
  for name in pairs(value) do
    if type(name) == "string" then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local key = name:find "^[%a_][%w_]*$" and name or ('["%s"]'):format(name)
    parts[#parts + 1] = ("%s = %s"):format(key, text.to_lua(value[name]))
  end
  return #parts == 0 and "{}" or "{ " .. table.concat(parts, ", ") .. " }"
end

return text
