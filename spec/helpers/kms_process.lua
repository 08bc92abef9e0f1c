--- Runs the kms command in processes of its own against the emulator, also on a terminal, and sends it signals and keys.

local emulated = require "spec.helpers.emulator_client"
local subprocess = require "spec.helpers.subprocess"

local kms_process = {}

local TIMEOUT = 20 -- seconds until a script is ended

local variables = {}
for line in io.lines(os.getenv "KMS_EMULATOR_DIR" .. "/env") do
  local name, value = line:match "^export ([%w_]+)='(.*)'$"
  if name then variables[name] = value end
end
variables.PROGRAM = subprocess.lua .. " bin/kms"

-- For the scripts: `kms` runs the command, `wait_for FILE PATTERN [COUNT]` waits until so many lines of a file match.
local FUNCTIONS = [[
kms() { $PROGRAM "$@"; }
wait_for() {
  until [ -e "$1" ] && [ "$(grep -acE "$2" "$1")" -ge "${3:-1}" ]; do
    sleep 0.02
  done
}
]]

--- Runs a shell script.
---@param script string
---@param more table<string, string>? further variables
---@return string output of stdout and stderr
---@return boolean ok
function kms_process.run(script, more)
  local environment = { SCRIPT = FUNCTIONS .. script, TERM = "xterm", LANG = "C.UTF-8" }
  for _, set in ipairs { variables, more or {} } do
    for name, value in pairs(set) do environment[name] = value end
  end
  return subprocess.execute(("timeout %d bash -c 'eval \"$SCRIPT\"'"):format(TIMEOUT), environment)
end

--- Runs a command line on a terminal. Each step waits for a text on the terminal, and then types keys.
---@param command string
---@param columns integer
---@param steps { [1]: string, [2]: string }[] pattern of grep, text for printf
---@param more table<string, string>? further variables
---@return string raw what was written to the terminal
function kms_process.run_on_terminal(command, columns, steps, more)
  local folder = os.tmpname()
  os.remove(folder)
  local lines = {
    ("mkdir %s && cd %s && ln -s $ROOT/bin $ROOT/lua . && mkfifo keys"):format(folder, folder),
    ("script -qfec 'stty cols %d rows 24; %s; echo \"(exit status $?)\"' raw < keys > /dev/null & exec 3> keys"):format(
      columns, command),
  }
  for _, step in ipairs(steps) do
    lines[#lines + 1] = ("wait_for raw '%s'; printf '%s' >&3"):format(step[1], step[2])
  end
  lines[#lines + 1] = "wait_for raw '^.exit status'; exec 3>&-; wait; cat raw; rm -r " .. folder
  local root = assert(io.popen "pwd")
  local changed = { ROOT = root:read "*l", LUA_PATH = package.path, LUA_CPATH = package.cpath }
  root:close()
  for name, value in pairs(more or {}) do changed[name] = value end
  local raw = kms_process.run(table.concat(lines, "\n"), changed)
  return (raw:gsub("^Script started[^\n]*\n", ""):gsub("\n?Script done[^\n]*\n?$", ""))
end

--- Returns the lines that a terminal shows: carriage returns, erased lines and colours are applied. Lines are not wrapped.
---@param raw string
---@return string[]
function kms_process.render(raw)
  local lines, line, column = {}, "", 0
  local position = 1
  raw = raw:gsub("\27%[[%d;]*m", "")
  while position <= #raw do
    local byte = raw:sub(position, position)
    if raw:find("^\27%[K", position) then
      line, position = line:sub(1, column), position + 2
    elseif byte == "\r" then
      column = 0
    elseif byte == "\n" then
      lines[#lines + 1], line, column = line, "", 0
    else
      line = line:sub(1, column) .. byte .. line:sub(column + 2)
      column = column + 1
    end
    position = position + 1
  end
  if line ~= "" then lines[#lines + 1] = line end
  return lines
end

--- Gives the emulator a number of keys of each cloud, and responses that take some time.
---@param count integer
---@param seconds number
function kms_process.prepare(count, seconds)
  local bulk_cloud, emulator = require "spec.helpers.bulk_cloud", require "kms.emulator"
  local keys = {}
  for i = 1, count do
    keys[#keys + 1] = { provider = "huawei", key_id = bulk_cloud.key_id(i), primary = "cn-north-4", replicas = { "cn-east-3" } }
    keys[#keys + 1] = { provider = "ncloud", key_tag = bulk_cloud.key_tag(i), key_name = "name-" .. i }
  end
  emulated.reset()
  emulated.control("PUT", "saved", emulator.new({ keys = keys }):save())
  emulated.settings { latency = { distribution = "fixed", seconds = seconds } }
end

--- Counts the keys that are primary in cn-east-3, and the requests to move a key.
---@return integer moved
---@return integer requests
function kms_process.count_moved()
  local state, moved = emulated.state(), 0
  for _, key in pairs(state.keys) do
    if key.primary == "cn-east-3" then moved = moved + 1 end
  end
  return moved, state.operations.huawei.update_primary_region or 0
end

return kms_process
