--- Parses the Markdown pages of the project: code blocks, tables, headings and links.

local markdown = {}

---@class markdown.Block
---@field info string what follows the opening fence
---@field text string
---@field line integer of the opening fence

---@class markdown.Page
---@field path string relative to the root of the repository
---@field lines string[]
---@field blocks markdown.Block[]
---@field prose string[] the lines outside fenced blocks; lines of blocks are empty strings here

--- Reads a page.
---@param path string
---@return markdown.Page
function markdown.read(path)
  local page = { path = path, lines = {}, blocks = {}, prose = {} }
  local block
  for line in io.lines(path) do
    local number = #page.lines + 1
    page.lines[number], page.prose[number] = line, ""
    local info = line:match "^%s*```(.*)$"
    if block and info then
      block.text = table.concat(block, "\n") .. "\n"
      block = nil
    elseif block then
      block[#block + 1] = line
    elseif info then
      block = { info = info, line = number }
      page.blocks[#page.blocks + 1] = block
    else
      page.prose[number] = line
    end
  end
  assert(not block, path .. ": a code block has no end")
  return page
end

--- The name of a heading in a link, as GitHub forms it.
---@param heading string
---@return string
local function anchor_of(heading)
  return (heading:lower():gsub("[^%w%s_-]", ""):gsub("%s", "-"))
end

--- The anchors of a page.
---@param page markdown.Page
---@return table<string, boolean>
function markdown.anchors(page)
  local anchors = {}
  for _, line in ipairs(page.prose) do
    local heading = line:match "^#+%s+(.-)%s*$"
    if heading then anchors[anchor_of(heading)] = true end
  end
  return anchors
end

--- The targets of the links of a page: list of { target, line }.
---@param page markdown.Page
---@return { [1]: string, [2]: integer }[]
function markdown.links(page)
  local links = {}
  for number, line in ipairs(page.prose) do
    local text = line:gsub("`[^`]*`", "")
    for target in text:gmatch "%]%(([^)%s]+)%)" do links[#links + 1] = { target, number } end
  end
  return links
end

--- Splits a table row into cells without surrounding white space.
local function cells_of(line)
  local cells = {}
  for cell in line:gsub("^%s*|", ""):gmatch "([^|]*)|" do cells[#cells + 1] = cell:match "^%s*(.-)%s*$" end
  return cells
end

--- The tables below a heading, up to the next heading of the same or a higher level. A table has no head here: it is a
--- list of rows, a list of cells per row.
---@param page markdown.Page
---@param heading string
---@return string[][][] tables
function markdown.tables_below(page, heading)
  local tables, level, rows = {}, nil, nil
  for _, line in ipairs(page.prose) do
    local marks, title = line:match "^(#+)%s+(.-)%s*$"
    if marks and level and #marks <= level then break end
    if title == heading then level = #marks end
    if level and line:find "^|" then
      if not rows then
        rows = {}
        tables[#tables + 1] = rows
      end
      rows[#rows + 1] = cells_of(line)
    else
      rows = nil
    end
  end
  for _, each in ipairs(tables) do
    table.remove(each, 1)
    table.remove(each, 1)
  end
  return tables
end

--- The words in backquotes in a column of rows.
---@param rows string[][]
---@param column integer
---@return string[]
function markdown.code_in(rows, column)
  local words = {}
  for _, cells in ipairs(rows) do
    for word in (cells[column] or ""):gmatch "`([^`]+)`" do words[#words + 1] = word end
  end
  return words
end

return markdown
