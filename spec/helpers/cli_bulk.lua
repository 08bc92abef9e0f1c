--- Runs the commands about many keys in-process, against an emulated cloud with any number of keys.

local bulk_cloud = require "spec.helpers.bulk_cloud"
local cli = require "kms.cli"
local cli_context = require "spec.helpers.cli_context"
local parser = require "kms.cli.parser"
local question = require "kms.cli.question"

local cli_bulk = {}

---@class cli_bulk
---@field cloud bulk_cloud
---@field journal string path for a journal, which does not exist at first
---@field decision boolean? what a person says; nil: there is nobody to ask
---@field questions string[] what was asked
local Session = {}
Session.__index = Session

--- Creates a cloud and a name for a journal. `close` must be called.
---@param count integer keys of each cloud
function cli_bulk.new(count)
  local journal = os.tmpname()
  os.remove(journal)
  local self = setmetatable({ cloud = bulk_cloud.new(count), journal = journal, questions = {}, files = {},
    can_ask = question.can_ask, ask = question.ask }, Session)
  question.can_ask = function() return self.decision ~= nil end
  question.ask = function(_, text)
    self.questions[#self.questions + 1] = text
    return self.decision
  end
  return self
end

function Session:close()
  question.can_ask, question.ask = self.can_ask, self.ask
  os.remove(self.journal)
  for _, path in ipairs(self.files) do os.remove(path) end
end

--- Writes a file that `close` removes.
---@return string path
function Session:write(text)
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  self.files[#self.files + 1] = path
  return path
end

--- Writes the ids of the first keys as a list.
function Session:write_ids(count)
  local ids = {}
  for i = 1, count do ids[i] = bulk_cloud.key_id(i) end
  return self:write(table.concat(ids, "\n") .. "\n")
end

--- Reads the keys and outcomes of a text with one line per key.
function cli_bulk.parse_outcomes(text)
  local outcomes = {}
  for key, outcome in text:gmatch "(%S+)  ([^\n]+)\n" do outcomes[key] = outcome end
  return outcomes
end

--- Runs a command.
---@param ... string its words
---@return integer status
---@return string out
---@return string err
function Session:run(...)
  local match = parser.find(cli.root, { ... })
  local options, problem = parser.parse(match)
  if not options then return 1, "", problem end
  local context = cli_context.new(options, { path = match.path })
  function context.client(_, cloud, changes)
    local own = { zone = options.zone }
    for name, value in pairs(changes or {}) do own[name] = value end
    return self.cloud[cloud](self.cloud, own)
  end
  local status = match.command.run(options, context)
  return status, context.get_output()
end

return cli_bulk
