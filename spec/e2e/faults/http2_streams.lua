--- Rows of the fault matrix for HTTP/2 alone: what becomes of a stream. `stream` is a list of steps: "answer" sends the head,
--- "half" the first half of the body, "wait" lets the client's time pass; then the stream is broken off.

local LOST, LATE = "transport closed uncertain", "transport timeout uncertain"
local SECONDS = 3 -- within which a busy machine has shaken hands and sent the request; so such rows are few

return {
  { "the stream is broken off before the answer", stream = {}, gives = LOST },
  { "the stream is broken off after the head", stream = { "answer" }, gives = LOST },
  { "the stream is broken off within the body", stream = { "answer", "half" }, gives = LOST },
  { "no answer in the stream", cloud = "huawei", stream = { "wait" }, timeout = SECONDS, gives = LATE },
  { "half a body in the stream", cloud = "ncloud", stream = { "answer", "half", "wait" }, timeout = SECONDS, gives = LATE },
}
