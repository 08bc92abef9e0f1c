--- `kms resume`: continues a run from its journal.

local bulk_options = require "kms.cli.bulk_options"
local journal_client = require "kms.cli.journal_client"
local options = require "kms.cli.options"
local session = require "kms.cli.session"

local function run(parsed, context)
  local opened, status = journal_client.open(context, parsed.journal)
  if not opened then return status end
  local bulk = bulk_options.to_bulk(parsed, opened.cloud)
  bulk.client, bulk.journal, bulk.verify = opened.client, parsed.journal, opened.verifier
  bulk.operation = opened.operation
  return session.run(context, {
    options = bulk, unchecked = opened.unchecked, verb = "Continue with", already = opened.already,
    can_undo = opened.can_undo,
    title = function(count)
      return ("%d of %d keys are left: %s"):format(count, opened.status.total, opened.title)
    end,
  })
end

---@type kms.cli.Command
return {
  name = "resume",
  group = "Many keys at once",
  about = "go on with an interrupted run",
  description = "Continues a run from its journal. Keys that are done are not touched. Keys whose outcome is not known "
    .. "are verified or repeated. Keys that failed are tried once more, last.",
  arguments = { { name = "JOURNAL", about = "file that the run has written",
    hint = "'kms status' lists the journals of the current folder" } },
  options = {
    bulk_options.without_journal(),
    options.OUTPUT,
    bulk_options.journal_connection(),
    options.MESSAGES,
  },
  examples = { { "kms resume kms-move-20261127T221403Z.jsonl", "does what is left" } },
  notes = { session.EXIT_STATUSES },
  run = run,
}
