--- `kms emulator`: serves both clouds on this machine, with the emulator's server.

local exit_status = require "kms.cli.exit_status"
local options = require "kms.cli.options"
local terminal = require "kms.cli.terminal"

local emulator = {}

local DEFAULT_PORT = 18440
local SERVER = "tools/emulator/serve"

local function is_file(path)
  local file = io.open(path)
  if file then file:close() end
  return file ~= nil
end

--- Finds the server: in the source tree, or beside the installed module kms.emulator.
---@return string? path
local function find_server()
  for template in package.path:gmatch "[^;]+" do
    local module = template:gsub("%?", "kms/emulator/init")
    local folder = module:match "^(.*)/init%.lua$"
    if folder and is_file(module) then
      for _, root in ipairs { folder .. "/server", folder .. "/../../.." } do
        if is_file(root .. "/" .. SERVER) then return root .. "/" .. SERVER end
      end
    end
  end
end

--- Returns whether a program is on the path.
local function has_program(name)
  local result = os.execute(("command -v %s > /dev/null 2>&1"):format(name))
  return result == true or result == 0
end

--- Returns what the server needs and this machine does not have.
---@param has (fun(name: string): boolean)?
---@return string? problem
function emulator.find_problem(has)
  has = has or has_program
  for _, row in ipairs { { "nginx", "nginx libnginx-mod-http-lua" }, { "openssl", "openssl" }, { "bash", "bash" } } do
    if not has(row[1]) then
      return ("%s is missing; the emulator's server needs it (Debian: apt-get install %s)"):format(row[1], row[2])
    end
  end
end

local function run(parsed, context)
  local server, problem = find_server(), emulator.find_problem()
  if not server then problem = "the emulator's server is not installed" end
  if problem then return context:refuse(problem) end
  local folder = parsed.folder or (os.getenv "TMPDIR" or "/tmp") .. "/kms-emulator-" .. (parsed.port or DEFAULT_PORT)
  local words = { "bash", server, folder, tostring(parsed.port or DEFAULT_PORT), parsed.seed }
  context.out:flush()
  return terminal.run_program(words) == 0 and exit_status.DONE or exit_status.FAILED
end

---@type kms.cli.Command
emulator.command = {
  name = "emulator",
  group = "Help",
  about = "serve both clouds on this machine, for tests",
  description = "Serves the emulator of both clouds over HTTPS on 127.0.0.1, until Ctrl-C. It prints the addresses "
    .. "and the lines that make other programs use it. It needs NGINX with its Lua module.",
  options = { { title = "Options",
    { name = "--port", value = "N", about = ("first of nine ports; default: %d"):format(DEFAULT_PORT),
      convert = options.to_count },
    { name = "--seed", value = "FILE", about = "JSON file with accounts, keys and settings" },
    { name = "--folder", value = "FOLDER", about = "where certificates and logs go; default: a folder in /tmp" } } },
  examples = { { "kms emulator" }, { "kms emulator --port 20000 --seed seed.json" } },
  run = run,
}

return emulator
