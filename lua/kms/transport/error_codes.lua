--- The error codes of every transport: what each one means, and what follows from it.

---@class kms.TransportErrorCode
---@field meaning string
---@field retryable boolean the same request may succeed later
---@field is_unresolved boolean? the host name has no address; it may be misspelt
---@field is_unconnected boolean? there was no connection, so the server received nothing

---@type table<string, kms.TransportErrorCode>
return {
  timeout = { retryable = true, meaning = "there was no complete response before the deadline" },
  dns = { retryable = true, is_unresolved = true, is_unconnected = true,
    meaning = "the host name could not be resolved" },
  connect = { retryable = true, is_unconnected = true, meaning = "the host or the proxy could not be reached" },
  tls = { retryable = true, meaning = "there was no trusted TLS connection" },
  closed = { retryable = true, meaning = "the connection was closed before the response was complete" },
  too_large = { retryable = false, meaning = "the response exceeds a size limit" },
  other = { retryable = false, meaning = "the failure has no code of its own; see the message" },
}
