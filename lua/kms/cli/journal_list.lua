--- Lists the journals of a folder, with what each says about its run.

local json = require "kms.cli.json"
local kms = require "kms"
local layout = require "kms.cli.layout"
local style = require "kms.cli.style"

local journal_list = {}

local INDENT = "  "

-- What the first record of a journal begins with, in any order of its members.
local HEADER = '"type":"run"'
local MAX_HEADER = 4096 -- bytes

-- Members of a journal as JSON, in this order.
local LINE = json.ordered("journal started ended operation host region total done already inferred failed uncertain "
  .. "not_tried undos problem")

--- Runs that take a run back, as a list in JSON.
journal_list.UNDOS = { type = "list",
  items = json.ordered "journal started total done already inferred failed uncertain not_tried" }

for _, field in ipairs(LINE.fields) do
  if field.name == "undos" then field.type, field.items = "list", journal_list.UNDOS.items end
end

--- Returns whether a file begins like a journal.
local function is_journal(path)
  local file = io.open(path, "rb")
  if not file then return false end
  local ok, text = pcall(file.read, file, MAX_HEADER)
  file:close()
  return ok and text ~= nil and text:match("^[^\n]*"):find(HEADER, 1, true) ~= nil
end

--- Returns whether a path is a folder.
---@param path string
---@return boolean
function journal_list.is_folder(path)
  local is_found, lfs = pcall(require, "lfs")
  return is_found and lfs.attributes(path, "mode") == "directory"
end

--- Finds out why a file cannot be a journal. What begins like JSON may be one that was cut.
---@param path string
---@return string? problem
function journal_list.find_problem(path)
  if journal_list.is_folder(path) then return path .. " is a folder; 'kms status' lists the journals in it" end
  local file = io.open(path, "rb")
  local first = file and file:read(1)
  if file then file:close() end
  return first and first ~= "{" and path .. " is not a journal; 'kms status' lists those of a folder" or nil
end

---@class kms.cli.ListedJournal
---@field path string
---@field status kms.bulk.Status? nil: it cannot be read
---@field problem string?

--- Finds the journals of a folder, the newest first.
---@param folder string
---@return kms.cli.ListedJournal[]? journals
---@return string? problem
function journal_list.find(folder)
  local is_found, lfs = pcall(require, "lfs")
  if not is_found then return nil, "the Lua module lfs is missing (Debian: apt-get install lua-filesystem)" end
  local is_readable, next_name, state = pcall(lfs.dir, folder)
  if not is_readable then return nil, "cannot read " .. tostring(next_name):gsub("^cannot open ", "") end
  local list = {}
  for name in next_name, state do
    local path = folder == "." and name or folder:gsub("/*$", "/") .. name
    if name:find "%.jsonl$" and lfs.attributes(path, "mode") == "file" and is_journal(path) then
      local status, err = kms.bulk.read(path)
      list[#list + 1] = { path = path, status = status, problem = err and err.message }
    end
  end
  table.sort(list, function(a, b)
    local started, other = a.status and a.status.started or "", b.status and b.status.started or ""
    if started ~= other then return started > other end
    return a.path > b.path
  end)
  return list
end

--- Prints journals, one line each.
---@param context kms.cli.Context
---@param list kms.cli.ListedJournal[]
---@param describe { place: (fun(status: kms.bulk.Status): string), outcome: fun(status: kms.bulk.Status): string }
function journal_list.print(context, list, describe)
  local rows = {}
  for i, journal in ipairs(list) do
    local status = journal.status
    rows[i] = status and { journal.path, describe.place(status), describe.outcome(status) }
      or { journal.path, "", journal.problem }
  end
  local text, width = layout.grid(rows), context.style.width
  local length = 0
  for line in text:gmatch "[^\n]+" do length = math.max(length, style.get_length(line)) end
  -- Where a line is too long for the terminal, each journal has two.
  if width and length > width then
    for i, row in ipairs(rows) do
      local below = layout.wrap(row[2] .. (row[2] == "" and "" or ", ") .. row[3], width - #INDENT)
      rows[i] = row[1] .. "\n" .. INDENT .. table.concat(below, "\n" .. INDENT) .. "\n"
    end
    text = table.concat(rows)
  end
  context.out:write(text)
end

--- Lists the runs that take a run back, as objects of JSON; nil if no run does.
---@param undos kms.bulk.UndoStatus[]?
---@return table[]?
function journal_list.format_undos(undos)
  local objects = {}
  for i, undo in ipairs(undos or {}) do
    objects[i] = { journal = undo.journal, started = undo.started }
    for name, count in pairs(undo.counts or {}) do objects[i][name] = count end
  end
  return objects[1] and objects or nil
end

--- Prints journals as JSON.
---@param context kms.cli.Context
---@param list kms.cli.ListedJournal[]
function journal_list.print_json(context, list)
  local objects = {}
  for i, journal in ipairs(list) do
    local status = journal.status or {}
    objects[i] = { journal = journal.path, problem = journal.problem, started = status.started,
      ended = status.stop and status.stop.t, operation = status.operation, host = status.host, region = status.region,
      total = status.total, done = status.done, already = status.already, inferred = status.inferred,
      failed = status.failed, uncertain = status.uncertain, not_tried = status.not_tried,
      undos = journal_list.format_undos(status.undos) }
    if context.options.jsonl then context.out:write(json.line(objects[i], LINE)) end
  end
  if context.options.json then context.out:write(json.document(objects, { type = "list", items = LINE })) end
end

return journal_list
