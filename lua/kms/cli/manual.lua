--- Generates the manual page of the kms command, from the commands.

local exit_status = require "kms.cli.exit_status"
local help = require "kms.cli.help"

local manual = {}

-- Beside the variables that options name.
local VARIABLES = {
  { "HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK, HUAWEICLOUD_SDK_SECURITY_TOKEN", "credentials of Huawei Cloud" },
  { "HUAWEICLOUD_SDK_REGION, HUAWEICLOUD_SDK_PROJECT_ID", "region and project of Huawei Cloud. The project counts for "
    .. "this region only; that of another region is looked up" },
  { "NCLOUD_ACCESS_KEY, NCLOUD_SECRET_KEY", "credentials of NAVER Cloud" },
  { "NCLOUD_KMS_ENDPOINT, HUAWEICLOUD_SDK_REGION_KMS_<REGION>", "endpoints in place of the clouds' own" },
  { "KMS_CA_FILE", "certificates to trust, in place of the system's" },
  { "https_proxy, no_proxy", "proxy, and hosts that are reached without it" },
  { "NO_COLOR", "no colours" },
  { "LC_ALL, LC_CTYPE, LANG", "UTF-8 or ASCII" },
  { "COLUMNS", "width, if the terminal does not tell it" },
}

local FILES = {
  { "~/.huaweicloud/credentials", "profiles of Huawei Cloud" },
  { "~/.ncloud/configure", "profiles of NAVER Cloud" },
  { "kms-COMMAND-TIME.jsonl", "journal of a run, in the folder where it began" },
}

--- Escapes a text for roff: backslashes, hyphens, and control characters at the beginning of a line.
local function escape(text)
  text = text:gsub("\\", "\\e"):gsub("%-", "\\-"):gsub("…", "...")
  return (text:gsub("^([.'])", "\\&%1"):gsub("\n([.'])", "\n\\&%1"))
end

local function add(lines, ...)
  for i = 1, select("#", ...) do lines[#lines + 1] = (select(i, ...)) end
end

local function add_items(lines, items)
  for _, item in ipairs(items) do add(lines, ".TP", ".B " .. escape(item[1]), escape(item[2])) end
end

local function add_options(lines, groups, is_skipped)
  for _, group in ipairs(groups or {}) do
    for _, option in ipairs(group) do
      if not is_skipped[option.name] then
        local names = (option.short and option.short .. ", " or "") .. option.name
        local value = option.value and " " .. escape(option.value) or ""
        add(lines, ".TP", ('.BI "%s" "%s"'):format(escape(names), value), escape(help.describe(option)))
      end
    end
  end
end

local function add_examples(lines, examples)
  if not examples or not examples[1] then return end
  add(lines, ".PP", "Examples:", ".PP", ".nf", ".RS")
  for _, example in ipairs(examples) do
    if example[2] then add(lines, escape("# " .. example[2])) end
    add(lines, escape(example[1]))
  end
  add(lines, ".RE", ".fi")
end

--- Finds the options that all operations of all clouds have.
local function find_shared(root)
  local counts, operations, shared = {}, 0, { title = "Options" }
  for _, group in ipairs(root.list()) do
    for _, command in ipairs(group) do
      for _, inner_group in ipairs(command.list and command.list() or {}) do
        for _, operation in ipairs(inner_group) do
          operations = operations + 1
          for _, options in ipairs(operation.options) do
            for _, option in ipairs(options) do
              counts[option.name] = (counts[option.name] or 0) + 1
              if counts[option.name] == 1 then shared[#shared + 1] = option end
            end
          end
        end
      end
    end
  end
  local common, is_common = { title = "Options" }, {}
  for _, option in ipairs(shared) do
    if counts[option.name] == operations then
      common[#common + 1], is_common[option.name] = option, true
    end
  end
  return common, is_common
end

local function add_command(lines, command, path, is_skipped)
  add(lines, ".SS " .. escape(path))
  add(lines, ".B " .. escape(help.usage(command, path)), ".PP", escape(command.description or command.about))
  local arguments = {}
  for i, argument in ipairs(command.arguments or {}) do arguments[i] = { argument.name, argument.about } end
  add_items(lines, arguments)
  add_options(lines, command.options, is_skipped)
  add_examples(lines, command.examples)
end

local function add_operations(lines, command, path, is_skipped)
  add(lines, ".SS " .. escape(path), escape(command.description))
  for _, group in ipairs(command.list()) do
    for _, operation in ipairs(group) do
      add(lines, ".TP", ".B " .. escape(help.usage(operation, path .. " " .. operation.name)), escape(operation.about))
      add(lines, ".RS")
      add_options(lines, operation.options, is_skipped)
      add(lines, ".RE")
    end
  end
end

--- Generates the page.
---@param root kms.cli.Command
---@param version string
---@return string
function manual.generate(root, version)
  local common, is_common = find_shared(root)
  local lines = { '.\\" Generated from lua/kms/cli by `make reference`. Changes belong there.' }
  add(lines, ('.TH KMS 1 "" "kms %s" "User Commands"'):format(version), ".SH NAME",
    "kms \\- " .. escape(root.about:gsub("%.$", ""):gsub("^%u", string.lower)), ".SH SYNOPSIS",
    ".B kms", "COMMAND [OPTIONS]", ".PP", ".B kms", escape "COMMAND --help", ".SH DESCRIPTION")
  add(lines, escape "Results are on standard output, everything else is on standard error. Options follow the command.")
  add(lines, ".PP", escape("A value of an operation that begins with @ is read from the file of that name; @@ stands "
    .. "for a literal @. Secrets must be read from a file, or from standard input with -, because other users of a "
    .. "machine can see command lines."))
  for _, group in ipairs(root.list()) do
    add(lines, ".SH " .. group.title:upper())
    if group[1].list then
      add(lines, "Every operation has these options, and those below it.")
      add_options(lines, { common }, {})
    end
    for _, command in ipairs(group) do
      local add_one = command.list and add_operations or add_command
      add_one(lines, command, "kms " .. command.name, command.list and is_common or {})
    end
  end
  add(lines, ".SH EXIT STATUS")
  local meanings = {}
  for i, row in ipairs(exit_status.MEANINGS) do meanings[i] = { tostring(row[1]), row[2] } end
  add_items(lines, meanings)
  add(lines, ".PP", escape(exit_status.PRECEDENCE))
  add(lines, ".SH ENVIRONMENT")
  add_items(lines, VARIABLES)
  add(lines, ".SH FILES")
  add_items(lines, FILES)
  return table.concat(lines, "\n") .. "\n"
end

return manual
