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

---@class kms.bulk.File
---@field descriptor integer? nil once it is closed
---@field handle file* holds the lock
---@field identity string
local File = {}
File.__index = File
File.__name = "kms.bulk.file"

-- The open files by device and inode. A process loses its lock (fcntl) when it closes any descriptor of the file, and a
-- lock does not exclude the process that holds it. So no file is opened twice.
local open_files = {}

local function identify(status) return status.dev .. ":" .. status.ino end

--- Finds the open file that a path names.
---@return kms.bulk.File?
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

--- Opens a file for appending and locks it.
---@param path string
---@param is_new boolean the file must not exist, and only its owner may read it; otherwise it must exist
---@return kms.bulk.File? file
---@return string? word "exists", "absent", "locked" or "failed"
---@return string? reason
function file.open(path, is_new)
  if find_open(path) then return nil, is_new and "exists" or "locked", "this process has opened it" end
  local descriptor, message, name = uv.fs_open(path, is_new and NEW or EXISTING, OWNER_ONLY)
  if not descriptor then return fail(message, name) end
  local status = uv.fs_fstat(descriptor)
  local identity = identify(status)
  local handle, word, reason = nil, "failed", "not a regular file"
  if status.type == "file" then handle, word, reason = lock(path, identity) end
  if handle and is_new then
    local ok
    ok, message, name = sync_folder(path)
    if not ok then
      handle:close()
      handle, word, reason = fail(message, name)
    end
  end
  if not handle then
    uv.fs_close(descriptor)
    return nil, word, reason
  end
  handle_size_signal()
  local self = setmetatable({ descriptor = descriptor, handle = handle, identity = identity }, File)
  open_files[identity] = self
  return self
end

local function get_descriptor(self)
  return self.descriptor or error("file is closed", 3)
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
function File:close()
  if not self.descriptor then return end
  uv.fs_close(self.descriptor)
  self.handle:close()
  self.descriptor, open_files[self.identity] = nil, nil
  restore_size_signal()
end

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
