--- Loaded once, before all specs.

require "spec.helpers.secret_watch"

-- busted unloads what a spec file loads. Loaded again, luv closes the loop of its first instance, and its signals.
require "luv"
