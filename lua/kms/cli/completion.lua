--- `kms completion`: prints a completion script for a shell, generated from the commands.

local completion = {}

--- Visits every command that has no commands below it, and every list of commands.
---@param visit_list fun(path: string, list: kms.cli.Command[])
---@param visit_leaf fun(path: string, command: kms.cli.Command)
local function walk(command, path, visit_list, visit_leaf)
  if not command.list then return visit_leaf(path, command) end
  local list = {}
  for _, group in ipairs(command.list()) do
    for _, inner in ipairs(group) do list[#list + 1] = inner end
  end
  visit_list(path, list)
  for _, inner in ipairs(list) do
    walk(inner, path == "" and inner.name or path .. " " .. inner.name, visit_list, visit_leaf)
  end
end

local HELP = { name = "--help", about = "show the help" }

local function list_options(command)
  local list = {}
  for _, group in ipairs(command.options or {}) do
    for _, option in ipairs(group) do list[#list + 1] = option end
  end
  list[#list + 1] = HELP
  return list
end

--- Returns the options that all commands of a list have. The scripts of zsh and fish describe them once.
---@param list kms.cli.Command[]
---@return kms.cli.Option[] common
---@return table<kms.cli.Option, boolean> is_common
local function find_common(list)
  local counts, common, is_common = {}, {}, {}
  for _, command in ipairs(list) do
    for _, option in ipairs(list_options(command)) do
      counts[option] = (counts[option] or 0) + 1
      if counts[option] == #list then
        common[#common + 1], is_common[option] = option, true
      end
    end
  end
  return common, is_common
end

local function exclude(list, is_excluded)
  local rest = {}
  for _, option in ipairs(list) do
    if not is_excluded[option] then rest[#rest + 1] = option end
  end
  return rest
end

local function join_names(list)
  local names = {}
  for i, item in ipairs(list) do names[i] = item.name end
  return table.concat(names, " ")
end

local function list_choices(command)
  for _, argument in ipairs(command.arguments or {}) do
    if argument.choices then return argument.choices end
  end
  return {}
end

local BASH = [==[
# bash completion of kms, from `kms completion bash`
_kms() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path= names= options= choices=
  [ "$COMP_CWORD" -lt 2 ] || path=${COMP_WORDS[1]}
  case $path in huawei|ncloud) [ "$COMP_CWORD" -lt 3 ] || path="$path ${COMP_WORDS[2]}" ;; esac
  case $path in
%s  esac
  case "$path $prev" in
%s  esac
  case $cur in -*) names=$options ;; esac
  COMPREPLY=($(compgen -W "$names" -- "$cur"))
}
complete -o default -F _kms kms
]==]

--- Adds the choices of options, once for all commands that agree, because most do.
local function collect_choices(root)
  local rows, seen = {}, {}
  walk(root, "", function() end, function(path, command)
    for _, option in ipairs(list_options(command)) do
      local pattern = option.choices and ("*' %s'"):format(option.name)
      if pattern and seen[pattern] and seen[pattern] ~= table.concat(option.choices, " ") then
        pattern = ("'%s %s'"):format(path, option.name)
      end
      if pattern and not seen[pattern] then
        seen[pattern] = table.concat(option.choices, " ")
        -- A pattern for one command must come before that for all.
        table.insert(rows, pattern:sub(1, 1) == "*" and #rows + 1 or 1, { pattern, seen[pattern] })
      end
    end
  end)
  return rows
end

local function write_bash(root)
  local cases, choices = {}, {}
  walk(root, "", function(path, list)
    local extra = path == "" and " options='--help --version'" or " options=--help"
    cases[#cases + 1] = ("    '%s') names='%s'%s ;;\n"):format(path, join_names(list), extra)
  end, function(path, command)
    cases[#cases + 1] = ("    '%s') names='%s' options='%s' ;;\n"):format(path,
      table.concat(list_choices(command), " "), join_names(list_options(command)))
  end)
  for _, row in ipairs(collect_choices(root)) do
    choices[#choices + 1] = ("    %s) names='%s' ;;\n"):format(row[1], row[2])
  end
  return BASH:format(table.concat(cases), table.concat(choices))
end

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local ZSH = [==[
#compdef kms
# zsh completion of kms, from `kms completion zsh`
_kms() {
  local path_of_command= previous=${words[CURRENT-1]}
  local -a candidates options
  (( CURRENT < 3 )) || path_of_command=${words[2]}
  case $path_of_command in
    huawei|ncloud) (( CURRENT < 4 )) || path_of_command="$path_of_command ${words[3]}" ;;
  esac
  case $path_of_command in
%s  esac
  case "$path_of_command $previous" in
%s  esac
  if [[ ${words[CURRENT]} == -* ]]; then
    _describe option options
  elif (( ${#candidates} )); then
    _describe command candidates
  else
    _files
  fi
}
if [[ ${funcstack[1]} == _kms ]]; then _kms "$@"; else compdef _kms kms; fi
]==]

--- Writes items for _describe: a colon ends the name.
local function write_descriptions(list)
  local words = {}
  for i, item in ipairs(list) do words[i] = quote(item.name:gsub(":", "\\:") .. ":" .. item.about) end
  return table.concat(words, " ")
end

local function write_zsh(root)
  local cases, choices, is_common = {}, {}, {}
  walk(root, "", function(path, list)
    if path ~= "" then
      local common
      common, is_common = find_common(list)
      cases[#cases + 1] = ("    '%s '*) options=(%s) ;|\n"):format(path, write_descriptions(common))
    end
    cases[#cases + 1] = ("    '%s') candidates=(%s); options=('--help:show the help') ;;\n"):format(path,
      write_descriptions(list))
  end, function(path, command)
    local rest = path:find " " and exclude(list_options(command), is_common) or list_options(command)
    cases[#cases + 1] = ("    '%s') candidates=(%s); options+=(%s) ;;\n"):format(path,
      table.concat(list_choices(command), " "), write_descriptions(rest))
  end)
  for _, row in ipairs(collect_choices(root)) do
    choices[#choices + 1] = ("    %s) candidates=(%s) ;;\n"):format(row[1], row[2])
  end
  return ZSH:format(table.concat(cases), table.concat(choices))
end

local FISH = [[
# fish completion of kms, from `kms completion fish`
function __kms_at
  set -l words (commandline -opc)
  test (count $words) -gt (count $argv); or return 1
  for i in (seq (count $argv))
    test $words[(math $i + 1)] = $argv[$i]; or return 1
  end
end
function __kms_next
  test (count (commandline -opc)) -eq (math (count $argv) + 1); and __kms_at $argv
end
]]

local function write_fish_option(path, option)
  local line = ("complete -c kms -n '__kms_at %s' -l %s"):format(path, option.name:gsub("^%-%-", ""))
  if option.short then line = line .. " -s " .. option.short:sub(2) end
  if option.value then line = line .. " -r" end
  if option.choices then line = line .. " -f -a " .. quote(table.concat(option.choices, " ")) end
  return line .. " -d " .. quote(option.about) .. "\n"
end

local function write_fish(root)
  local lines = { FISH }
  local function add(path, name, about)
    lines[#lines + 1] = ("complete -c kms -f -n '__kms_next%s' -a %s -d %s\n"):format(path == "" and "" or " " .. path,
      quote(name), quote(about))
  end
  local is_common
  walk(root, "", function(path, list)
    for _, inner in ipairs(list) do add(path, inner.name, inner.about) end
    if path == "" then return end
    local common
    common, is_common = find_common(list)
    for _, option in ipairs(common) do lines[#lines + 1] = write_fish_option(path, option) end
  end, function(path, command)
    for _, choice in ipairs(list_choices(command)) do add(path, choice, "") end
    local rest = path:find " " and exclude(list_options(command), is_common) or list_options(command)
    for _, option in ipairs(rest) do lines[#lines + 1] = write_fish_option(path, option) end
  end)
  return table.concat(lines)
end

local WRITERS = { bash = write_bash, zsh = write_zsh, fish = write_fish }

--- Generates the completion script of a shell.
---@param shell "bash"|"zsh"|"fish"
---@param root kms.cli.Command
---@return string
function completion.generate(shell, root) return WRITERS[shell](root) end

---@type kms.cli.Command
completion.command = {
  name = "completion",
  group = "Help",
  about = "print completion for bash, zsh or fish",
  description = "Prints a script that completes commands, options and values of kms in a shell.",
  arguments = { { name = "SHELL", about = "bash, zsh or fish", choices = { "bash", "zsh", "fish" } } },
  examples = {
    { 'eval "$(kms completion bash)"', "in this shell; add the line to ~/.bashrc for all" },
    { "kms completion zsh > ~/.zsh/_kms", "~/.zsh must be in fpath" },
    { "kms completion fish > ~/.config/fish/completions/kms.fish" },
  },
  run = function(parsed, context)
    context.out:write(completion.generate(parsed.shell, require("kms.cli").root))
    return 0
  end,
}

return completion
