---@meta kms.emulator

--- Both clouds in memory. See docs/testing-with-the-emulator.md.
---@class kms.emulator
---@field fixtures { accounts: kms.EmulatorAccount[], keys: kms.EmulatorKey[] } what a new emulator has by default
local emulator = {}

---@class kms.EmulatorOptions
---@field accounts kms.EmulatorAccount[]? in place of the fixtures
---@field keys kms.EmulatorKey[]? in place of the fixtures
---@field settings kms.EmulatorSettings? the first settings
---@field seed kms.EmulatorSeed? what it has is used where there is no option
---@field state kms.EmulatorSavedState? in place of accounts, keys and settings
---@field clock (fun(): number)? returns Unix time; default: time stands still until a wait or `advance`
---@field hosts table<string, kms.EmulatorHost>? further hosts, by name as in the Host header

---@class kms.EmulatorSeed data that JSON can hold
---@field accounts kms.EmulatorAccount[]?
---@field keys kms.EmulatorKey[]?
---@field settings kms.EmulatorSettings?

--- What `save` returns. It contains key material.
---@class kms.EmulatorSavedState
---@field format integer
---@field time number Unix time

---@class kms.EmulatorHost
---@field provider "huawei"|"ncloud"|"iam"|"metadata"
---@field region string? Huawei Cloud
---@field zone "global"|"kr"|"jp"|"gov"|nil NAVER Cloud

---@class kms.EmulatorAccount
---@field provider "huawei"|"ncloud"
---@field access_key string
---@field secret_key string
---@field owner string? the account sees the keys with the same owner; default "demo"
---@field expires number? Unix time
---@field role string? NAVER Cloud: id of the server role that gives these keys
---@field security_token string? Huawei Cloud, like all fields below: makes the keys temporary ones
---@field projects table<string, string>? region to project id
---@field more_projects { name: string, id: string }[]? more projects that IAM lists
---@field tokens { token: string, region: string, expires: number? }[]?
---@field user { name: string, password: string, domain: string }? for IAM
---@field idp { id: string, id_token: string, expires: number? }? for OpenID Connect
---@field agency boolean? the metadata service returns keys of this account
---@field pod_token string? the token that the container endpoint expects

---@class kms.EmulatorKey
---@field provider "huawei"|"ncloud"
---@field owner string? default "demo"
---@field state "enabled"|"disabled"|"pending_deletion"|nil default "enabled"
---@field key_id string? Huawei Cloud, required there
---@field primary string? Huawei Cloud, required there: the primary region
---@field replicas string[]? Huawei Cloud: regions with a replica
---@field default_master boolean? Huawei Cloud: a default master key
---@field key_spec string? Huawei Cloud: kind of the key; default "AES_256"
---@field key_usage "ENCRYPT_DECRYPT"|"SIGN_VERIFY"|"GENERATE_VERIFY_MAC"|nil Huawei Cloud; default: that of the kind
---@field origin "kms"|"external"|nil Huawei Cloud; an external key without a state waits for its material
---@field key_alias string? Huawei Cloud: name of the key; default: made from its id
---@field key_description string? Huawei Cloud
---@field aliases string[]? Huawei Cloud: further aliases
---@field tags { key: string, value: string? }[]? Huawei Cloud
---@field rotation_interval integer? Huawei Cloud, in days; without it, the key is not rotated
---@field enterprise_project_id string? Huawei Cloud; default "0"
---@field key_tag string? NAVER Cloud, required there
---@field key_name string? NAVER Cloud, required there
---@field zone "global"|"kr"|"jp"|"gov"|nil NAVER Cloud; default "global"
---@field key_type "AES256"|"RSA2048"|"ECDSA"|nil NAVER Cloud; default "AES256"
---@field protection_type "BASIC"|"COMMON_HSM"|nil NAVER Cloud; default "BASIC"
---@field memo string? NAVER Cloud
---@field is_convergent boolean? NAVER Cloud
---@field is_auto_rotation boolean? NAVER Cloud
---@field rotation_period integer? NAVER Cloud, in days; default 90
---@field version_count integer? NAVER Cloud; default 1
---@field has_token_generator boolean? NAVER Cloud

---@alias kms.EmulatorFaultKind
---| "delay"|"status"|"bad_gateway"|"throttled"|"append"|"rewrite"|"close_before"|"close_within"|"endless"|"drip"
---| "redirect"

---@class kms.EmulatorFault
---@field kind kms.EmulatorFaultKind
---@field times integer? number of requests that receive it; default 1
---@field match { provider: string?, operation: string? }? the requests that can receive it; default: all
---@field applied boolean? whether the request is carried out before the fault changes the response
---@field seconds number? of "delay"
---@field status integer? of "status" and "redirect"
---@field headers table<string, string>? of "status"
---@field body string? of "status"
---@field retry_after integer? of "throttled", in seconds
---@field retry_after_format "seconds"|"imf"|"rfc850"|"asctime"|nil of "throttled"
---@field text string? of "append"
---@field member string? of "rewrite"
---@field value string? of "rewrite"
---@field part "head"|"body"|nil of "close_within"
---@field bytes integer? of "drip"
---@field interval number? of "drip"
---@field location string? of "redirect"

---@class kms.EmulatorSettings
---@field metadata_v2 "optional"|"required"|"unavailable"|nil session tokens of the metadata services
---@field metadata_v2_status 404|405|503|nil status when session tokens are unavailable
---@field metadata_token_lifetime number? maximum lifetime of a session token, in seconds
---@field agency boolean? whether the Huawei server has an agency
---@field server_role boolean? whether the NAVER server has a role
---@field token_lifetime number? lifetime of an IAM token, in seconds
---@field key_lifetime number? lifetime of temporary keys, in seconds
---@field inferred_replica_changes "refused"|"accepted"|nil whether a change of a replica of a Huawei key is refused
---@field inferred_replica_key_ids "same"|"new"|nil whether a new replica of a Huawei key has the id of its key
---@field alias_list "array"|"object"|nil form of the response of `list_aliases`
---@field key_quota integer? number of Huawei keys per region
---@field grant_quota integer? number of grants per Huawei key
---@field clock_offset number? seconds by which the clouds' clocks are ahead of `now()`
---@field random_faults kms.EmulatorRandomFaults? faults at random
---@field latency kms.EmulatorLatency? duration of responses
---@field huawei_quota integer? calls per second and user; 0: no limit; documented: 20
---@field ncloud_quota integer? cryptographic calls per second and key; 0: no limit; documented: 300
---@field consistency_delay number? seconds for which a change is not visible
---@field request_log integer? how many of the last requests `request_log()` returns; default 0
---@field key_list "sample"|"table"|nil form of the response to NAVER's list_keys
---@field inferred_key_name_case "ignored"|"distinguished"|nil how names of NAVER keys are compared
---@field inferred_present_key_name "accepted"|"refused"|nil renaming a NAVER key to its present name
---@field inferred_other_zone "NOT_FOUND"|"INVALID_REQUEST"|nil code for a NAVER key of another zone

---@class kms.EmulatorLoggedRequest
---@field number integer 1 is the first one since the setting was made
---@field time number of the cloud
---@field provider string
---@field region string? Huawei Cloud
---@field operation string?
---@field key string? id or tag in the path
---@field request_id string
---@field status integer of the response, also of one that a fault kept back
---@field fault kms.EmulatorFaultKind?

---@class kms.EmulatorRandomFaults
---@field rate number share of requests that receive a fault, from 0 to 1
---@field kinds (kms.EmulatorFaultKind|kms.EmulatorFault)[]?
---@field seed integer? default 0
---@field match { provider: string?, operation: string? }?

---@class kms.EmulatorLatency
---@field distribution "fixed"|"uniform"|"exponential"|"lognormal"
---@field seconds number? of "fixed"
---@field min number? of "uniform"
---@field max number? of "uniform"
---@field mean number? of "exponential"
---@field median number? of "lognormal"
---@field p99 number? of "lognormal": 99th percentile
---@field seed integer? default 0

---@class kms.Emulator : kms.Transport
local Emulator = {}

--- Makes an emulator.
---@param options kms.EmulatorOptions?
---@return kms.Emulator
function emulator.new(options) return Emulator end

--- Restores the state after `new`.
function Emulator:reset() end

--- The whole state as plain tables that JSON can hold. It contains key material.
---@return kms.EmulatorSavedState
function Emulator:save() end

--- Replaces the state.
---@param saved kms.EmulatorSavedState
function Emulator:load(saved) end

--- Unix time of the emulator.
---@return number
function Emulator:now() end

--- The same time, for deadlines.
---@return number
function Emulator:clock() end

--- Moves time on.
---@param seconds number
function Emulator:advance(seconds) end

--- Moves time on: the wait of a transport.
---@param seconds number
function Emulator:sleep(seconds) end

--- Makes requests fail.
---@param fault kms.EmulatorFault
function Emulator:fault(fault) end

--- Changes settings and returns all of them.
---@param changes kms.EmulatorSettings?
---@return kms.EmulatorSettings
function Emulator:settings(changes) end

--- A copy of the key with this id or tag.
---@param id string
---@return table? key
function Emulator:key(id) end

--- Number of requests so far.
---@param provider "huawei"|"ncloud"|"iam"|"metadata"|nil default: all
---@param operation string? default: all of the provider
---@return integer
function Emulator:requests(provider, operation) end

--- The last requests, in the order in which they were received.
---@return kms.EmulatorLoggedRequest[]
function Emulator:request_log() end

--- Keys, locks, settings and counts.
---@return table
function Emulator:state() end

--- The response to a request. When it has the field `fault`, the server must deliver it with that fault.
---@param request table `method`, `scheme`, `host`, `target`, `headers`, `body`
---@return table response `status`, `headers`, `body`, `fault`
function Emulator:handle(request) end

--- The response to a request, as a transport returns it.
---@param request kms.transport.Request
---@return kms.transport.Response? response
---@return kms.Error? err
function Emulator:send(request) end

return emulator
