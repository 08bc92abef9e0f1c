--- What the benchmarks print: medians with their spread, rows of a Markdown table, the versions at work.

local tables = {}

---@param list number[] is sorted by this
function tables.median(list)
  table.sort(list)
  local middle = math.floor(#list / 2)
  return #list % 2 == 1 and list[middle + 1] or (list[middle] + list[middle + 1]) / 2
end

--- "median (least … most)"
---@param list number[] is sorted by this
---@param form string of each number
function tables.spread(list, form)
  return ((form .. " (" .. form .. " … " .. form .. ")"):format(tables.median(list), list[1], list[#list]))
end

--- What `pick` finds in each of `rounds`.
function tables.each(rounds, pick)
  local list = {}
  for i, round in ipairs(rounds) do list[i] = pick(round) end
  return list
end

---@param cells string[]
function tables.row(cells) print("| " .. table.concat(cells, " | ") .. " |") end

--- A table's first row, and the line below it.
---@param cells string[]
function tables.head(cells)
  tables.row(cells)
  print("|" .. (" --- |"):rep(#cells))
end

--- Says how far a measurement is, beside what it prints.
function tables.progress(form, ...) io.stderr:write(form:format(...), "\n") end

--- The first line that a command prints.
function tables.line_of(command)
  local pipe = io.popen(command)
  local line = pipe:read "*l"
  pipe:close()
  return line or "?"
end

local VERSIONS = {
  "sed -n 's/^model name.*: //p' /proc/cpuinfo",
  "echo $(nproc --all) cores",
  "sed -n 's/^PRETTY_NAME=//p' /etc/os-release | tr -d '\"'",
  "echo libcurl $(pkg-config --modversion libcurl)",
  "openssl version | cut -d' ' -f1-2",
  "nginx -v 2>&1 | cut -d' ' -f3-",
  "lua5.4 -v | cut -d' ' -f1-2",
  "luajit -v | cut -d' ' -f1-2",
  "echo gcc $(gcc -dumpfullversion)",
}

--- Begins a section of bench/RESULTS.md: how it was made, when, and on what.
---@param title string
---@param target string of the Makefile
---@param details string how much was measured, and what the numbers are
function tables.section(title, target, details)
  local parts = { ("`make %s`, %s"):format(target, os.date "!%Y-%m-%d") }
  for i, command in ipairs(VERSIONS) do parts[i + 1] = tables.line_of(command) end
  print(("## %s\n\n%s.\n%s"):format(title, table.concat(parts, "; "), details))
end

return tables
