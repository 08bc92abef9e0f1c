--- kms.cli.completion: the scripts, in the shells that are there.

local cli = require "kms.cli"
local completion = require "kms.cli.completion"
local subprocess = require "spec.helpers.subprocess"

local function write_script(shell)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(completion.generate(shell, cli.root))
  file:close()
  return path
end

local function has(shell)
  return select(2, subprocess.execute(("sh -c 'command -v %s'"):format(shell)))
end

--- Completes the last of some words in bash.
local function complete_in_bash(...)
  local words = { ... }
  for i, word in ipairs(words) do words[i] = subprocess.quote(word) end
  local path = write_script "bash"
  local program = ('. %s; COMP_WORDS=(%s); COMP_CWORD=%d; _kms; printf "%%s\\n" "${COMPREPLY[@]}"'):format(path,
    table.concat(words, " "), #words - 1)
  local output = subprocess.execute("bash -c " .. subprocess.quote(program))
  os.remove(path)
  return (output:gsub("\n", " "):gsub(" $", ""))
end

describe("kms.cli.completion", function()
  it("completes commands, operations, options and values in bash", function()
    assert.matches("huawei ncloud", complete_in_bash("kms", ""), 1, true)
    assert.equal("huawei", complete_in_bash("kms", "hu"))
    assert.equal("list-keys list-key-activities list-key-versions", (function()
      local names = {}
      for name in complete_in_bash("kms", "ncloud", "list-k"):gmatch "%S+" do names[#names + 1] = name end
      table.sort(names, function(a, b) return a == "list-keys" or b ~= "list-keys" and a < b end)
      return table.concat(names, " ")
    end)())
    assert.equal("--limit --log", complete_in_bash("kms", "huawei", "list-keys", "--l"))
    assert.equal("kr", complete_in_bash("kms", "ncloud", "list-keys", "--zone", "k"))
    assert.equal("bash", complete_in_bash("kms", "completion", "b"))
    assert.equal("--help --version", complete_in_bash("kms", "--"))
  end)

  it("leaves files to bash", function()
    assert.equal("", complete_in_bash("kms", "huawei", "list-keys", "--ca-file", ""))
    local path = write_script "bash"
    local output = subprocess.execute(("bash -c '. %s; complete -p kms'"):format(path))
    os.remove(path)
    assert.equal("complete -o default -F _kms kms\n", output)
  end)

  it("loads in zsh", function()
    if not has "zsh" then pending "zsh is not installed" return end
    local path = write_script "zsh"
    local output = subprocess.execute(([[zsh -f -c 'autoload -Uz compinit; compinit -D -u; source %s; print $_comps[kms]']]):format(path),
      { HOME = "/tmp" })
    os.remove(path)
    assert.equal("_kms\n", output)
  end)

  it("completes commands and options in fish", function()
    if not has "fish" then pending "fish is not installed" return end
    local path = write_script "fish"
    local lines = { "source " .. path }
    for _, line in ipairs { "kms hua", "kms huawei list-keys --lim", "kms ncloud get-key --zone k" } do
      lines[#lines + 1] = ('complete -C "%s"'):format(line)
    end
    -- An empty folder in place of -N, which fish 3.1 does not know.
    local output = subprocess.execute(([[sh -c 'export HOME=$(mktemp -d); fish -c "$0"; rm -r "$HOME"' %s]]):format(
      subprocess.quote(table.concat(lines, "; "))))
    os.remove(path)
    assert.matches("huawei\t75 operations", output, 1, true)
    assert.matches("--limit\tat most N items", output, 1, true)
    assert.matches("\nkr\t", output, 1, true)
  end)
end)
