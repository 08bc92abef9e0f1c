---@meta kms

--- Huawei Cloud KMS and NAVER Cloud KMS 2.0. See docs/usage.md.
---@class kms
---@field _NAME "kms"
---@field _VERSION string
---@field credentials kms.credentials
---@field bulk kms.bulk
local kms = {}

---@class kms.ClientOptions
---@field credentials kms.CredentialsOption? who makes the calls; default: environment, then profile file
---@field endpoint string? `https://host[:port]` in place of the built-in endpoint; `http://` for loopback only
---@field timeout number? seconds for a whole call; default 30
---@field transport kms.Transport|kms.transport.curl.Options|kms.transport.cosocket.Options|nil a transport, or options
---  of the default one
---@field retry kms.RetryOptions|boolean|nil retry policy; false: one attempt; default true
---@field lock_guard boolean|{ shared: string }|nil keeps refused credentials from being sent again; `shared` names a
---  lua_shared_dict; default true for Huawei Cloud, false for NAVER Cloud
---@field on_attempt (fun(event: kms.AttemptEvent))? called after each attempt

---@class kms.HuaweiOptions : kms.ClientOptions
---@field region string? region that is called; variable HUAWEICLOUD_SDK_REGION
---@field project_id string? project of that region, or "auto"; variable HUAWEICLOUD_SDK_PROJECT_ID
---@field algorithm "SDK-HMAC-SHA256"|"SDK-HMAC-SM3"|nil default "SDK-HMAC-SHA256"

---@class kms.NcloudOptions : kms.ClientOptions
---@field zone "global"|"kr"|"jp"|"gov"|nil default "global"

---@class kms.RetryOptions
---@field attempts integer? how many attempts a call makes at most; default 4
---@field base number? seconds: bound of the first wait, doubled for each further one; default 0.25
---@field cap number? seconds: highest bound of a wait; default 8
---@field attempt_timeout number? seconds for one attempt, except the last; default 10

---@class kms.CallOptions
---@field timeout number? seconds for this call, in place of the client's

--- One attempt of a call.
---@class kms.AttemptEvent
---@field provider "huawei"|"ncloud"
---@field operation string
---@field key string? id or tag of the key, if the operation concerns one
---@field attempt integer 1 for the first attempt
---@field duration number seconds that the attempt took
---@field status integer? HTTP status
---@field request_id string? the cloud's id of the request
---@field error kms.Error? nil on success
---@field wait number? seconds until the next attempt; nil if this was the last one

---@class kms.ClientTarget
---@field provider "huawei"|"ncloud"
---@field host string
---@field region string? Huawei Cloud
---@field project_id string? Huawei Cloud; nil with project_id = "auto"

--- A client of Huawei Cloud KMS. Its operations are in types/kms/operations/huawei.lua.
---@class kms.Huawei
local Huawei = {}

--- Closes the connections of the transport that the client made itself. Calls under way end first. A later call
--- connects again.
function Huawei:close() end

--- Forgets refused credentials, the clock offset and what the credential provider keeps.
function Huawei:reset() end

--- Returns a client with the same options except `changes`. The value `false` removes an option such as `endpoint`.
---@param changes kms.HuaweiOptions
---@return kms.Huawei
function Huawei:with(changes) return Huawei end

--- Returns the entry of an operation; nil if there is none.
---@param name string
---@return table? entry
function Huawei:operation(name) end

--- Validates params as a call does. Sends nothing.
---@param name string of an operation
---@param params table
---@return true? is_valid
---@return kms.Error? err kind "invalid"
function Huawei:validate(name, params) end

--- Returns where calls go.
---@return kms.ClientTarget? target
---@return kms.Error? err
function Huawei:target() end

--- Returns the time on which calls wait, in seconds.
---@return number
function Huawei:clock() end

--- Waits. In a task of kms.parallel the other tasks run meanwhile.
---@param seconds number
function Huawei:sleep(seconds) end

--- A client of NAVER Cloud KMS 2.0. Its operations are in types/kms/operations/ncloud.lua.
---@class kms.Ncloud
local Ncloud = {}

--- Closes the connections of the transport that the client made itself. Calls under way end first. A later call
--- connects again.
function Ncloud:close() end

--- Forgets refused credentials, the clock offset and what the credential provider keeps.
function Ncloud:reset() end

--- Returns a client with the same options except `changes`. The value `false` removes an option such as `endpoint`.
---@param changes kms.NcloudOptions
---@return kms.Ncloud
function Ncloud:with(changes) return Ncloud end

--- Returns the entry of an operation; nil if there is none.
---@param name string
---@return table? entry
function Ncloud:operation(name) end

--- Validates params as a call does. Sends nothing.
---@param name string of an operation
---@param params table
---@return true? is_valid
---@return kms.Error? err kind "invalid"
function Ncloud:validate(name, params) end

--- Returns where calls go.
---@return kms.ClientTarget? target
---@return kms.Error? err
function Ncloud:target() end

--- Returns the time on which calls wait, in seconds.
---@return number
function Ncloud:clock() end

--- Waits. In a task of kms.parallel the other tasks run meanwhile.
---@param seconds number
function Ncloud:sleep(seconds) end

--- Makes a client of Huawei Cloud KMS. Raises on an unknown option or a wrong type; does nothing else.
---@param options kms.HuaweiOptions?
---@return kms.Huawei
function kms.huawei(options) return Huawei end

--- Makes a client of NAVER Cloud KMS 2.0. Raises on an unknown option or a wrong type; does nothing else.
---@param options kms.NcloudOptions?
---@return kms.Ncloud
function kms.ncloud(options) return Ncloud end

--- `client:update_primary_region(params, options)`.
---@param params kms.huawei.UpdatePrimaryRegionParams
---@param client kms.Huawei? default: a client made from the environment at the first call, and kept
---@param options kms.CallOptions?
---@return kms.huawei.UpdatePrimaryRegionResult? result
---@return kms.Error? err
function kms.update_primary_region(params, client, options) end

--- `client:rename_key(params, options)`.
---@param params kms.ncloud.RenameKeyParams
---@param client kms.Ncloud? default: a client made from the environment at the first call, and kept
---@param options kms.CallOptions?
---@return kms.ncloud.RenameKeyResult? result
---@return kms.Error? err
function kms.rename_key(params, client, options) end

--- Makes many calls at once; see kms.Parallel.
---@param options kms.ParallelOptions?
---@return kms.Parallel
function kms.parallel(options) end

--- Loads every module that a later call may need, so that calls work after `chroot`. Raises, like `require`, if one
--- cannot be loaded.
function kms.preload() end

--- Returns whether a value is an error of this library.
---@param value any
---@return boolean
function kms.is_error(value) end

return kms
