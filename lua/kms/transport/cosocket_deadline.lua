--- Ends what a cosocket waits for at a deadline, whatever the server sends.
-- The timers of cosockets do not: NGINX starts them again for each byte of a TLS record, and for each record that
-- carries no data, such as session tickets. One NGINX timer watches all cosockets of the worker, because a light thread
-- for each request takes more time than the rest of the transport.

local ffi = require "ffi"
local http1 = require "kms.http1"

local ngx = rawget(_G, "ngx")

-- The names are aliases, so that they do not collide with declarations in other modules. ngx_lua's function returns the
-- descriptor, or -1 if the connection was closed or kept; it changes the descriptor only if the second argument is not
-- negative. It came with tcpsock:setoption, in 0.10.18.
ffi.cdef [[
int kms_socket_descriptor(void *upstream, int new, unsigned char *error, size_t *error_size)
  __asm__("ngx_http_lua_ffi_socket_tcp_hack_fd");
int kms_socket_shutdown(int descriptor, int how) __asm__("shutdown");
]]

local C = ffi.C
local clock = http1.monotonic
local UPSTREAM = 1 -- SOCKET_CTX_INDEX of ngx_lua: the C side of a cosocket
local SHUT_RDWR = 2
local MIN_DELAY = 0.001 -- seconds; NGINX's timers count milliseconds
local MAX_DELAY = 1 -- seconds; with lua_code_cache off, a timer keeps the Lua state of a request that has ended
local EXIT_POLL_INTERVAL = 0.1 -- seconds

-- The deadlines by socket. The keys are weak, because a request may be aborted and leave its socket here.
local deadlines = setmetatable({}, { __mode = "k" })
local next_check = math.huge -- when the next timer is due

local cosocket_deadline = {}

local error_text, error_size = ffi.new "unsigned char[64]", ffi.new("size_t[1]")

--- Shuts a connection down, so that its socket stops waiting. Another request's connection is not affected, because a
--- socket has no descriptor after it was closed or its connection was kept.
local function shut_down(socket)
  error_size[0] = ffi.sizeof(error_text)
  local descriptor = C.kms_socket_descriptor(socket[UPSTREAM], -1, error_text, error_size)
  if descriptor >= 0 then C.kms_socket_shutdown(descriptor, SHUT_RDWR) end
end

--- Shuts down the connections whose deadline has passed.
---@return number earliest deadline of the others
local function end_expired()
  local now, earliest = clock(), math.huge
  for socket, deadline in next, deadlines do
    if deadline <= now then
      deadlines[socket] = nil
      shut_down(socket)
    elseif deadline < earliest then
      earliest = deadline
    end
  end
  return earliest
end

local start_timer

--- Runs in the timer that is due at `due`. An exiting worker runs all timers at once and accepts none with a delay, so
--- this function waits then.
local function check(_, due)
  while true do
    if due == next_check then next_check = math.huge end
    local earliest = end_expired()
    if earliest >= next_check then return end -- another timer is due before, or no deadline is left
    if not ngx.worker.exiting() then
      start_timer(earliest)
      return
    end
    due, next_check = earliest, earliest
    ngx.sleep(math.max(MIN_DELAY, math.min(earliest - clock(), EXIT_POLL_INTERVAL)))
  end
end

--- Starts a timer that is due at the deadline, or earlier.
---@param deadline number
---@return string? problem
function start_timer(deadline)
  ngx.update_time() -- NGINX starts timers at its cached time, which is that of the current event
  local now = clock()
  local due = math.min(deadline, now + MAX_DELAY)
  local delay = ngx.worker.exiting() and 0 or math.max(MIN_DELAY, due - now)
  local ok, problem = ngx.timer.at(delay, check, due)
  if not ok then return problem end
  next_check = due
end

--- Sets the deadline of a socket, until `clear`. When it passes, the method that waits for the socket fails.
---@param socket table
---@param deadline number on the scale of kms.http1.monotonic
---@return string? problem
function cosocket_deadline.set(socket, deadline)
  deadlines[socket] = deadline
  if deadline < next_check then return start_timer(deadline) end
end

---@param socket table
function cosocket_deadline.clear(socket)
  deadlines[socket] = nil
end

return cosocket_deadline
