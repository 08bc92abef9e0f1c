--- Rows of the fault matrix in which no request is read: nobody is there, or nobody to be trusted. `place` is of
--- spec/helpers/test_servers.lua or of the spec's own sockets; `host` a whole host.

local TLS = "transport tls"
local LATE = 0.2

return {
  { "nobody listens", place = "nobody", gives = "transport connect" },
  -- No address of this machine's loopback is unroutable: a full backlog is as silent as an unroutable host.
  { "nobody answers the attempt to connect", place = "full", timeout = LATE, gives = "transport timeout" },
  { "the name does not exist", scheme = "https", host = "x.invalid", gives = "transport dns", emulator = {} },

  { "the certificate has expired", scheme = "https", place = "expired", gives = TLS },
  { "the certificate is for another name", scheme = "https", place = "wrong_host", gives = TLS },
  { "the certificate signed itself", scheme = "https", place = "self_signed", gives = TLS },
  { "the certificate is of an unknown CA", scheme = "https", place = "unknown_ca", gives = TLS },
  { "TLS 1.0 is all it speaks", scheme = "https", place = "tls10", gives = TLS },
  { "TLS 1.1 is all it speaks", scheme = "https", place = "tls11", gives = TLS },
  { "the handshake is refused: no cipher in common", scheme = "https", place = "rejecting", gives = TLS },
  { "the handshake is answered in plain HTTP", scheme = "https", place = "http", gives = TLS },
  { "the connection is closed in the handshake", scheme = "https", place = "closing", gives = TLS },
  { "the handshake is not answered", scheme = "https", place = "mute", timeout = LATE, gives = "transport timeout" },
  { "a certificate of ours is asked for", scheme = "https", place = "client_certificate", gives = "protocol not_json 400" },

  { "the request is not answered, nor read", scheme = "http", place = "mute", timeout = LATE,
    gives = "transport timeout uncertain" },
  { "the connection is closed at the first byte", scheme = "http", place = "closing", gives = "transport closed uncertain" },
  { "TLS is all it speaks", scheme = "http", place = "https", gives = "protocol not_json 400" },
}
