---@meta kms.operations.ncloud

-- Generated from lua/kms/ncloud/operations by `make reference`. Changes belong there.

---@class kms.Ncloud
local Ncloud = {}

---@class kms.ncloud.RenameKeyParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."
---@field key_name string the new name; no other key of the account has it; 3 to 15 characters: English letters, digits, "-" or "_", beginning with a letter

---@class kms.ncloud.RenameKeyResult
---@field key_tag string tag of the key
---@field key_name string name of the key
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Changes the name of a key. Its tag stays the same.
---@param params kms.ncloud.RenameKeyParams
---@param options kms.CallOptions?
---@return kms.ncloud.RenameKeyResult? result
---@return kms.Error? err
function Ncloud:rename_key(params, options) end

---@class kms.ncloud.GetKeyParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."

---@class kms.ncloud.GetKeyResult
---@field key_id integer? number of the key
---@field key_tag string tag of the key
---@field key_name string name of the key
---@field nrn string? resource name of the key
---@field base_url string? endpoint that serves the key
---@field key_type string? type of the key; "AES256", "RSA2048" or "ECDSA"
---@field status string? status of the key; REVOKE: it will be deleted; "ENABLE", "DISABLE" or "REVOKE"
---@field current_version integer? number of the newest version
---@field keystore_id integer? number of the keystore
---@field protection_type string? where the key is kept; "BASIC" or "COMMON_HSM"
---@field memo string? note about the key
---@field is_convergent boolean? whether the same plaintext always gives the same ciphertext
---@field is_auto_rotation boolean? whether the key rotates by itself
---@field rotation_period integer? days between two rotations
---@field next_rotation_date number? next rotation; Unix time in seconds
---@field register_date number? when the key was created; Unix time in seconds
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Reads a key.
---@param params kms.ncloud.GetKeyParams
---@param options kms.CallOptions?
---@return kms.ncloud.GetKeyResult? result
---@return kms.Error? err
function Ncloud:get_key(params, options) end

---@class kms.ncloud.ListKeysParams
---@field page_no integer? number of the page; at least 1; default 1
---@field page_size integer? items per page; 1 to 200; default 100

---@class kms.ncloud.ListKeysResult
---@field key_list kms.ncloud.ListKeysResult.KeyList[] keys of this page
---@field current_page_no integer? number of this page
---@field total_page_no integer? number of pages
---@field total_count integer? number of items on all pages
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

---@class kms.ncloud.ListKeysResult.KeyList
---@field key_id integer? number of the key
---@field key_tag string? tag of the key
---@field key_name string? name of the key
---@field key_type string? type of the key; "AES256", "RSA2048" or "ECDSA"
---@field status string? status of the key; REVOKE: it will be deleted; "ENABLE", "DISABLE" or "REVOKE"
---@field protection_type string? where the key is kept; "BASIC" or "COMMON_HSM"
---@field is_convergent boolean? whether the same plaintext always gives the same ciphertext
---@field register_date number? when the key was created; Unix time in seconds
---@field destroy_date number? when the key is deleted; Unix time in seconds

--- Lists the keys of the account, one page per call.
---@param params kms.ncloud.ListKeysParams?
---@param options kms.CallOptions?
---@return kms.ncloud.ListKeysResult? result
---@return kms.Error? err
function Ncloud:list_keys(params, options) end

---@class kms.ncloud.CreateKeyParams
---@field key_name string name of the key; no other key of the account has it; 3 to 15 characters: English letters, digits, "-" or "_", beginning with a letter
---@field key_type string type of the key; "AES256", "RSA2048" or "ECDSA"
---@field protection_type string where the key is kept; "BASIC" or "COMMON_HSM"
---@field is_auto_rotation boolean whether the key rotates by itself
---@field rotation_period integer? days between two rotations; only with automatic rotation; 1 to 730; default 90
---@field is_convergent boolean? whether the same plaintext always gives the same ciphertext; AES256 only; default false
---@field memo string? note about the key, at most 100 characters

---@class kms.ncloud.CreateKeyResult
---@field key_id integer? number of the key
---@field key_tag string tag of the key
---@field key_name string? name of the key
---@field key_type string? type of the key; "AES256", "RSA2048" or "ECDSA"
---@field status string? status of the key; REVOKE: it will be deleted; "ENABLE", "DISABLE" or "REVOKE"
---@field keystore_id integer? number of the keystore
---@field protection_type string? where the key is kept; "BASIC" or "COMMON_HSM"
---@field memo string? note about the key
---@field is_convergent boolean? whether the same plaintext always gives the same ciphertext
---@field is_auto_rotation boolean? whether the key rotates by itself
---@field rotation_period integer? days between two rotations
---@field next_rotation_date number? next rotation; Unix time in seconds
---@field register_date number? when the key was created; Unix time in seconds
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Creates a key.
---@param params kms.ncloud.CreateKeyParams
---@param options kms.CallOptions?
---@return kms.ncloud.CreateKeyResult? result
---@return kms.Error? err
function Ncloud:create_key(params, options) end

---@class kms.ncloud.UpdateMemoParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."
---@field memo string note about the key, at most 100 characters

---@class kms.ncloud.UpdateMemoResult
---@field key_tag string? tag of the key
---@field memo string? note about the key
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Changes the note about a key.
---@param params kms.ncloud.UpdateMemoParams
---@param options kms.CallOptions?
---@return kms.ncloud.UpdateMemoResult? result
---@return kms.Error? err
function Ncloud:update_memo(params, options) end

---@class kms.ncloud.EnableKeyParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."

---@class kms.ncloud.EnableKeyResult
---@field key_tag string? tag of the key
---@field status string? status of the key; REVOKE: it will be deleted; "ENABLE", "DISABLE" or "REVOKE"
---@field status_date number? last change of the status; Unix time in seconds
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Enables a disabled key.
---@param params kms.ncloud.EnableKeyParams
---@param options kms.CallOptions?
---@return kms.ncloud.EnableKeyResult? result
---@return kms.Error? err
function Ncloud:enable_key(params, options) end

---@class kms.ncloud.DisableKeyParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."

---@class kms.ncloud.DisableKeyResult
---@field key_tag string? tag of the key
---@field status string? status of the key; REVOKE: it will be deleted; "ENABLE", "DISABLE" or "REVOKE"
---@field status_date number? last change of the status; Unix time in seconds
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Disables a key with all its versions.
---@param params kms.ncloud.DisableKeyParams
---@param options kms.CallOptions?
---@return kms.ncloud.DisableKeyResult? result
---@return kms.Error? err
function Ncloud:disable_key(params, options) end

---@class kms.ncloud.RequestKeyDeletionParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."

---@class kms.ncloud.RequestKeyDeletionResult
---@field key_tag string? tag of the key
---@field status string? status of the key; REVOKE: it will be deleted; "ENABLE", "DISABLE" or "REVOKE"
---@field status_date number? last change of the status; Unix time in seconds
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Schedules the deletion of a key. The service deletes it after 72 hours.
---@param params kms.ncloud.RequestKeyDeletionParams
---@param options kms.CallOptions?
---@return kms.ncloud.RequestKeyDeletionResult? result
---@return kms.Error? err
function Ncloud:request_key_deletion(params, options) end

---@class kms.ncloud.CancelKeyDeletionParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."

---@class kms.ncloud.CancelKeyDeletionResult
---@field key_tag string? tag of the key
---@field status string? status of the key; REVOKE: it will be deleted; "ENABLE", "DISABLE" or "REVOKE"
---@field status_date number? last change of the status; Unix time in seconds
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Cancels the scheduled deletion of a key. The key is disabled afterwards.
---@param params kms.ncloud.CancelKeyDeletionParams
---@param options kms.CallOptions?
---@return kms.ncloud.CancelKeyDeletionResult? result
---@return kms.Error? err
function Ncloud:cancel_key_deletion(params, options) end

---@class kms.ncloud.DeleteKeyParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."

---@class kms.ncloud.DeleteKeyResult
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Deletes a key at once and for good. Its deletion must have been requested before.
---@param params kms.ncloud.DeleteKeyParams
---@param options kms.CallOptions?
---@return kms.ncloud.DeleteKeyResult? result
---@return kms.Error? err
function Ncloud:delete_key(params, options) end

---@class kms.ncloud.RotateKeyParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."

---@class kms.ncloud.RotateKeyResult
---@field key_tag string? tag of the key
---@field version integer? number of the new version
---@field rotated_date number? time of the rotation; Unix time in seconds
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Creates a new version of an enabled key.
---@param params kms.ncloud.RotateKeyParams
---@param options kms.CallOptions?
---@return kms.ncloud.RotateKeyResult? result
---@return kms.Error? err
function Ncloud:rotate_key(params, options) end

---@class kms.ncloud.EnableAutoRotationParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."

---@class kms.ncloud.EnableAutoRotationResult
---@field key_tag string? tag of the key
---@field is_auto_rotation boolean? whether the key rotates by itself
---@field rotation_period integer? days between two rotations
---@field next_rotation_date number? time of the next rotation; Unix time in seconds
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Lets a key rotate by itself.
---@param params kms.ncloud.EnableAutoRotationParams
---@param options kms.CallOptions?
---@return kms.ncloud.EnableAutoRotationResult? result
---@return kms.Error? err
function Ncloud:enable_auto_rotation(params, options) end

---@class kms.ncloud.DisableAutoRotationParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."

---@class kms.ncloud.DisableAutoRotationResult
---@field key_tag string? tag of the key
---@field is_auto_rotation boolean? whether the key rotates by itself
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Stops the automatic rotation of a key.
---@param params kms.ncloud.DisableAutoRotationParams
---@param options kms.CallOptions?
---@return kms.ncloud.DisableAutoRotationResult? result
---@return kms.Error? err
function Ncloud:disable_auto_rotation(params, options) end

---@class kms.ncloud.UpdateRotationPeriodParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."
---@field rotation_period integer days between two rotations; 1 to 730

---@class kms.ncloud.UpdateRotationPeriodResult
---@field key_tag string? tag of the key
---@field rotation_period integer? days between two rotations
---@field next_rotation_date number? time of the next rotation; Unix time in seconds
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Changes the days between two automatic rotations of a key.
---@param params kms.ncloud.UpdateRotationPeriodParams
---@param options kms.CallOptions?
---@return kms.ncloud.UpdateRotationPeriodResult? result
---@return kms.Error? err
function Ncloud:update_rotation_period(params, options) end

---@class kms.ncloud.ListKeyVersionsParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."

---@class kms.ncloud.ListKeyVersionsResult
---@field key_tag string? tag of the key
---@field current_version integer? number of the newest version
---@field version_list kms.ncloud.ListKeyVersionsResult.VersionList[] all versions of the key
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

---@class kms.ncloud.ListKeyVersionsResult.VersionList
---@field version integer? number of the version
---@field status string? status of the version; "ENABLE" or "DISABLE"
---@field status_date number? last change of the status; Unix time in seconds
---@field rotated_date number? when the rotation created the version; Unix time in seconds

--- Lists all versions of a key.
---@param params kms.ncloud.ListKeyVersionsParams
---@param options kms.CallOptions?
---@return kms.ncloud.ListKeyVersionsResult? result
---@return kms.Error? err
function Ncloud:list_key_versions(params, options) end

---@class kms.ncloud.EnableKeyVersionParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."
---@field version integer number of the version; 1 to 100

---@class kms.ncloud.EnableKeyVersionResult
---@field version integer? number of the version
---@field status string? status of the version; "ENABLE" or "DISABLE"
---@field status_date number? last change of the status; Unix time in seconds
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Enables a disabled version of a key.
---@param params kms.ncloud.EnableKeyVersionParams
---@param options kms.CallOptions?
---@return kms.ncloud.EnableKeyVersionResult? result
---@return kms.Error? err
function Ncloud:enable_key_version(params, options) end

---@class kms.ncloud.DisableKeyVersionParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."
---@field version integer number of the version; 1 to 100

---@class kms.ncloud.DisableKeyVersionResult
---@field version integer? number of the version
---@field status string? status of the version; "ENABLE" or "DISABLE"
---@field status_date number? last change of the status; Unix time in seconds
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Disables a version of a key, except the newest one.
---@param params kms.ncloud.DisableKeyVersionParams
---@param options kms.CallOptions?
---@return kms.ncloud.DisableKeyVersionResult? result
---@return kms.Error? err
function Ncloud:disable_key_version(params, options) end

---@class kms.ncloud.GetAclParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."

---@class kms.ncloud.GetAclResult
---@field key_tag string? tag of the key
---@field is_acl_enabled boolean? whether only the addresses of the list may use the key
---@field allowed_ip_list string[]? addresses that may use the key
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Reads the addresses that may use a key.
---@param params kms.ncloud.GetAclParams
---@param options kms.CallOptions?
---@return kms.ncloud.GetAclResult? result
---@return kms.Error? err
function Ncloud:get_acl(params, options) end

---@class kms.ncloud.AddAclParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."
---@field ip_list string[] IPv4 addresses

---@class kms.ncloud.AddAclResult
---@field key_tag string? tag of the key
---@field allowed_ip_list string[]? addresses that may use the key
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Adds addresses to those that may use a key.
---@param params kms.ncloud.AddAclParams
---@param options kms.CallOptions?
---@return kms.ncloud.AddAclResult? result
---@return kms.Error? err
function Ncloud:add_acl(params, options) end

---@class kms.ncloud.DeleteAclParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."
---@field ip_list string[] IPv4 addresses

---@class kms.ncloud.DeleteAclResult
---@field key_tag string? tag of the key
---@field allowed_ip_list string[]? addresses that may use the key
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Removes addresses from those that may use a key.
---@param params kms.ncloud.DeleteAclParams
---@param options kms.CallOptions?
---@return kms.ncloud.DeleteAclResult? result
---@return kms.Error? err
function Ncloud:delete_acl(params, options) end

---@class kms.ncloud.EnableIpAclParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."

---@class kms.ncloud.EnableIpAclResult
---@field key_tag string? tag of the key
---@field is_acl_enabled boolean? whether only the addresses of the list may use the key
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Lets only the addresses of the list use a key.
---@param params kms.ncloud.EnableIpAclParams
---@param options kms.CallOptions?
---@return kms.ncloud.EnableIpAclResult? result
---@return kms.Error? err
function Ncloud:enable_ip_acl(params, options) end

---@class kms.ncloud.DisableIpAclParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."

---@class kms.ncloud.DisableIpAclResult
---@field key_tag string? tag of the key
---@field is_acl_enabled boolean? whether only the addresses of the list may use the key
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Lets every address use a key.
---@param params kms.ncloud.DisableIpAclParams
---@param options kms.CallOptions?
---@return kms.ncloud.DisableIpAclResult? result
---@return kms.Error? err
function Ncloud:disable_ip_acl(params, options) end

---@class kms.ncloud.GetTokenGeneratorParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."

---@class kms.ncloud.GetTokenGeneratorResult
---@field token_generator_id string? id of the token generator
---@field status string? status of the token generator; "ACTIVE" or "INACTIVE"
---@field enabled_date number? when it became active; Unix time in seconds
---@field disabled_date number? when it became inactive; Unix time in seconds
---@field issued_token_count integer? number of issued tokens
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Reads the token generator of a key.
---@param params kms.ncloud.GetTokenGeneratorParams
---@param options kms.CallOptions?
---@return kms.ncloud.GetTokenGeneratorResult? result
---@return kms.Error? err
function Ncloud:get_token_generator(params, options) end

---@class kms.ncloud.CreateTokenGeneratorParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."

---@class kms.ncloud.CreateTokenGeneratorResult
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Creates the token generator of a key.
---@param params kms.ncloud.CreateTokenGeneratorParams
---@param options kms.CallOptions?
---@return kms.ncloud.CreateTokenGeneratorResult? result
---@return kms.Error? err
function Ncloud:create_token_generator(params, options) end

---@class kms.ncloud.UpdateTokenGeneratorParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."

---@class kms.ncloud.UpdateTokenGeneratorResult
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Replaces the token generator of a key.
---@param params kms.ncloud.UpdateTokenGeneratorParams
---@param options kms.CallOptions?
---@return kms.ncloud.UpdateTokenGeneratorResult? result
---@return kms.Error? err
function Ncloud:update_token_generator(params, options) end

---@class kms.ncloud.DeleteTokenGeneratorParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."

---@class kms.ncloud.DeleteTokenGeneratorResult
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Deletes the token generator of a key.
---@param params kms.ncloud.DeleteTokenGeneratorParams
---@param options kms.CallOptions?
---@return kms.ncloud.DeleteTokenGeneratorResult? result
---@return kms.Error? err
function Ncloud:delete_token_generator(params, options) end

---@class kms.ncloud.CreateTokenSetParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."
---@field access_token_hours integer|string|nil lifetime of the access token in hours; "UL": no limit; 1 to 17520, or "UL"; default 72
---@field refresh_token_hours integer|string|nil lifetime of the refresh token in hours; "UL": no limit; 1 to 17520, or "UL"; default 2160

---@class kms.ncloud.CreateTokenSetResult
---@field access_token string authenticates cryptographic operations; secret
---@field refresh_token string authenticates renew_token_set and create_access_token; secret
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Creates an access token and a refresh token for a key.
---@param params kms.ncloud.CreateTokenSetParams
---@param options kms.CallOptions?
---@return kms.ncloud.CreateTokenSetResult? result
---@return kms.Error? err
function Ncloud:create_token_set(params, options) end

---@class kms.ncloud.RenewTokenSetParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."
---@field access_token_hours integer|string|nil lifetime of the access token in hours; "UL": no limit; 1 to 17520, or "UL"; default 72
---@field refresh_token_hours integer|string|nil lifetime of the refresh token in hours; "UL": no limit; 1 to 17520, or "UL"; default 2160

---@class kms.ncloud.RenewTokenSetResult
---@field access_token string authenticates cryptographic operations; secret
---@field refresh_token string authenticates renew_token_set and create_access_token; secret
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Creates a further access token and refresh token for a key.
---@param params kms.ncloud.RenewTokenSetParams
---@param options kms.CallOptions?
---@return kms.ncloud.RenewTokenSetResult? result
---@return kms.Error? err
function Ncloud:renew_token_set(params, options) end

---@class kms.ncloud.CreateAccessTokenParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."
---@field access_token_hours integer|string|nil lifetime of the access token in hours; "UL": no limit; 1 to 17520, or "UL"; default 72

---@class kms.ncloud.CreateAccessTokenResult
---@field access_token string authenticates cryptographic operations; secret
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Creates a further access token for a key.
---@param params kms.ncloud.CreateAccessTokenParams
---@param options kms.CallOptions?
---@return kms.ncloud.CreateAccessTokenResult? result
---@return kms.Error? err
function Ncloud:create_access_token(params, options) end

---@class kms.ncloud.EncryptParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."
---@field plaintext string|string[] data in base64, or a list of them; AES256: at most 32 KB, RSA2048: 190 bytes; base64 text; secret
---@field context string? at most 50 bytes, required for a key with convergent encryption; decryption needs the same value; base64 text

---@class kms.ncloud.EncryptResult
---@field ciphertext string|string[] ciphertext; its prefix `ncpkms:` is a part of it
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Encrypts data with the newest version of a key.
---@param params kms.ncloud.EncryptParams
---@param options kms.CallOptions?
---@return kms.ncloud.EncryptResult? result
---@return kms.Error? err
function Ncloud:encrypt(params, options) end

---@class kms.ncloud.DecryptParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."
---@field ciphertext string|string[] ciphertext with its prefix, or a list of them; a text that is not empty
---@field context string? at most 50 bytes, required for a key with convergent encryption; decryption needs the same value; base64 text

---@class kms.ncloud.DecryptResult
---@field plaintext string|string[] data in base64; secret
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Decrypts data that a key has encrypted.
---@param params kms.ncloud.DecryptParams
---@param options kms.CallOptions?
---@return kms.ncloud.DecryptResult? result
---@return kms.Error? err
function Ncloud:decrypt(params, options) end

---@class kms.ncloud.ReEncryptParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."
---@field ciphertext string|string[] ciphertext with its prefix, or a list of them; a text that is not empty
---@field context string? at most 50 bytes, required for a key with convergent encryption; decryption needs the same value; base64 text

---@class kms.ncloud.ReEncryptResult
---@field new_ciphertext string|string[] ciphertext of the newest version
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Encrypts data again with the newest version of the same key, without showing the plaintext.
---@param params kms.ncloud.ReEncryptParams
---@param options kms.CallOptions?
---@return kms.ncloud.ReEncryptResult? result
---@return kms.Error? err
function Ncloud:re_encrypt(params, options) end

---@class kms.ncloud.CreateCustomKeyParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."
---@field request_plain_key boolean? whether the result has the data key itself too; default false
---@field bits integer? length of the data key; 128, 256 or 512; default 256
---@field context string? at most 50 bytes, required for a key with convergent encryption; decryption needs the same value; base64 text

---@class kms.ncloud.CreateCustomKeyResult
---@field plaintext string|string[]|nil data key in base64; only with request_plain_key; secret
---@field ciphertext string encrypted data key
---@field key_version integer? version of the key
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Creates a data key and encrypts it with a key.
---@param params kms.ncloud.CreateCustomKeyParams
---@param options kms.CallOptions?
---@return kms.ncloud.CreateCustomKeyResult? result
---@return kms.Error? err
function Ncloud:create_custom_key(params, options) end

---@class kms.ncloud.SignParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."
---@field data string message in base64, at most 8 KB; base64 text

---@class kms.ncloud.SignResult
---@field signature string signature
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Signs a message with a key.
---@param params kms.ncloud.SignParams
---@param options kms.CallOptions?
---@return kms.ncloud.SignResult? result
---@return kms.Error? err
function Ncloud:sign(params, options) end

---@class kms.ncloud.VerifyParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."
---@field data string message in base64, at most 8 KB; base64 text
---@field signature string signature from sign; a text that is not empty

---@class kms.ncloud.VerifyResult
---@field valid boolean whether the signature is that of the message
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Verifies the signature of a message.
---@param params kms.ncloud.VerifyParams
---@param options kms.CallOptions?
---@return kms.ncloud.VerifyResult? result
---@return kms.Error? err
function Ncloud:verify(params, options) end

---@class kms.ncloud.GetPublicKeyParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."
---@field key_version integer? version of the key; 1 to 100

---@class kms.ncloud.GetPublicKeyResult
---@field public_key string public key as PEM
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Reads the public key of a key pair.
---@param params kms.ncloud.GetPublicKeyParams
---@param options kms.CallOptions?
---@return kms.ncloud.GetPublicKeyResult? result
---@return kms.Error? err
function Ncloud:get_public_key(params, options) end

---@class kms.ncloud.ListKeyActivitiesParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."
---@field keyword string? only entries with this text
---@field timestamp_from number? beginning of the period; by default one day before now; Unix time in seconds
---@field timestamp_to number? end of the period; by default now; Unix time in seconds
---@field page_no integer? number of the page; at least 1; default 1
---@field page_size integer? items per page; 1 to 200; default 100

---@class kms.ncloud.ListKeyActivitiesResult
---@field activity_log_list kms.ncloud.ListKeyActivitiesResult.ActivityLogList[] entries of this page
---@field page_size integer? items per page
---@field current_page_no integer? number of this page
---@field total_page_no integer? number of pages
---@field total_count integer? number of items on all pages
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

---@class kms.ncloud.ListKeyActivitiesResult.ActivityLogList
---@field timestamp number? when the key was used; Unix time in seconds
---@field data kms.ncloud.ListKeyActivitiesResult.ActivityLogList.Data? what happened
---@field message string? description

---@class kms.ncloud.ListKeyActivitiesResult.ActivityLogList.Data
---@field kms_key kms.ncloud.ListKeyActivitiesResult.ActivityLogList.Data.KmsKey? the key
---@field requestor kms.ncloud.ListKeyActivitiesResult.ActivityLogList.Data.Requestor? the caller
---@field api kms.ncloud.ListKeyActivitiesResult.ActivityLogList.Data.Api? the request

---@class kms.ncloud.ListKeyActivitiesResult.ActivityLogList.Data.KmsKey
---@field key_tag string? tag of the key
---@field key_name string? name of the key
---@field nrn string? resource name of the key

---@class kms.ncloud.ListKeyActivitiesResult.ActivityLogList.Data.Requestor
---@field request_type string? where the request came from; "CONSOLE", "API" or "SYSTEM"
---@field id string? id of the caller
---@field ip string? address of the caller

---@class kms.ncloud.ListKeyActivitiesResult.ActivityLogList.Data.Api
---@field result string? outcome
---@field action string? what was done
---@field type string? kind of the request

--- Lists the use of a key in a period, one page per call.
---@param params kms.ncloud.ListKeyActivitiesParams
---@param options kms.CallOptions?
---@return kms.ncloud.ListKeyActivitiesResult? result
---@return kms.Error? err
function Ncloud:list_key_activities(params, options) end

---@class kms.ncloud.GetLatestUseParams
---@field key_tag string tag of the key; UTF-8 without NUL, 1 to 1024 bytes, other than "." and ".."

---@class kms.ncloud.GetLatestUseResult
---@field timestamp number? when the key was used; Unix time in seconds
---@field data kms.ncloud.GetLatestUseResult.Data? what happened
---@field message string? description
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

---@class kms.ncloud.GetLatestUseResult.Data
---@field kms_key kms.ncloud.GetLatestUseResult.Data.KmsKey? the key
---@field requestor kms.ncloud.GetLatestUseResult.Data.Requestor? the caller
---@field api kms.ncloud.GetLatestUseResult.Data.Api? the request

---@class kms.ncloud.GetLatestUseResult.Data.KmsKey
---@field key_tag string? tag of the key
---@field key_name string? name of the key
---@field nrn string? resource name of the key

---@class kms.ncloud.GetLatestUseResult.Data.Requestor
---@field request_type string? where the request came from; "CONSOLE", "API" or "SYSTEM"
---@field id string? id of the caller
---@field ip string? address of the caller

---@class kms.ncloud.GetLatestUseResult.Data.Api
---@field result string? outcome
---@field action string? what was done
---@field type string? kind of the request

--- Reads the latest use of a key.
---@param params kms.ncloud.GetLatestUseParams
---@param options kms.CallOptions?
---@return kms.ncloud.GetLatestUseResult? result
---@return kms.Error? err
function Ncloud:get_latest_use(params, options) end

--- Iterates over the items of all pages of an operation: `for number, item, err in client:each("list_keys") do`. Gets a
--- page when its first item is needed. If a page cannot be had, the last step has the number of the missing item, nil
--- and the error.
---@overload fun(self: kms.Ncloud, operation: "list_keys", params?: kms.ncloud.ListKeysParams, options: kms.CallOptions?): (fun(): integer?, kms.ncloud.ListKeysResult.KeyList?, kms.Error?)
---@overload fun(self: kms.Ncloud, operation: "list_key_activities", params: kms.ncloud.ListKeyActivitiesParams, options: kms.CallOptions?): (fun(): integer?, kms.ncloud.ListKeyActivitiesResult.ActivityLogList?, kms.Error?)
---@param operation "list_keys"|"list_key_activities"
---@param params table?
---@param options kms.CallOptions?
---@return fun(): integer?, any, kms.Error? iterator
function Ncloud:each(operation, params, options) end

return Ncloud
