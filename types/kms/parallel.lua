---@meta kms.parallel

---@class kms.ParallelOptions
---@field concurrency integer? how many tasks run at once at most; default 64
---@field order "given"|"finished"|nil order of the results: that of the items, or as they end; default "given"

--- One `map`. Calling it returns the next result: number of the item, result, err; nil after the last.
---@class kms.parallel.Run
---@overload fun(): integer?, any, any
local Run = {}

--- Starts no further tasks and waits for those that run. Their results can still be read.
function Run:close() end

--- Runs a function for each item, many at once. See docs/parallel.md.
---@class kms.Parallel
local Parallel = {}

--- Runs `fn` for each item. `for number, result, err in parallel:map(items, fn) do … end`
---@generic T
---@param items T[]|fun(): T? a list, or a function that returns the next item, and nil after the last
---@param fn fun(item: T, number: integer): any, any a task; what it raises becomes its `err`
---@return kms.parallel.Run run iterator
function Parallel:map(items, fn) return Run end

--- Waits for the tasks that run. Starts no further ones.
function Parallel:close() end

--- What the tasks did so far.
---@return kms.transport.Stats? stats nil inside NGINX
function Parallel:stats() end

local parallel = {}

--- Makes a parallel. `kms.parallel` does the same and raises on an argument error.
---@param options kms.ParallelOptions?
---@return kms.Parallel? parallel
---@return string? problem an argument error
function parallel.new(options) return Parallel end

return parallel
