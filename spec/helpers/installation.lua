--- What specs of packages share: folders to install into, and commands that do not inherit the make that runs the specs.

local assert = require "luassert"
local files = require "spec.helpers.files"
local kms = require "kms"
local subprocess = require "spec.helpers.subprocess"

local quote = subprocess.quote

local installation = { BUILD = os.getenv "BUILD" or "build", VERSION = _VERSION:match "[%d.]+" }

-- Variables of the make that runs the specs.
local CLEAN = "unset MAKEFLAGS MAKEOVERRIDES MAKELEVEL BUILD"

--- Runs a shell command, which must succeed.
---@return string[] lines of its output
function installation.run(command)
  local lines = files.list_lines(("(%s; %s) 2>&1; echo $?"):format(CLEAN, command))
  local status = table.remove(lines)
  assert.equal("0", status, command .. "\n" .. table.concat(lines, "\n"))
  return lines
end

--- Returns words before a command that keep it from using Git.
function installation.without_git()
  local bin = installation.new_folder "bin"
  installation.run(("printf '#!/bin/sh\\necho git is used; exit 9\\n' > %s/git && chmod 755 %s/git"):format(quote(bin), quote(bin)))
  return ("PATH=%s:$PATH"):format(quote(bin))
end

--- Creates an empty folder. Its name has a space, so that quoting is tested with everything else.
---@return string path absolute
function installation.new_folder(name)
  local folder = ("%s/%s/%s folder"):format(installation.BUILD, subprocess.lua, name)
  installation.run(("rm -rf %s && mkdir -p %s"):format(quote(folder), quote(folder)))
  return files.list_lines("realpath " .. quote(folder))[1]
end

--- Returns the shell command of a make target that installs or uninstalls.
---@param variables string? more variables, quoted
function installation.make(target, destination, prefix, variables)
  return ("make -s %s LUA=%s BUILD=%s DESTDIR=%s PREFIX=%s %s"):format(target, subprocess.lua, quote(installation.BUILD),
    quote(destination), quote(prefix), variables or "")
end

--- Writes the source archive.
---@param tree string source tree
---@param folder string absolute
---@return string path of the archive
function installation.make_dist(tree, folder)
  installation.run(("cd %s && BUILD=%s tools/dist %s %s"):format(quote(tree), quote(installation.BUILD), kms._VERSION,
    quote(folder)))
  return ("%s/lua-kms-%s.tar.gz"):format(folder, kms._VERSION)
end

--- Unpacks the source archive of this tree.
---@param folder string absolute
---@return string tree
function installation.unpack_dist(folder)
  installation.run(("tar -x -f %s -C %s"):format(quote(installation.make_dist(".", folder)), quote(folder)))
  return ("%s/lua-kms-%s"):format(folder, kms._VERSION)
end

return installation
