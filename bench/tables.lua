--- Formats the results of the benchmarks: medians with their range, rows of a Markdown table, versions of the software.

local tables = {}

---@param list number[] is sorted in place
---@return number
function tables.median(list)
  table.sort(list)
  local middle = math.floor(#list / 2)
  return #list % 2 == 1 and list[middle + 1] or (list[middle] + list[middle + 1]) / 2
end

--- "median (minimum … maximum)"
---@param list number[] is sorted in place
---@param format string of one number
---@return string
function tables.format_spread(list, format)
  return ((format .. " (" .. format .. " … " .. format .. ")"):format(tables.median(list), list[1], list[#list]))
end

--- The list of `select(round)` for each of `rounds`.
function tables.map(rounds, select)
  local list = {}
  for i, round in ipairs(rounds) do list[i] = select(round) end
  return list
end

---@param cells string[]
function tables.print_row(cells) print("| " .. table.concat(cells, " | ") .. " |") end

--- Prints the first row of a table and the line below it.
---@param cells string[]
function tables.print_header(cells)
  tables.print_row(cells)
  print("|" .. (" --- |"):rep(#cells))
end

--- Prints the progress of a measurement to standard error.
function tables.print_progress(format, ...) io.stderr:write(format:format(...), "\n") end

--- The first line of the output of a shell command.
---@param command string
---@return string
function tables.first_line(command)
  local pipe = io.popen(command)
  local line = pipe:read "*l"
  pipe:close()
  return line or "?"
end

local VERSION_COMMANDS = {
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

--- Prints the beginning of a section of bench/RESULTS.md: target, date, versions.
---@param title string
---@param target string of the Makefile
---@param details string number of rounds, and what the numbers mean
function tables.print_section(title, target, details)
  local parts = { ("`make %s`, %s"):format(target, os.date "!%Y-%m-%d") }
  for i, command in ipairs(VERSION_COMMANDS) do parts[i + 1] = tables.first_line(command) end
  print(("## %s\n\n%s.\n%s"):format(title, table.concat(parts, "; "), details))
end

return tables
