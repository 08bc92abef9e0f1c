--- Rows of the fault matrix in which the bytes of the response are wrong. The server sends `send`, then `flood` `times`
--- times (by default until the client closes) or `drip` repeatedly with pauses, then `finish`. Then it closes the
--- connection, with `reset` by a TCP reset, or with `hold` waits until the client closes.

local GOOD = require "spec.e2e.faults.good_body"

local LOST, STRANGE = "transport closed uncertain", "transport other uncertain"
local LARGE, LATE = "transport too_large uncertain", "transport timeout uncertain"
local UNREADABLE = "protocol not_json 200 uncertain"
local CLIENT_TIMEOUT = 0.2

local OK = "HTTP/1.1 200 OK\r\n"
local REFUSED = "HTTP/1.1 401 Unauthorized\r\n"
local CHUNKED = OK .. "Transfer-Encoding: chunked\r\n\r\n"

--- A response with these header lines.
local function respond(lines, body) return OK .. lines .. "\r\n\r\n" .. (body or GOOD) end
local function sized(size) return respond("Content-Length: " .. size) end
local function chunk(text, size) return (size or ("%x"):format(#text)) .. "\r\n" .. text .. "\r\n" end
local function headed(line) return respond(("Content-Length: %d\r\n"):format(#GOOD) .. line) end
local function begun(line) return line .. ("\r\nContent-Length: %d\r\n\r\n"):format(#GOOD) .. GOOD end

--- A row that ends with a timeout. Over plain HTTP, because the request must be sent before: a TLS handshake may take
--- long on a busy machine.
local function late(row)
  row.scheme, row.timeout, row.gives = row.scheme or "http", row.timeout or CLIENT_TIMEOUT, row.gives or LATE
  return row
end

local INTERIM = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
local NOISE = {}
for i = 1, 4096 do NOISE[i] = string.char((i * 197 + i % 7 * 31) % 256) end
NOISE = table.concat(NOISE)

return {
  -- The connection closes early.
  { "closed before the response", send = "", gives = LOST, emulator = { kind = "close_before" } },
  { "reset before the response", send = "", reset = true, gives = LOST },
  { "closed after one byte", send = "H", gives = LOST },
  { "closed within the status line", send = "HTTP/1.1 20", gives = LOST },
  { "closed within a header", send = OK .. "Content-Ty", gives = LOST, emulator = { kind = "close_within", part = "head" } },
  { "closed before the end of the head", send = OK .. "Content-Length: 5\r\n", gives = LOST },
  { "closed after an interim response", send = INTERIM, gives = LOST },
  { "reset within the head", send = OK .. "Content-Ty", reset = true, gives = LOST },
  { "closed before the body", send = respond("Content-Length: 79", ""), gives = LOST },
  { "closed within the body", send = sized(#GOOD + 1), gives = LOST, emulator = { kind = "close_within", part = "body" } },
  { "reset within the body", send = sized(#GOOD + 1), reset = true, gives = LOST },
  { "closed before the first chunk", send = CHUNKED, gives = LOST },
  { "closed within a chunk size", send = CHUNKED .. "1", gives = LOST },
  { "closed within a chunk", send = CHUNKED .. chunk(GOOD, "fff"), gives = LOST },
  { "closed between chunks", send = CHUNKED .. chunk(GOOD), gives = LOST },
  { "closed within the trailers", send = CHUNKED .. chunk(GOOD) .. "0\r\nX-T: 1\r\n", gives = LOST },
  { "reset within a chunk", send = CHUNKED .. chunk(GOOD, "fff"), reset = true, gives = LOST },
  { "a body that only closing ends", send = respond "X-A: 1", gives = "done" },
  { "half a body that only closing ends", send = respond("X-A: 1", GOOD:sub(1, 40)), gives = UNREADABLE },

  -- An error status decides although the rest of the response is missing.
  { "401, closed within the head", send = REFUSED .. "Content-Ty", gives = "transport closed 401" },
  { "401, reset within the body", send = REFUSED .. "Content-Length: 99\r\n\r\n{", reset = true, gives = "transport closed 401" },
  { "401, closed within a chunk", send = REFUSED .. "Transfer-Encoding: chunked\r\n\r\nff\r\n{", gives = "transport closed 401" },
  { "401 with a malformed header", send = REFUSED .. "X A\r\n\r\n", gives = "transport other 401" },
  { "401 with two lengths", send = REFUSED .. "Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", gives = "transport other 401" },
  { "401 with a body of another coding", send = REFUSED .. "Transfer-Encoding: gzip\r\n\r\n", gives = "transport other 401" },
  { "401 with a body above the limit", send = REFUSED .. "Content-Length: 99999999\r\n\r\n", gives = "transport too_large 401" },
  late { "401 whose body does not end", send = REFUSED .. "Content-Length: 99\r\n\r\n{", hold = true, gives = "transport timeout 401" },
  { "503, closed within the body", send = "HTTP/1.1 503 \r\nContent-Length: 9\r\n\r\n{", gives = "transport closed 503" },
  { "500, closed within the body", send = "HTTP/1.1 500 \r\nContent-Length: 9\r\n\r\n{", gives = "transport closed 500 uncertain" },

  -- The response is late.
  late { "no response", send = "", hold = true, emulator = { kind = "delay", seconds = 60 } },
  late { "no response over TLS", send = "", hold = true, scheme = "https", timeout = 1 },
  late { "a head without end, slowly", send = OK, drip = "X-A: 1\r\n" },
  late { "a status line, slowly", send = "HTTP/1.1 200 ", drip = "O" },
  late { "interim responses, slowly", send = "", drip = INTERIM },
  late { "a body, slowly", send = respond("Content-Length: 100000", ""), drip = "{", emulator = { kind = "drip", bytes = 1, interval = 60 } },
  late { "chunks, slowly", send = CHUNKED, drip = chunk "{" },
  late { "a head, and then nothing", send = respond("Content-Length: 79", ""), hold = true },
  late { "a body shorter than its length, and then nothing", send = sized(#GOOD + 1), hold = true },
  late { "a chunk, and then nothing", send = CHUNKED .. chunk(GOOD), hold = true },

  -- Content-Length.
  { "a length that cuts the body", send = sized(40), gives = UNREADABLE },
  { "bytes after the response", send = sized(#GOOD) .. "HTTP/1.1 500 Beyond\r\nContent-Length: 0\r\n\r\n", gives = "done" },
  { "the same length twice", send = sized(("%d\r\nContent-Length: %d"):format(#GOOD, #GOOD)), gives = "done" },
  { "two lengths", send = sized(("%d\r\nContent-Length: 40"):format(#GOOD)), gives = STRANGE },
  { "two lengths in one header", send = sized(("%d, 40"):format(#GOOD)), gives = STRANGE },
  { "a negative length", send = sized(-5), gives = STRANGE },
  { "a length that is not a number", send = sized "many", gives = STRANGE },
  { "an empty length", send = sized "", gives = STRANGE },
  { "a length with a sign", send = sized("+" .. #GOOD), gives = STRANGE },
  { "a hexadecimal length", send = sized "0x10", gives = STRANGE },
  { "a length of 40 digits", send = sized(("9"):rep(40)), gives = LARGE },
  { "a length of 1 TiB", send = sized("1099511627776"), gives = LARGE },
  { "a length beside chunks", send = respond("Content-Length: 5\r\nTransfer-Encoding: chunked", chunk(GOOD) .. "0\r\n\r\n"), gives = STRANGE },

  -- Chunks.
  { "a chunk without a size", send = CHUNKED .. "\r\n" .. GOOD .. "\r\n0\r\n\r\n", gives = STRANGE },
  { "a chunk size that is not a number", send = CHUNKED .. chunk(GOOD, "xyz") .. "0\r\n\r\n", gives = STRANGE },
  { "a chunk size that ends in LF alone", send = CHUNKED .. ("%x;\n"):format(#GOOD) .. GOOD .. "\r\n0\r\n\r\n", gives = STRANGE },
  { "a negative chunk size", send = CHUNKED .. chunk(GOOD, "-1") .. "0\r\n\r\n", gives = STRANGE },
  { "a chunk size with 0x", send = CHUNKED .. chunk(GOOD, ("0x%x"):format(#GOOD)) .. "0\r\n\r\n", gives = STRANGE },
  { "a chunk size of 17 digits", send = CHUNKED .. chunk(GOOD, ("f"):rep(17)), gives = LARGE },
  { "a chunk size of 16 digits", send = CHUNKED .. chunk(GOOD, ("f"):rep(16)), gives = LARGE },
  { "a chunk of 2 GiB", send = CHUNKED .. chunk(GOOD, "80000000"), gives = LARGE },
  { "a chunk longer than its size", send = CHUNKED .. chunk(GOOD, "5") .. "0\r\n\r\n", gives = STRANGE },
  { "a chunk without a line end", send = CHUNKED .. ("%x\r\n"):format(#GOOD) .. GOOD .. "0\r\n\r\n", gives = STRANGE },
  { "chunks with extensions", send = CHUNKED .. chunk(GOOD, ("%x;a=b"):format(#GOOD)) .. "0;c\r\n\r\n", gives = "done" },
  { "trailers", send = CHUNKED .. chunk(GOOD) .. "0\r\nX-T: 1\r\n\r\n", gives = "done" },
  { "an extension without end", send = CHUNKED .. "5;", flood = ("e"):rep(4096), gives = LARGE },
  { "trailers without end", send = CHUNKED .. chunk(GOOD) .. "0\r\n", flood = ("X-T: 1\r\n"):rep(500), gives = LARGE },
  { "chunked twice", send = respond("Transfer-Encoding: chunked, chunked", chunk(GOOD) .. "0\r\n\r\n"), gives = STRANGE },
  { "an unknown transfer coding", send = respond("Transfer-Encoding: kms", GOOD), gives = STRANGE },
  { "chunks in HTTP/1.0", send = "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" .. chunk(GOOD) .. "0\r\n\r\n", gives = STRANGE },

  -- The response is too large.
  { "a body without end in chunks", send = CHUNKED, flood = chunk(("x"):rep(4096)), gives = LARGE, emulator = { kind = "endless" } },
  { "a body without end and without length", send = respond("X-A: 1", ""), flood = ("x"):rep(4096), gives = LARGE },
  { "a header of 1 MB", send = headed("X-Long: " .. ("x"):rep(1e6)), gives = LARGE },
  { "a header's name of 1 MB", send = headed(("x"):rep(1e6) .. ": 1"), gives = LARGE },
  { "a status line of 1 MB", send = begun("HTTP/1.1 200 " .. ("x"):rep(1e6)), gives = LARGE },
  { "a status line without end", send = "HTTP/1.1 200 ", flood = ("x"):rep(4096), gives = LARGE },
  { "100,000 headers", send = OK, flood = ("X-N: 1\r\n"):rep(1000), times = 100, finish = "\r\n", gives = LARGE },
  { "100,000 empty headers", send = OK, flood = ("X:\r\n"):rep(1000), times = 100, finish = "\r\n", gives = LARGE },
  { "1,000 headers", send = headed(("X-N: 1\r\n"):rep(999) .. "X-N: 1"), gives = "done" },
  { "interim responses without end", send = "", flood = INTERIM:rep(100), gives = LARGE },
  { "the shortest interim responses without end", send = "", flood = ("HTTP/1.1 100 \r\n\r\n"):rep(200), gives = LARGE },
  { "60,000 headers of one name", send = headed(("X:\r\n"):rep(59999) .. "X:"), gives = "done" },
  { "100 interim responses", send = INTERIM:rep(100) .. headed "X-A: 1", gives = "done" },

  -- The response is not HTTP/1.1.
  { "garbage", send = NOISE, gives = STRANGE },
  { "garbage without end", send = "", flood = NOISE, gives = STRANGE },
  { "zero bytes", send = ("\0"):rep(4096), gives = STRANGE },
  { "line ends without end", send = "", flood = ("\r\n"):rep(2048), gives = STRANGE },
  { "another protocol's greeting", send = "SSH-2.0-OpenSSH_9.2\r\n", gives = STRANGE },
  { "an alert of TLS", send = "\21\3\1\0\2\2\70", gives = STRANGE },
  { "HTTP/0.9: the body alone", send = GOOD, gives = STRANGE },
  { "HTTP/0.9: HTML alone", send = "<html><body>It works!</body></html>\n", gives = STRANGE },
  { "a frame of HTTP/2", send = "\0\0\6\4\0\0\0\0\0\0\3\0\0\0\100", gives = STRANGE },
  { "the status line of HTTP/2", send = begun "HTTP/2 200", gives = STRANGE },
  { "the status line of HTTP/4.2", send = begun "HTTP/4.2 200 OK", gives = STRANGE },
  { "the status line of ICY", send = begun "ICY 200 OK", gives = STRANGE },
  { "a status of two digits", send = begun "HTTP/1.1 20 OK", gives = STRANGE },
  { "a status of four digits", send = begun "HTTP/1.1 2000 OK", gives = STRANGE },
  { "a status of letters", send = begun "HTTP/1.1 abc OK", gives = STRANGE },
  { "a negative status", send = begun "HTTP/1.1 -20 OK", gives = STRANGE },
  { "status 0", send = begun "HTTP/1.1 000 OK", gives = STRANGE },
  { "no status", send = begun "HTTP/1.1", gives = STRANGE },
  { "no space before the status", send = begun "HTTP/1.1200 OK", gives = STRANGE },
  { "a status line in lower case", send = begun "http/1.1 200 ok", gives = STRANGE },
  { "no reason after the status", send = begun "HTTP/1.1 200", gives = "done" },
  { "another protocol from now on", send = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    gives = STRANGE },
  { "HTTP/1.0", send = begun "HTTP/1.0 200 OK", gives = "done" },

  -- Headers that parsers read in different ways.
  { "a line without a colon", send = headed "this is not a header", gives = STRANGE },
  { "a header without a name", send = headed ": x", gives = STRANGE },
  { "white space before a colon", send = headed "X-A : 1", gives = STRANGE },
  { "a header on two lines", send = headed "X-A: 1\r\n 2", gives = "done" },
  { "a length on two lines", send = sized(("%d\r\n 4"):format(#GOOD)), gives = STRANGE },
  { "a first header line that starts with a space", send = OK .. " X-A: 1\r\nContent-Length: 0\r\n\r\n", gives = STRANGE },
  { "NUL in a header", send = headed "X-A: 1\0002", gives = STRANGE },
  { "NUL in a header's name", send = headed "X-\0A: 1", gives = STRANGE },
  { "a bare CR in a header", send = headed "X-A: 1\r2", gives = STRANGE },
  { "a byte above 127 in a header's name", send = headed "X-\195\164: 1", gives = STRANGE },
  { "any byte in a header's value", send = headed "X-A: \1\27[31m\127\255", gives = "done" },
  { "lines that end without CR", send = headed("X-A: 1"):gsub("\r", ""), gives = "done" },
}
