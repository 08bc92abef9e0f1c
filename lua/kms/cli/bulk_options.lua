--- Options of the commands that change many keys, as data, and the command lines that continue a run.

local options = require "kms.cli.options"
local time = require "kms.util.time"

local bulk_options = {}

local HUAWEI_RATE = 20 -- requests per second and user, as documented for many operations

-- A run sets the timeout of its requests itself.
local IS_SET_BY_RUN = { ["--timeout"] = true }

bulk_options.INPUT = {
  title = "List",
  { name = "--format", value = "FORMAT", choices = { "text", "csv", "jsonl" },
    about = "format of the list; default: as its first line looks" },
  { name = "--skip-invalid", about = "leave out lines that are not valid, in place of refusing the list" },
}

local RATES = {
  huawei = ("%d for Huawei Cloud, the documented quota"):format(HUAWEI_RATE),
  ncloud = "no limit for NAVER Cloud",
}

local RUN = {
  title = "Run",
  { name = "--dry-run", about = "print the plan and the first request with secrets masked; change nothing" },
  { name = "--yes", short = "-y", about = "do not ask after the first key" },
  { name = "--journal", value = "FILE",
    about = "record of all requests; default: kms-COMMAND-TIME.jsonl in the current folder" },
  { name = "--rate", value = "N", convert = options.to_positive,
    about = "requests per second, at most" },
  { name = "--concurrency", value = "N", convert = options.to_count,
    about = "requests under way, at most; default: 64" },
  { name = "--attempts", value = "N", convert = options.to_count,
    about = "requests per key, at most, without throttled ones; default: 8" },
  { name = "--stop-after", value = "N",
    about = "failures in a row after which the run stops; 0: never; default: 10, or failures of more than 10 "
      .. "keys that are more than a tenth of all",
    convert = function(text)
      if text == "0" then return 0 end
      return options.to_count(text)
    end },
}

--- Returns the options of a run.
---@param clouds ("huawei"|"ncloud")[]
---@return kms.cli.OptionGroup
function bulk_options.run(clouds)
  local group, rates = { title = RUN.title }, {}
  for i, cloud in ipairs(clouds) do rates[i] = RATES[cloud] end
  for i, option in ipairs(RUN) do
    if option.name == "--rate" then
      local copy = {}
      for name, value in pairs(option) do copy[name] = value end
      copy.about = option.about .. "; default: " .. table.concat(rates, ", ")
      option = copy
    end
    group[i] = option
  end
  return group
end

--- Returns the options of a run about which a journal exists.
---@param own kms.cli.Option? takes the place of --journal
---@return kms.cli.OptionGroup
function bulk_options.without_journal(own)
  local group = { title = RUN.title }
  for _, option in ipairs(bulk_options.run { "huawei", "ncloud" }) do
    if option.name ~= "--journal" then group[#group + 1] = option end
  end
  group[#group + 1] = own
  return group
end

--- Returns the options of the connection of a run about which a journal exists: it names the region.
---@return kms.cli.OptionGroup
function bulk_options.journal_connection()
  local group = bulk_options.connection({ "huawei", "ncloud" }, { ["--region"] = true })
  table.insert(group, 2, { name = "--to-project", value = "ID",
    about = "project in the new region; default: it is looked up if it is needed" })
  return group
end

--- Returns the options of the connection without some of them, or with those of both clouds.
---@param clouds string[]
---@param left_out table<string, boolean>?
---@return kms.cli.OptionGroup
function bulk_options.connection(clouds, left_out)
  local group, seen = { title = "Connection" }, {}
  for _, cloud in ipairs(clouds) do
    for _, option in ipairs(options.connection(cloud)) do
      local is_left_out = IS_SET_BY_RUN[option.name] or left_out and left_out[option.name]
      if not seen[option.name] and not is_left_out then
        group[#group + 1], seen[option.name] = option, true
      end
    end
  end
  return group
end

--- Converts the options of the command line to options of kms.bulk.
---@param parsed table
---@param cloud "huawei"|"ncloud"
---@return table
function bulk_options.to_bulk(parsed, cloud)
  local stop_after = parsed.stop_after
  if stop_after == 0 then stop_after = false end
  return { rate = parsed.rate or cloud == "huawei" and HUAWEI_RATE or nil, concurrency = parsed.concurrency,
    attempts = parsed.attempts, stop_after = stop_after }
end

--- Writes a word as a shell needs it.
---@param text string
---@return string
function bulk_options.quote(text)
  if text:find "^[%w@%%+=:,./_-]+$" then return text end
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- Options that a later command about the same journal needs too.
local KEPT = { "zone", "to_project", "endpoint", "credentials", "profile", "ca_file", "proxy", "rate", "concurrency" }

--- Writes the command line of a later command about a journal.
---@param command string "resume"
---@param journal string
---@param parsed table options of this command
---@return string
function bulk_options.write_command(command, journal, parsed)
  local words = { "kms", command, bulk_options.quote((journal:gsub("^%./", ""))) }
  for _, name in ipairs(KEPT) do
    if parsed[name] ~= nil then
      words[#words + 1] = "--" .. name:gsub("_", "-")
      words[#words + 1] = bulk_options.quote(tostring(parsed[name]))
    end
  end
  return table.concat(words, " ")
end

--- Returns the whole path of a journal, if it is known.
---@param journal string
---@return string
function bulk_options.locate(journal)
  local is_found, lfs = pcall(require, "lfs")
  local folder = is_found and lfs.currentdir()
  if journal:sub(1, 1) == "/" or not folder then return journal end
  return folder:gsub("/*$", "/") .. journal:gsub("^%./", "")
end

--- Finds a name for a new journal in the current folder.
---@param command string "move"
---@return string
function bulk_options.new_journal(command)
  local base = ("./kms-%s-%s"):format(command, time.format_basic(require("kms.http1").now()))
  local path, number = base .. ".jsonl", 1
  while true do
    local file = io.open(path, "r")
    if not file then return path end
    file:close()
    number = number + 1
    path = ("%s-%d.jsonl"):format(base, number)
  end
end

return bulk_options
