--- Draws the plots of docs/performance.md from bench/RESULTS.md: lua bench/plots.lua FOLDER. Run through
--- `make bench-plots`.

local results = require "bench.results"

local RESULTS = "bench/RESULTS.md"
local folder = assert(arg[1], "usage: bench/plots.lua FOLDER")

-- Colors that readers with a color vision deficiency can tell apart (Okabe and Ito).
local COLORS = { "#0072b2", "#e69f00", "#009e73", "#999999" }

--- Runs gnuplot.
---@param name string of the SVG file, without ".svg"
---@param commands string[]
local function draw(name, commands)
  local path = ("%s/%s.svg"):format(folder, name)
  local pipe = assert(io.popen("gnuplot", "w"))
  pipe:write("set terminal svg noenhanced size 720,360 font 'sans-serif,13' background '#ffffff'\n",
    ("set output '%s'\n"):format(path),
    "set border 3 lc rgb '#666666'\nset tics nomirror\nset grid ytics lc rgb '#dddddd'\n",
    table.concat(commands, "\n"), "\n")
  assert(pipe:close())
  print(path)
end

--- A block of data that gnuplot reads under a name.
---@param name string
---@param rows number[][]
local function data_block(name, rows)
  local lines = { "$" .. name .. " << END" }
  for _, row in ipairs(rows) do
    local cells = {}
    for i, cell in ipairs(row) do cells[i] = tostring(cell) end
    lines[#lines + 1] = table.concat(cells, " ")
  end
  lines[#lines + 1] = "END"
  return table.concat(lines, "\n")
end

--- Draws a group of bars per row, each bar with its range and its number.
---@param plot { name: string, title: string, axis: string, row_axis: string?, series: string[], rows: table[],
---  format: string } `rows`: a label, then a spread per series
local function draw_bars(plot)
  local width = 0.8 / #plot.series
  local tics, blocks, curves = {}, {}, {}
  for i, series in ipairs(plot.series) do
    local rows = {}
    for j, row in ipairs(plot.rows) do
      local spread = row[i + 1]
      rows[j] = { j + (i - (#plot.series + 1) / 2) * width, spread.median, spread.minimum, spread.maximum,
        width * 0.95 }
      tics[j] = ("\"%s\" %d"):format(row[1], j)
    end
    blocks[i] = data_block("bars" .. i, rows)
    curves[i] = ("$bars%d using 1:2:3:4:5 with boxerrorbars fc rgb '%s' title '%s'"):format(i, COLORS[i], series)
    curves[#plot.series + i] = ("$bars%d using 1:4:(sprintf('%s', $2)) with labels offset 0,0.6 font ',11' notitle")
      :format(i, plot.format)
  end
  draw(plot.name, {
    table.concat(blocks, "\n"),
    ("set title '%s'\nset ylabel '%s'\nset xlabel '%s'\nset yrange [0:*]")
      :format(plot.title, plot.axis, plot.row_axis or ""),
    ("set xrange [0.4:%g]\nset xtics (%s)"):format(#plot.rows + 0.6, table.concat(tics, ", ")),
    "set style fill solid 0.9 noborder\nset bars 0.3\nset key outside top center horizontal\nset bmargin 5",
    "plot " .. table.concat(curves, ", "),
  })
end

-- Both sections have a row P0s, and each number is a ratio to the P0s of its own run.
local PROGRAMS = {
  { "P0", "P0:\\nlibcurl in C", "What a call costs" },
  { "P0s", "P0s:\\nP0 and signature", "What a call costs" },
  { "lua-kms, Lua 5.4", "lua-kms\\nLua 5.4", "What a call costs" },
  { "lua-kms, LuaJIT", "lua-kms\\nLuaJIT", "What a call costs" },
  { "lua-http and luaossl, LuaJIT", "lua-http and\\nluaossl", "Other ways to make the call" },
  { "Huawei Cloud's Node SDK", "Huawei Cloud\\nNode SDK", "Other ways to make the call" },
}

local function draw_call()
  local rows = {}
  for i, program in ipairs(PROGRAMS) do
    rows[i] = { program[2] }
    for _, connection in ipairs { "HTTP", "TLS" } do
      local read = results.read_table(RESULTS, program[3], "Huawei Cloud, " .. connection .. ":")
      table.insert(rows[i], results.read_spread(results.find_cell(read, program[1], "time to P0s")))
    end
  end
  draw_bars { name = "call", title = "Time of a call of update_primary_region", axis = "time compared with P0s",
    series = { "HTTP", "TLS" }, rows = rows, format = "%.2f" }
end

local function draw_growth()
  local read = results.read_table(RESULTS, "How cost grows", "One call after another")
  local blocks, lines = {}, {}
  for i, name in ipairs { "lua-kms, Lua 5.4", "lua-kms, LuaJIT", "P0s", "P0" } do
    local rows = {}
    for column = 2, #read.header do
      rows[#rows + 1] = { tonumber(read.header[column]), tonumber((read.rows[name][column]:match "^([%d.]+),")) }
    end
    blocks[i] = data_block("growth" .. i, rows)
    lines[i] = ("$growth%d using 1:2 with linespoints pt 7 ps 0.6 lw 2 lc rgb '%s' title '%s'")
      :format(i, COLORS[i], name)
  end
  draw("growth", {
    table.concat(blocks, "\n"),
    "set title 'CPU of the client per call, one call after another over TLS'",
    "set xlabel 'calls made'\nset ylabel 'µs per call (logarithmic)'\nset logscale xy",
    "set xrange [0.8:1.3e6]\nset key top right\nset format x '%.0f'",
    "plot " .. table.concat(lines, ", "),
  })
end

local function draw_nginx()
  local read = results.read_table(RESULTS, "What calls cost the other requests of an NGINX worker",
    "`/ping` on one connection")
  local rows = {}
  for i, name in ipairs(read.names) do
    rows[i] = { name }
    for _, title in ipairs { "/ping p50, ms", "/ping p99, ms" } do
      table.insert(rows[i], results.read_spread(results.find_cell(read, name, title)))
    end
  end
  draw_bars { name = "nginx", title = "Latency of other requests while a worker makes calls", axis = "ms",
    row_axis = read.header[1], series = { "median", "99th percentile" }, rows = rows, format = "%.3f" }
end

draw_call()
draw_growth()
draw_nginx()
