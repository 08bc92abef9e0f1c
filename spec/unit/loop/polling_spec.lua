--- kms.loop.polling in its host.

require("spec.helpers.loop_contract")("polling", { describe = describe, it = it, pending = pending, assert = assert })
