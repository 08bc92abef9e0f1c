--- Loads a module at its first use. In NGINX it is loaded at once, because loading in a handler would block the worker.
--- Modules that any call may need, such as those that report failures, are read at once and compiled at their first
--- use: a process that has no file descriptor left, or another root, could not read them then.

local compile = require "kms.util.compile"

local ngx = rawget(_G, "ngx")
local searchpath = rawget(package, "searchpath") -- not in Lua 5.1
local open = rawget(_G, "io") and io.open -- a sandbox may have no io

local lazy = {}

local names = {}

--- Loads every module that was declared lazy, and those that they declare.
function lazy.load_all()
  local i = 1
  while names[i] do
    require(names[i])
    i = i + 1
  end
end

--- Creates a table that has the fields of a module, and loads it when one of them is first read.
local function new_proxy(name)
  names[#names + 1] = name
  return setmetatable({}, { __index = function(self, field)
    local value = require(name)[field]
    self[field] = value
    return value
  end })
end

local function run_source(name, path, source)
  return compile(source, "@" .. path)(name, path)
end

--- Makes `require` load a module from its source. If the module cannot be run, because memory is short or a debug hook
--- raises, a later `require` tries again: LuaJIT would refuse that.
local function add_source(name, path, source)
  package.preload[name] = function()
    local ok, module = pcall(run_source, name, path, source)
    if not ok then
      package.loaded[name] = nil
      error(module, 0)
    end
    package.preload[name] = nil
    return module
  end
end

local read_source

--- Reads the modules that a source requires. Patterns would take longer than compiling the source.
local function read_dependencies(source)
  local quote = source:find('"kms.', 1, true)
  while quote do
    local declaration = source:sub(quote - 10, quote - 2)
    if declaration == "lazy.read" or declaration:find "require$" then
      read_source(source:match("^[%w_.]+", quote + 1))
    end
    quote = source:find('"kms.', quote + 1, true)
  end
end

--- Reads a module and what it requires. Loads a module whose source cannot be read.
function read_source(name)
  if package.loaded[name] or package.preload[name] then return end
  local path = searchpath and searchpath(name, package.path)
  local file = path and open and open(path, "rb")
  local source = file and file:read "*a"
  if file then file:close() end
  if not source then
    require(name)
    return
  end
  add_source(name, path, source)
  read_dependencies(source)
end

--- Declares a module that is read at once, and compiled at its first use: reading takes a tenth of the time.
---@param name string
---@return table module
function lazy.read(name)
  if ngx then return require(name) end
  read_source(name)
  return new_proxy(name)
end

--- Declares a lazy module.
---@param name string
---@return table module
local function declare(_, name)
  if ngx then return require(name) end
  return new_proxy(name)
end

return setmetatable(lazy, { __call = declare })
