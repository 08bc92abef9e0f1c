--- kms.loop.luv in its host.

require("spec.helpers.loop_contract")("luv", { describe = describe, it = it, pending = pending, assert = assert })
