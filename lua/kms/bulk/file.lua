--- The file of a journal: created once, locked, appended to, synced and cut.

local function load_library(name, package)
  local ok, library = pcall(require, name)
  if ok then return library end
  error(("a journal needs the Lua module %s (Debian package %s): %s"):format(name, package, library), 0)
end

local lfs = load_library("lfs", "lua-filesystem")
local uv = load_library("luv", "lua-luv")

local file = {}

local FLAGS = uv.constants
local EXISTING = FLAGS.O_RDWR + FLAGS.O_APPEND + FLAGS.O_NOCTTY + FLAGS.O_NONBLOCK -- open would wait for a FIFO
local NEW = FLAGS.O_RDWR + FLAGS.O_APPEND + FLAGS.O_NOCTTY + FLAGS.O_CREAT + FLAGS.O_EXCL
local OWNER_ONLY = 384 -- mode 0600

local WORDS = { EEXIST = "exists", ENOENT = "absent", ENOTDIR = "absent" }

---@class kms.bulk.OpenFile
---@field descriptor integer? nil once it is closed
---@field handle file*? holds the lock
---@field identity string? once it is locked

---@class kms.bulk.File
---@field open kms.bulk.OpenFile
---@field finalizer any closes the file when it is collected
local File = {}
File.__index = File
File.__name = "kms.bulk.file"

-- The open files by device and inode. A process loses its lock (fcntl) when it closes any descriptor of the file, and a
-- lock does not exclude the process that holds it. So no file is opened twice.
---@type table<string, kms.bulk.OpenFile>
local open_files = {}

local newproxy = rawget(_G, "newproxy") -- in Lua 5.1 tables have no finalizers

local function new_finalizer(fn)
  if not newproxy then return setmetatable({}, { __gc = fn }) end
  local proxy = newproxy(true)
  getmetatable(proxy).__gc = fn
  return proxy
end

local function identify(status) return status.dev .. ":" .. status.ino end

--- Finds the open file that a path names.
---@return kms.bulk.OpenFile?
local function find_open(path)
  local status = uv.fs_stat(path)
  return status and open_files[identify(status)]
end

--- Removes from a message of libuv what the caller knows: the name of the error, and the path.
local function describe(message)
  return (message:gsub("^%u+: ", ""):gsub(": [^:]*$", ""))
end

local function fail(message, name)
  return nil, WORDS[name] or "failed", describe(message)
end

--- Syncs the folder that has the entry of a new file, so that the file survives a power failure.
local function sync_folder(path)
  local descriptor, message, name = uv.fs_open(path:match "^.*/" or ".", "r", 0)
  if not descriptor then return nil, message, name end
  local ok
  ok, message, name = uv.fs_fsync(descriptor)
  uv.fs_close(descriptor)
  if ok or name == "EINVAL" then return true end -- some file systems cannot sync a folder
  return nil, message, name
end

--- Locks an open file.
---@return file*? handle, string? word, string? reason
local function lock(path, identity)
  local handle, reason = io.open(path, "r+b")
  if not handle then return nil, "failed", reason end
  local is_locked, problem = lfs.lock(handle, "w")
  if is_locked and identify(uv.fs_stat(path) or { dev = 0, ino = 0 }) == identity then return handle end
  handle:close()
  return nil, is_locked and "failed" or "locked", problem or "the file was replaced"
end

-- A write above RLIMIT_FSIZE fails, and its signal would end the process. The handler of libuv takes its place while a
-- file is open.
local size_signal, signal_users = uv.new_signal(), 0
size_signal:unref()

local function handle_size_signal()
  if signal_users == 0 then size_signal:start(FLAGS.SIGXFSZ, function() end) end
  signal_users = signal_users + 1
end

local function restore_size_signal()
  signal_users = signal_users - 1
  if signal_users == 0 then size_signal:stop() end
end

--- Closes what is open. Can be repeated after an error of a debug hook. At the end of the Lua state, the handle may be
--- closed already.
local function close(self)
  local descriptor, handle, identity = self.descriptor, self.handle, self.identity
  if descriptor then
    self.descriptor = nil
    uv.fs_close(descriptor)
  end
  if handle then
    self.handle = nil
    if io.type(handle) == "file" then handle:close() end
  end
  if identity then
    if open_files[identity] == self then open_files[identity] = nil end
    self.identity = nil
    restore_size_signal()
  end
end

--- Opens and locks a file.
---@param self kms.bulk.OpenFile gets the descriptor and the handle as soon as they are open
---@return true? is_ok, string? word, string? reason
local function open_and_lock(self, path, is_new)
  local ok, message, name, word, reason
  self.descriptor, message, name = uv.fs_open(path, is_new and NEW or EXISTING, OWNER_ONLY)
  if not self.descriptor then return fail(message, name) end
  local status = uv.fs_fstat(self.descriptor)
  if status.type ~= "file" then return nil, "failed", "not a regular file" end
  local identity = identify(status)
  self.handle, word, reason = lock(path, identity)
  if not self.handle then return nil, word, reason end
  if is_new then
    ok, message, name = sync_folder(path)
    if not ok then return fail(message, name) end
  end
  handle_size_signal()
  self.identity = identity
  open_files[identity] = self
  return true
end

--- Opens a file for appending and locks it.
---@param path string
---@param is_new boolean the file must not exist, and only its owner may read it; otherwise it must exist
---@return kms.bulk.File? file
---@return string? word "exists", "absent", "locked" or "failed"
---@return string? reason
function file.open(path, is_new)
  if find_open(path) then collectgarbage() end -- a run that an error of a debug hook ended may have been abandoned
  if find_open(path) then return nil, is_new and "exists" or "locked", "this process has opened it" end
  local open = {}
  local self = setmetatable({ open = open, finalizer = new_finalizer(function() close(open) end) }, File)
  local is_completed, is_ok, word, reason = pcall(open_and_lock, open, path, is_new)
  if is_ok and is_completed then return self end
  close(open)
  if not is_completed then error(is_ok, 0) end
  return nil, word, reason
end

local function get_descriptor(self)
  return self.open.descriptor or error("file is closed", 3)
end

--- Appends all bytes. After a failure the file may end within them.
---@param bytes string
---@return true? is_ok, string? word, string? reason
function File:append(bytes)
  local descriptor = get_descriptor(self)
  while bytes ~= "" do
    local count, message, name = uv.fs_write(descriptor, bytes, -1)
    if not count then return fail(message, name) end
    bytes = bytes:sub(count + 1)
  end
  return true
end

--- Returns when all bytes are on the disk.
---@return true? is_ok, string? word, string? reason
function File:sync()
  local ok, message, name = uv.fs_fsync(get_descriptor(self))
  if not ok then return fail(message, name) end
  return true
end

--- Cuts the file.
---@param size integer bytes
---@return true? is_ok, string? word, string? reason
function File:truncate(size)
  local ok, message, name = uv.fs_ftruncate(get_descriptor(self), size)
  if not ok then return fail(message, name) end
  return true
end

--- Closes the file, which unlocks it.
function File:close() close(self.open) end

--- Reads a file without losing the lock that this process may have on it.
---@param path string
---@param read fun(handle: file*): any
---@return any result of `read`, or nil if the file cannot be opened
---@return string? reason
function file.read(path, read)
  local locked = find_open(path)
  if locked then
    locked.handle:seek "set"
    return read(locked.handle)
  end
  local handle, reason = io.open(path, "rb")
  if not handle then return nil, reason end
  local _, problem = handle:read(0) -- a folder can be opened, but not read
  if problem then
    handle:close()
    return nil, problem
  end
  local result = read(handle)
  handle:close()
  return result
end

return file
