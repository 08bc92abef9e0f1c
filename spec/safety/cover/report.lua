--- Prints the coverage that tools/cover recorded, per file and in total: percent of lines and, in C, of branches, and the
--- lines that did not run.
---   luajit spec/safety/cover/report.lua C_JSON LINES

local cjson = require "cjson"
local jit_util = require "jit.util"

local c_json, lines_dir = arg[1], arg[2]

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

--- Adds the lines with instructions of a function and of the functions inside it.
local function collect_lines(func, active)
  local pc = 1 -- 0 is the header of the function, which no hook sees
  while true do
    local info = jit_util.funcinfo(func, pc)
    if not info or not jit_util.funcbc(func, pc) then break end
    active[info.currentline] = true
    pc = pc + 1
  end
  if not jit_util.funcinfo(func).children then return end
  for index = -1, -math.huge, -1 do
    local constant = jit_util.funck(func, index)
    if constant == nil then return end
    if type(constant) == "proto" then collect_lines(constant, active) end
  end
end

---@class cover.File
---@field name string
---@field lines table<integer, boolean> line -> whether it ran
---@field branches integer
---@field taken integer

--- The Lua files. LuaJIT says which lines have code, because Lua 5.4 adds a line to a function that ends in `return`. Lines
--- with only `end` are not counted, because they have code that does nothing.
---@return cover.File[]
local function lua_files()
  local files = {}
  for name in io.popen("find lua -name '*.lua' | LC_ALL=C sort"):lines() do
    local ran = read(lines_dir .. "/" .. name:gsub("^lua/", ""):gsub("/", "%%"))
    local active, lines, number = {}, {}, 0
    collect_lines(assert(loadfile(name)), active)
    for text in io.lines(name) do
      number = number + 1
      if active[number] and not text:find "^%s*end%p*$" then lines[number] = ran:byte(number) == 1 end
    end
    files[#files + 1] = { name = name, lines = lines }
  end
  return files
end

---@return cover.File[]
local function c_files()
  local files = {}
  for _, file in ipairs(cjson.decode(read(c_json)).files) do
    local lines, branches, taken = {}, 0, 0
    for _, line in ipairs(file.lines) do
      if not line["gcovr/noncode"] then
        lines[line.line_number] = line.count > 0
        for _, branch in ipairs(line.branches) do
          branches = branches + 1
          if branch.count > 0 then taken = taken + 1 end
        end
      end
    end
    files[#files + 1] = { name = file.file, lines = lines, branches = branches, taken = taken }
  end
  return files
end

--- The lines that did not run, as ranges. A range may contain lines without code.
local function format_missing(lines)
  local numbers, ranges, first, last = {}, {}, nil, nil
  for number in pairs(lines) do numbers[#numbers + 1] = number end
  table.sort(numbers)
  local function close()
    if first then ranges[#ranges + 1] = first == last and tostring(first) or first .. "-" .. last end
    first = nil
  end
  for _, number in ipairs(numbers) do
    if lines[number] then
      close()
    else
      first, last = first or number, number
    end
  end
  close()
  return table.concat(ranges, " ")
end

local function percent(part, whole)
  if not whole or whole == 0 then return "" end
  return ("%.1f %%"):format(math.floor(1000 * part / whole) / 10) -- rounded down, so that only complete coverage is 100 %
end

local function print_row(...)
  print((("%-36s %6s %8s %8s %8s  %s"):format(...):gsub("%s+$", "")))
end

--- Prints the table of one language.
---@param files cover.File[]
local function print_table(title, files)
  print_row(title, "lines", "run", "branches", "taken", "not run")
  local total = { lines = 0, ran = 0, branches = 0, taken = 0 }
  for _, file in ipairs(files) do
    local count, ran = 0, 0
    for _, has_run in pairs(file.lines) do
      count = count + 1
      if has_run then ran = ran + 1 end
    end
    print_row(file.name, count, percent(ran, count), file.branches or "", percent(file.taken, file.branches),
      format_missing(file.lines))
    total.lines, total.ran = total.lines + count, total.ran + ran
    total.branches, total.taken = total.branches + (file.branches or 0), total.taken + (file.taken or 0)
  end
  print_row("total", total.lines, percent(total.ran, total.lines), total.branches > 0 and total.branches or "",
    percent(total.taken, total.branches), "")
end

print_table("C", c_files())
print()
print_table("Lua", lua_files())
