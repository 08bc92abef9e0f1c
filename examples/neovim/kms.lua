--- Commands of Neovim that rename a key of NAVER Cloud KMS without blocking the editor:
---
---     :KmsRename KEY_TAG NEW_NAME
---
--- Copy to ~/.config/nvim/plugin/kms.lua; Neovim 0.7 or newer is needed. Credentials come from the environment, see
--- docs/credentials.md.

local kms = require "kms"
local luv = require "kms.loop.luv"

local vim = rawget(_G, "vim")
local uv = vim.uv or vim.loop

local INTERVAL_MS = 100

local ncloud = kms.ncloud { transport = luv.new { ca_file = os.getenv "KMS_CA_FILE" } }

--- Shows how long something takes. Returns a function that ends it.
local function show_progress(title)
  local timer, started_at = uv.new_timer(), uv.now()
  timer:start(0, INTERVAL_MS, vim.schedule_wrap(function()
    if timer:is_closing() then return end
    vim.api.nvim_echo({ { ("%s … %.1f s"):format(title, (uv.now() - started_at) / 1000) } }, false, {})
  end))
  return function() timer:close() end
end

local function rename(key_tag, key_name)
  local stop_progress = show_progress("renaming to " .. key_name)
  local key, err = ncloud:rename_key { key_tag = key_tag, key_name = key_name }
  stop_progress()
  if key then
    vim.notify(("%s is now named %s"):format(key_tag, key_name))
  else
    vim.notify(tostring(err), vim.log.levels.ERROR)
  end
end

vim.api.nvim_create_user_command("KmsRename", function(command)
  local key_tag, key_name = command.fargs[1], command.fargs[2]
  if not key_name then
    vim.notify("usage: KmsRename KEY_TAG NEW_NAME", vim.log.levels.ERROR)
    return
  end
  coroutine.wrap(rename)(key_tag, key_name)
end, { nargs = "+", desc = "Rename a key of NAVER Cloud KMS" })
