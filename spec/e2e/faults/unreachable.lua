--- Rows of the fault matrix in which no server reads the request: there is none, or none to be trusted. `place` is a name
--- of spec/helpers/test_servers.lua; `host` is a whole host.

local TLS = "transport tls"
local CLIENT_TIMEOUT = 0.2

return {
  { "no server listens", place = "nobody", gives = "transport connect" },
  -- No loopback address is unroutable. A full backlog is as silent as an unroutable host.
  { "no server accepts the connection", place = "full", timeout = CLIENT_TIMEOUT, gives = "transport timeout" },
  { "the name does not exist", scheme = "https", host = "x.invalid", gives = "transport dns", emulator = {} },

  { "the certificate has expired", scheme = "https", place = "expired", gives = TLS },
  { "the certificate is for another name", scheme = "https", place = "wrong_host", gives = TLS },
  { "the certificate is self-signed", scheme = "https", place = "self_signed", gives = TLS },
  { "the certificate is of an unknown CA", scheme = "https", place = "unknown_ca", gives = TLS },
  { "the server speaks TLS 1.0 only", scheme = "https", place = "tls10", gives = TLS },
  { "the server speaks TLS 1.1 only", scheme = "https", place = "tls11", gives = TLS },
  { "the handshake fails: no common cipher", scheme = "https", place = "rejecting", gives = TLS },
  { "the response to the handshake is plain HTTP", scheme = "https", place = "http", gives = TLS },
  { "the connection is closed in the handshake", scheme = "https", place = "closing", gives = TLS },
  { "there is no response to the handshake", scheme = "https", place = "mute", timeout = CLIENT_TIMEOUT, gives = "transport timeout" },
  { "the server asks for a client certificate", scheme = "https", place = "client_certificate", gives = "protocol not_json 400" },

  { "the request is neither read nor responded to", scheme = "http", place = "mute", timeout = CLIENT_TIMEOUT,
    gives = "transport timeout uncertain" },
  { "the connection is closed at the first byte", scheme = "http", place = "closing", gives = "transport closed uncertain" },
  { "the server speaks TLS only", scheme = "http", place = "https", gives = "protocol not_json 400" },
}
