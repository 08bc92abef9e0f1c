--- The pages of the documentation, and the names that their tables list.

local files = require "spec.helpers.files"
local luassert = require "luassert"
local markdown = require "spec.helpers.markdown"

local documentation = {}

--- Returns the set of the members of a list.
function documentation.set_of(list)
  local set = {}
  for _, value in ipairs(list) do set[value] = true end
  return set
end

--- Returns the members of a set in order.
function documentation.sorted(set)
  local list = {}
  for value in pairs(set) do list[#list + 1] = value end
  table.sort(list)
  return list
end

--- Adds the members of a list to a set.
function documentation.add_all(set, list)
  for _, value in ipairs(list) do set[value] = true end
  return set
end

-- Pages by path, README among them.
documentation.PAGES = {}
for _, path in ipairs(files.list_lines "ls *.md docs/*.md docs/*/*.md examples/*/*.md 2>/dev/null") do
  documentation.PAGES[path] = markdown.read(path)
end

-- In order.
documentation.PATHS = documentation.sorted(documentation.PAGES)

--- Returns the page docs/NAME.md.
function documentation.page(name) return assert(documentation.PAGES["docs/" .. name .. ".md"], "no page " .. name) end

--- Returns the blocks of code in a language, of all pages.
---@param language string
---@return { place: string, text: string, info: string }[]
function documentation.blocks(language)
  local found = {}
  for _, path in ipairs(documentation.PATHS) do
    for _, block in ipairs(documentation.PAGES[path].blocks) do
      if block.info:match "^%S*" == language then
        found[#found + 1] = { place = ("%s:%d"):format(path, block.line), text = block.text, info = block.info }
      end
    end
  end
  return found
end

--- The words in backquotes in the first column of a table of a page.
---@param name string of the page
---@param heading string above the table
---@param number integer? which table below the heading; default 1
function documentation.documented(name, heading, number)
  local rows = markdown.tables_below(documentation.page(name), heading)[number or 1]
  assert(rows, ("docs/%s.md has no table %d below %q"):format(name, number or 1, heading))
  return documentation.set_of(markdown.code_in(rows, 1))
end

--- Asserts that two sets have the same names.
function documentation.assert_same_names(expected, actual)
  luassert.same(documentation.sorted(expected), documentation.sorted(actual))
end

return documentation
