--- kms.loop.cqueues in its host.

require("spec.helpers.loop_contract")("cqueues", { describe = describe, it = it, pending = pending, assert = assert })
