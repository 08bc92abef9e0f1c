---@meta kms.operations.huawei

-- Generated from lua/kms/huawei/operations by `make reference`. Changes belong there.

---@class kms.Huawei
local Huawei = {}

---@class kms.huawei.UpdatePrimaryRegionParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field primary_region string code of the new primary region; a region code such as "cn-north-4": lower-case letters and digits in groups joined by "-", without the letter of an availability zone

---@class kms.huawei.UpdatePrimaryRegionResult
---@field key_id string ID of the key
---@field primary_region string the new primary region
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Moves the primary region of a multi-region key; the region that was primary becomes a replica region.
---@param params kms.huawei.UpdatePrimaryRegionParams
---@param options kms.CallOptions?
---@return kms.huawei.UpdatePrimaryRegionResult? result
---@return kms.Error? err
function Huawei:update_primary_region(params, options) end

---@class kms.huawei.ReplicateKeyParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field replica_region string code of the region of the replica; a region code such as "cn-north-4": lower-case letters and digits in groups joined by "-", without the letter of an availability zone
---@field key_alias string name of the replica; 1 to 255 characters: English letters, digits, ":", "/", "_" or "-", not ending in "/default"
---@field key_description string? description of the replica
---@field enterprise_project_id string? ID of the enterprise project; "0" is the default one
---@field replica_project_id string ID of the project in the region of the replica; 32 letters and digits
---@field tags kms.huawei.ReplicateKeyParams.Tags[]? tags of the replica

---@class kms.huawei.ReplicateKeyParams.Tags
---@field key string key of the tag
---@field value string? value of the tag

---@class kms.huawei.ReplicateKeyResult
---@field key_id string ID of the replica
---@field domain_id string? ID of the account
---@field region string? region of the replica
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Creates a replica of a key in another region.
---@param params kms.huawei.ReplicateKeyParams
---@param options kms.CallOptions?
---@return kms.huawei.ReplicateKeyResult? result
---@return kms.Error? err
function Huawei:replicate_key(params, options) end

---@class kms.huawei.ListSupportRegionsParams
---@field limit integer? number of items per page; default 10
---@field offset integer? number of items to skip; at least 0

---@class kms.huawei.ListSupportRegionsResult
---@field regions string[]? codes of the regions
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Lists the regions that multi-region keys can be in.
---@param params kms.huawei.ListSupportRegionsParams?
---@param options kms.CallOptions?
---@return kms.huawei.ListSupportRegionsResult? result
---@return kms.Error? err
function Huawei:list_support_regions(params, options) end

---@class kms.huawei.CreateKeyParams
---@field key_alias string name of the key; 1 to 255 characters: English letters, digits, ":", "/", "_" or "-", not ending in "/default"
---@field key_spec string? algorithm and length of the key; "AES_256", "SM4", "RSA_2048", "RSA_3072", "RSA_4096", "EC_P256", "EC_P384", "SECP256K1", "SM2", "ED25519", "HMAC_256", "HMAC_384", "HMAC_512" or "HMAC_SM3"
---@field key_usage string? what the key is for; "ENCRYPT_DECRYPT" or "SIGN_VERIFY"
---@field key_description string? description of the key
---@field origin string? where the key material comes from; "kms" or "external"
---@field enterprise_project_id string? ID of the enterprise project; "0" is the default one
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless
---@field keystore_id string? ID of the key store
---@field vm_id string? ID of the virtual machine

---@class kms.huawei.CreateKeyResult
---@field key_id string ID of the key
---@field domain_id string? ID of the account
---@field region_id string? region where the key was created
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Creates a key.
---@param params kms.huawei.CreateKeyParams
---@param options kms.CallOptions?
---@return kms.huawei.CreateKeyResult? result
---@return kms.Error? err
function Huawei:create_key(params, options) end

---@class kms.huawei.ListKeysParams
---@field limit integer? largest number of items on the page; at least 1; default 2000
---@field marker integer? where the page begins: `next_marker` of the page before; at least 0
---@field key_state integer? state of the keys, a number as in the result
---@field key_spec string? algorithm of the keys, or "ALL"; "AES_256", "SM4", "RSA_2048", "RSA_3072", "RSA_4096", "EC_P256", "EC_P384", "SM2" or "ALL"
---@field enterprise_project_id string? ID of the enterprise project; "0" is the default one
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless
---@field keystore_type string? kind of key store; "DHSM", "CDMS" or "DEFAULT"

---@class kms.huawei.ListKeysResult
---@field keys string[]? IDs of the keys
---@field key_details kms.huawei.ListKeysResult.KeyDetails[]? the keys
---@field next_marker integer? `marker` of the next page
---@field truncated boolean? whether more pages follow
---@field total integer? number of items on all pages
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

---@class kms.huawei.ListKeysResult.KeyDetails
---@field key_id string? ID of the key
---@field domain_id string? ID of the account
---@field key_alias string? name of the key
---@field realm string? region of the key
---@field key_spec string? algorithm and length of the key
---@field key_usage string? ENCRYPT_DECRYPT or SIGN_VERIFY
---@field key_description string? description of the key
---@field creation_date number? when the key was created; Unix time in seconds
---@field scheduled_deletion_date number? when the key will be deleted; Unix time in seconds
---@field key_state integer? 1 to be activated, 2 enabled, 3 disabled, 4 pending deletion, 5 pending import, 7 frozen
---@field default_key_flag integer? 1 for a default key of the service
---@field key_type string? not documented
---@field expiration_time number? when the key material expires; Unix time in seconds
---@field origin string? kms, or external for imported key material
---@field key_rotation_enabled boolean? whether the key is rotated
---@field sys_enterprise_project_id string? ID of the enterprise project
---@field keystore_id string? ID of the key store

--- Lists the keys of the project, with their details.
---@param params kms.huawei.ListKeysParams?
---@param options kms.CallOptions?
---@return kms.huawei.ListKeysResult? result
---@return kms.Error? err
function Huawei:list_keys(params, options) end

---@class kms.huawei.ListKeyDetailParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.ListKeyDetailResult
---@field key_id string? ID of the key
---@field domain_id string? ID of the account
---@field key_alias string? name of the key
---@field realm string? region of the key
---@field key_spec string? algorithm and length of the key
---@field key_usage string? ENCRYPT_DECRYPT or SIGN_VERIFY
---@field key_description string? description of the key
---@field creation_date number? when the key was created; Unix time in seconds
---@field scheduled_deletion_date number? when the key will be deleted; Unix time in seconds
---@field key_state integer? 1 to be activated, 2 enabled, 3 disabled, 4 pending deletion, 5 pending import, 7 frozen
---@field default_key_flag integer? 1 for a default key of the service
---@field key_type string? not documented
---@field expiration_time number? when the key material expires; Unix time in seconds
---@field origin string? kms, or external for imported key material
---@field key_rotation_enabled boolean? whether the key is rotated
---@field sys_enterprise_project_id string? ID of the enterprise project
---@field keystore_id string? ID of the key store
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Reads a key.
---@param params kms.huawei.ListKeyDetailParams
---@param options kms.CallOptions?
---@return kms.huawei.ListKeyDetailResult? result
---@return kms.Error? err
function Huawei:list_key_detail(params, options) end

---@class kms.huawei.UpdateKeyAliasParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field key_alias string the new name; 1 to 255 characters: English letters, digits, ":", "/", "_" or "-", not ending in "/default"
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.UpdateKeyAliasResult
---@field key_id string? ID of the key
---@field key_alias string? name of the key
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Changes the name of a key.
---@param params kms.huawei.UpdateKeyAliasParams
---@param options kms.CallOptions?
---@return kms.huawei.UpdateKeyAliasResult? result
---@return kms.Error? err
function Huawei:update_key_alias(params, options) end

---@class kms.huawei.UpdateKeyDescriptionParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field key_description string the new description
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.UpdateKeyDescriptionResult
---@field key_id string? ID of the key
---@field key_description string? description of the key
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Changes the description of a key.
---@param params kms.huawei.UpdateKeyDescriptionParams
---@param options kms.CallOptions?
---@return kms.huawei.UpdateKeyDescriptionResult? result
---@return kms.Error? err
function Huawei:update_key_description(params, options) end

---@class kms.huawei.EnableKeyParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.EnableKeyResult
---@field key_id string? ID of the key
---@field key_state integer? 1 to be activated, 2 enabled, 3 disabled, 4 pending deletion, 5 pending import, 7 frozen
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Enables a disabled key.
---@param params kms.huawei.EnableKeyParams
---@param options kms.CallOptions?
---@return kms.huawei.EnableKeyResult? result
---@return kms.Error? err
function Huawei:enable_key(params, options) end

---@class kms.huawei.DisableKeyParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.DisableKeyResult
---@field key_id string? ID of the key
---@field key_state integer? 1 to be activated, 2 enabled, 3 disabled, 4 pending deletion, 5 pending import, 7 frozen
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Disables a key.
---@param params kms.huawei.DisableKeyParams
---@param options kms.CallOptions?
---@return kms.huawei.DisableKeyResult? result
---@return kms.Error? err
function Huawei:disable_key(params, options) end

---@class kms.huawei.DeleteKeyParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field pending_days integer days until the key is deleted; 7 to 1096
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.DeleteKeyResult
---@field key_id string? ID of the key
---@field key_state integer? 1 to be activated, 2 enabled, 3 disabled, 4 pending deletion, 5 pending import, 7 frozen
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Schedules the deletion of a key.
---@param params kms.huawei.DeleteKeyParams
---@param options kms.CallOptions?
---@return kms.huawei.DeleteKeyResult? result
---@return kms.Error? err
function Huawei:delete_key(params, options) end

---@class kms.huawei.CancelKeyDeletionParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.CancelKeyDeletionResult
---@field key_id string? ID of the key
---@field key_state integer? 1 to be activated, 2 enabled, 3 disabled, 4 pending deletion, 5 pending import, 7 frozen
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Cancels the scheduled deletion of a key.
---@param params kms.huawei.CancelKeyDeletionParams
---@param options kms.CallOptions?
---@return kms.huawei.CancelKeyDeletionResult? result
---@return kms.Error? err
function Huawei:cancel_key_deletion(params, options) end

---@class kms.huawei.ShowPublicKeyParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.ShowPublicKeyResult
---@field key_id string? ID of the key
---@field public_key string the public key
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Returns the public key of an asymmetric key.
---@param params kms.huawei.ShowPublicKeyParams
---@param options kms.CallOptions?
---@return kms.huawei.ShowPublicKeyResult? result
---@return kms.Error? err
function Huawei:show_public_key(params, options) end

---@class kms.huawei.ShowUserInstancesParams

---@class kms.huawei.ShowUserInstancesResult
---@field instance_num integer? number of keys
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Returns the number of keys.
---@param params kms.huawei.ShowUserInstancesParams?
---@param options kms.CallOptions?
---@return kms.huawei.ShowUserInstancesResult? result
---@return kms.Error? err
function Huawei:show_user_instances(params, options) end

---@class kms.huawei.ShowUserQuotasParams

---@class kms.huawei.ShowUserQuotasResult
---@field resources kms.huawei.ShowUserQuotasResult.Resources[]? the quotas
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

---@class kms.huawei.ShowUserQuotasResult.Resources
---@field type string? kind of quota
---@field used integer? number in use
---@field quota integer? the limit

--- Returns the quotas and how much of them is used.
---@param params kms.huawei.ShowUserQuotasParams?
---@param options kms.CallOptions?
---@return kms.huawei.ShowUserQuotasResult? result
---@return kms.Error? err
function Huawei:show_user_quotas(params, options) end

---@class kms.huawei.CreateAliasParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field alias string the alias

---@class kms.huawei.CreateAliasResult
---@field domain_id string? ID of the account
---@field key_id string? ID of the key
---@field alias string? the alias
---@field alias_urn string? resource name of the alias
---@field create_time string? when it was created
---@field update_time string? when it was changed
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Creates a further alias of a key.
---@param params kms.huawei.CreateAliasParams
---@param options kms.CallOptions?
---@return kms.huawei.CreateAliasResult? result
---@return kms.Error? err
function Huawei:create_alias(params, options) end

---@class kms.huawei.AssociateAliasParams
---@field alias string the alias
---@field target_key_id string ID of the key that the alias belongs to from now on; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12

---@class kms.huawei.AssociateAliasResult
---@field domain_id string? ID of the account
---@field key_id string? ID of the key
---@field alias string? the alias
---@field alias_urn string? resource name of the alias
---@field create_time string? when it was created
---@field update_time string? when it was changed
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Assigns an alias to another key.
---@param params kms.huawei.AssociateAliasParams
---@param options kms.CallOptions?
---@return kms.huawei.AssociateAliasResult? result
---@return kms.Error? err
function Huawei:associate_alias(params, options) end

---@class kms.huawei.ListAliasesParams
---@field key_id string? ID of the key; without it, the aliases of all keys; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field limit integer? number of items per page
---@field marker string? where the page begins: `next_marker` of the page before

---@class kms.huawei.ListAliasesResult
---@field aliases kms.huawei.ListAliasesResult.Aliases[]? the aliases
---@field page_info kms.huawei.ListAliasesResult.PageInfo? position of the page
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

---@class kms.huawei.ListAliasesResult.Aliases
---@field domain_id string? ID of the account
---@field key_id string? ID of the key
---@field alias string? the alias
---@field alias_urn string? resource name of the alias
---@field create_time string? when it was created
---@field update_time string? when it was changed

---@class kms.huawei.ListAliasesResult.PageInfo
---@field next_marker string? `marker` of the next page
---@field current_count integer? number of items on this page

--- Lists the further aliases of a key, or of all keys.
---@param params kms.huawei.ListAliasesParams?
---@param options kms.CallOptions?
---@return kms.huawei.ListAliasesResult? result
---@return kms.Error? err
function Huawei:list_aliases(params, options) end

---@class kms.huawei.DeleteAliasParams
---@field aliases string[] the aliases to delete
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12

---@class kms.huawei.DeleteAliasResult
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Deletes further aliases of a key.
---@param params kms.huawei.DeleteAliasParams
---@param options kms.CallOptions?
---@return kms.huawei.DeleteAliasResult? result
---@return kms.Error? err
function Huawei:delete_alias(params, options) end

---@class kms.huawei.CreateKmsTagParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field tag kms.huawei.CreateKmsTagParams.Tag? the tag
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.CreateKmsTagParams.Tag
---@field key string key of the tag
---@field value string? value of the tag

---@class kms.huawei.CreateKmsTagResult
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Adds a tag to a key.
---@param params kms.huawei.CreateKmsTagParams
---@param options kms.CallOptions?
---@return kms.huawei.CreateKmsTagResult? result
---@return kms.Error? err
function Huawei:create_kms_tag(params, options) end

---@class kms.huawei.BatchCreateKmsTagsParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field tags kms.huawei.BatchCreateKmsTagsParams.Tags[] the tags
---@field action string what to do with the tags; "create" or "delete"
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.BatchCreateKmsTagsParams.Tags
---@field key string key of the tag
---@field value string? value of the tag

---@class kms.huawei.BatchCreateKmsTagsResult
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Adds tags to a key, or deletes them.
---@param params kms.huawei.BatchCreateKmsTagsParams
---@param options kms.CallOptions?
---@return kms.huawei.BatchCreateKmsTagsResult? result
---@return kms.Error? err
function Huawei:batch_create_kms_tags(params, options) end

---@class kms.huawei.DeleteTagParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field key string key of the tag; UTF-8 without NUL, at least 1 byte, other than "." and ".."

---@class kms.huawei.DeleteTagResult
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Deletes a tag of a key.
---@param params kms.huawei.DeleteTagParams
---@param options kms.CallOptions?
---@return kms.huawei.DeleteTagResult? result
---@return kms.Error? err
function Huawei:delete_tag(params, options) end

---@class kms.huawei.ShowKmsTagsParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12

---@class kms.huawei.ShowKmsTagsResult
---@field tags kms.huawei.ShowKmsTagsResult.Tags[]? tags of the key
---@field exist_tags_num integer? number of tags
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

---@class kms.huawei.ShowKmsTagsResult.Tags
---@field key string key of the tag
---@field value string? value of the tag

--- Lists the tags of a key.
---@param params kms.huawei.ShowKmsTagsParams
---@param options kms.CallOptions?
---@return kms.huawei.ShowKmsTagsResult? result
---@return kms.Error? err
function Huawei:show_kms_tags(params, options) end

---@class kms.huawei.ListKmsTagsParams

---@class kms.huawei.ListKmsTagsResult
---@field tags kms.huawei.ListKmsTagsResult.Tags[]? the tags, each with all its values
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

---@class kms.huawei.ListKmsTagsResult.Tags
---@field key string? key of the tag
---@field values string[]? values of the tag

--- Lists the tags of all keys of the project.
---@param params kms.huawei.ListKmsTagsParams?
---@param options kms.CallOptions?
---@return kms.huawei.ListKmsTagsResult? result
---@return kms.Error? err
function Huawei:list_kms_tags(params, options) end

---@class kms.huawei.ListKmsByTagsParams
---@field limit integer? largest number of items on the page; at least 1
---@field offset integer? number of keys to skip; at least 0
---@field action string? whether to list the keys or to count them; "filter" or "count"
---@field tags kms.huawei.ListKmsByTagsParams.Tags[]? a key must have all of these tags
---@field matches kms.huawei.ListKmsByTagsParams.Matches[]? a key must match these names and values
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.ListKmsByTagsParams.Tags
---@field key string? key of the tag
---@field values string[]? values of the tag

---@class kms.huawei.ListKmsByTagsParams.Matches
---@field key string key of the tag
---@field value string? value of the tag

---@class kms.huawei.ListKmsByTagsResult
---@field resources kms.huawei.ListKmsByTagsResult.Resources[]? the keys
---@field total_count integer? number of all keys that match
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

---@class kms.huawei.ListKmsByTagsResult.Resources
---@field resource_id string? ID of the key
---@field resource_detail kms.huawei.ListKmsByTagsResult.Resources.ResourceDetail? the key
---@field resource_name string? name of the key
---@field tags kms.huawei.ListKmsByTagsResult.Resources.Tags[]? tags of the key

---@class kms.huawei.ListKmsByTagsResult.Resources.ResourceDetail
---@field key_id string? ID of the key
---@field domain_id string? ID of the account
---@field key_alias string? name of the key
---@field realm string? region of the key
---@field key_spec string? algorithm and length of the key
---@field key_usage string? ENCRYPT_DECRYPT or SIGN_VERIFY
---@field key_description string? description of the key
---@field creation_date number? when the key was created; Unix time in seconds
---@field scheduled_deletion_date number? when the key will be deleted; Unix time in seconds
---@field key_state integer? 1 to be activated, 2 enabled, 3 disabled, 4 pending deletion, 5 pending import, 7 frozen
---@field default_key_flag integer? 1 for a default key of the service
---@field key_type string? not documented
---@field expiration_time number? when the key material expires; Unix time in seconds
---@field origin string? kms, or external for imported key material
---@field key_rotation_enabled boolean? whether the key is rotated
---@field sys_enterprise_project_id string? ID of the enterprise project
---@field keystore_id string? ID of the key store

---@class kms.huawei.ListKmsByTagsResult.Resources.Tags
---@field key string key of the tag
---@field value string? value of the tag

--- Lists the keys that have certain tags, or counts them.
---@param params kms.huawei.ListKmsByTagsParams?
---@param options kms.CallOptions?
---@return kms.huawei.ListKmsByTagsResult? result
---@return kms.Error? err
function Huawei:list_kms_by_tags(params, options) end

---@class kms.huawei.CreateGrantParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field grantee_principal string ID of the user or account that may use the key; 1 to 64 letters and digits
---@field operations string[] operations that the grant allows
---@field name string? name of the grant; 1 to 255 characters: English letters, digits, ":", "/", "_" or "-"
---@field retiring_principal string? ID of the user that may retire the grant; 1 to 64 letters and digits
---@field grantee_principal_type string? what the grantee is; "user" or "domain"
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.CreateGrantResult
---@field grant_id string ID of the grant
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Lets another user use a key.
---@param params kms.huawei.CreateGrantParams
---@param options kms.CallOptions?
---@return kms.huawei.CreateGrantResult? result
---@return kms.Error? err
function Huawei:create_grant(params, options) end

---@class kms.huawei.ListGrantsParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field limit integer? largest number of items on the page; at least 1
---@field marker integer? where the page begins: `next_marker` of the page before; at least 0
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.ListGrantsResult
---@field grants kms.huawei.ListGrantsResult.Grants[]? the grants
---@field next_marker integer? `marker` of the next page
---@field truncated boolean? whether more pages follow
---@field total integer? number of items on all pages
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

---@class kms.huawei.ListGrantsResult.Grants
---@field key_id string? ID of the key
---@field grant_id string? ID of the grant
---@field grantee_principal string? ID of the user or account that may use the key
---@field grantee_principal_type string? what the grantee is
---@field operations string[]? operations that the grant allows
---@field issuing_principal string? ID of the user that created the grant
---@field creation_date number? when the grant was created; Unix time in seconds
---@field name string? name of the grant
---@field retiring_principal string? ID of the user that may retire the grant

--- Lists the grants of a key.
---@param params kms.huawei.ListGrantsParams
---@param options kms.CallOptions?
---@return kms.huawei.ListGrantsResult? result
---@return kms.Error? err
function Huawei:list_grants(params, options) end

---@class kms.huawei.ListRetirableGrantsParams
---@field limit integer? largest number of items on the page; at least 1
---@field marker integer? where the page begins: `next_marker` of the page before; at least 0
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.ListRetirableGrantsResult
---@field grants kms.huawei.ListRetirableGrantsResult.Grants[]? the grants
---@field next_marker integer? `marker` of the next page
---@field truncated boolean? whether more pages follow
---@field total integer? number of items on all pages
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

---@class kms.huawei.ListRetirableGrantsResult.Grants
---@field key_id string? ID of the key
---@field grant_id string? ID of the grant
---@field grantee_principal string? ID of the user or account that may use the key
---@field grantee_principal_type string? what the grantee is
---@field operations string[]? operations that the grant allows
---@field issuing_principal string? ID of the user that created the grant
---@field creation_date number? when the grant was created; Unix time in seconds
---@field name string? name of the grant
---@field retiring_principal string? ID of the user that may retire the grant

--- Lists the grants that the caller may retire.
---@param params kms.huawei.ListRetirableGrantsParams?
---@param options kms.CallOptions?
---@return kms.huawei.ListRetirableGrantsResult? result
---@return kms.Error? err
function Huawei:list_retirable_grants(params, options) end

---@class kms.huawei.CancelGrantParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field grant_id string ID of the grant; 64 hexadecimal digits
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.CancelGrantResult
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Revokes a grant, as the owner of the key.
---@param params kms.huawei.CancelGrantParams
---@param options kms.CallOptions?
---@return kms.huawei.CancelGrantResult? result
---@return kms.Error? err
function Huawei:cancel_grant(params, options) end

---@class kms.huawei.CancelSelfGrantParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field grant_id string ID of the grant; 64 hexadecimal digits
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.CancelSelfGrantResult
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Retires a grant, as the user that it names for this.
---@param params kms.huawei.CancelSelfGrantParams
---@param options kms.CallOptions?
---@return kms.huawei.CancelSelfGrantResult? result
---@return kms.Error? err
function Huawei:cancel_self_grant(params, options) end

---@class kms.huawei.EnableKeyRotationParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.EnableKeyRotationResult
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Enables the rotation of a key.
---@param params kms.huawei.EnableKeyRotationParams
---@param options kms.CallOptions?
---@return kms.huawei.EnableKeyRotationResult? result
---@return kms.Error? err
function Huawei:enable_key_rotation(params, options) end

---@class kms.huawei.DisableKeyRotationParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.DisableKeyRotationResult
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Disables the rotation of a key.
---@param params kms.huawei.DisableKeyRotationParams
---@param options kms.CallOptions?
---@return kms.huawei.DisableKeyRotationResult? result
---@return kms.Error? err
function Huawei:disable_key_rotation(params, options) end

---@class kms.huawei.ShowKeyRotationStatusParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.ShowKeyRotationStatusResult
---@field key_rotation_enabled boolean whether the key is rotated
---@field rotation_interval integer? days between two rotations
---@field last_rotation_time number? when the key was rotated last; Unix time in seconds
---@field number_of_rotations integer? how often the key was rotated
---@field key_materials kms.huawei.ShowKeyRotationStatusResult.KeyMaterials[]? the key material of each rotation
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

---@class kms.huawei.ShowKeyRotationStatusResult.KeyMaterials
---@field material_id string? ID of the key material
---@field charge_id string? not documented
---@field create_time string? when it was created
---@field expiration_time string? when it expires
---@field state integer? state of the key material

--- Reads the rotation of a key.
---@param params kms.huawei.ShowKeyRotationStatusParams
---@param options kms.CallOptions?
---@return kms.huawei.ShowKeyRotationStatusResult? result
---@return kms.Error? err
function Huawei:show_key_rotation_status(params, options) end

---@class kms.huawei.UpdateKeyRotationIntervalParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field rotation_interval integer days between two rotations; 30 to 365
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.UpdateKeyRotationIntervalResult
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Changes the days between two rotations of a key.
---@param params kms.huawei.UpdateKeyRotationIntervalParams
---@param options kms.CallOptions?
---@return kms.huawei.UpdateKeyRotationIntervalResult? result
---@return kms.Error? err
function Huawei:update_key_rotation_interval(params, options) end

---@class kms.huawei.RotateOnDemandParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12

---@class kms.huawei.RotateOnDemandResult
---@field key_id string? ID of the key
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Rotates a key now.
---@param params kms.huawei.RotateOnDemandParams
---@param options kms.CallOptions?
---@return kms.huawei.RotateOnDemandResult? result
---@return kms.Error? err
function Huawei:rotate_on_demand(params, options) end

---@class kms.huawei.ShowVersionsParams

---@class kms.huawei.ShowVersionsResult
---@field versions kms.huawei.ShowVersionsResult.Versions[]? the versions
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

---@class kms.huawei.ShowVersionsResult.Versions
---@field id string? version
---@field links kms.huawei.ShowVersionsResult.Versions.Links[]? addresses
---@field version string? minor version
---@field status string? status of the version
---@field updated string? when it was changed
---@field min_version string? oldest minor version

---@class kms.huawei.ShowVersionsResult.Versions.Links
---@field href string? address
---@field rel string? relation

--- Lists the versions of the API.
---@param params kms.huawei.ShowVersionsParams?
---@param options kms.CallOptions?
---@return kms.huawei.ShowVersionsResult? result
---@return kms.Error? err
function Huawei:show_versions(params, options) end

---@class kms.huawei.ShowVersionParams
---@field version_id string for example v1.0; UTF-8 without NUL, at least 1 byte, other than "." and ".."

---@class kms.huawei.ShowVersionResult
---@field id string? version
---@field links kms.huawei.ShowVersionResult.Links[]? addresses
---@field version string? minor version
---@field status string? status of the version
---@field updated string? when it was changed
---@field min_version string? oldest minor version
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

---@class kms.huawei.ShowVersionResult.Links
---@field href string? address
---@field rel string? relation

--- Reads a version of the API.
---@param params kms.huawei.ShowVersionParams
---@param options kms.CallOptions?
---@return kms.huawei.ShowVersionResult? result
---@return kms.Error? err
function Huawei:show_version(params, options) end

---@class kms.huawei.CreateParametersForImportParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field wrapping_algorithm string algorithm that encrypts the key material on its way; "RSAES_OAEP_SHA_256" or "SM2_ENCRYPT"
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.CreateParametersForImportResult
---@field key_id string? ID of the key
---@field import_token string token for import_key_material
---@field expiration_time number? when the token expires; Unix time in seconds
---@field public_key string public key that encrypts the key material, base64
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Creates a token and a public key for the import of key material.
---@param params kms.huawei.CreateParametersForImportParams
---@param options kms.CallOptions?
---@return kms.huawei.CreateParametersForImportResult? result
---@return kms.Error? err
function Huawei:create_parameters_for_import(params, options) end

---@class kms.huawei.ImportKeyMaterialParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field import_token string token of create_parameters_for_import; base64 (RFC 4648, section 4)
---@field encrypted_key_material string the encrypted key material, base64; base64 (RFC 4648, section 4)
---@field encrypted_privatekey string? the encrypted private key of an asymmetric key, base64; base64 (RFC 4648, section 4)
---@field expiration_time number? when the key material expires; Unix time in seconds
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.ImportKeyMaterialResult
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Imports key material into a key that is pending import.
---@param params kms.huawei.ImportKeyMaterialParams
---@param options kms.CallOptions?
---@return kms.huawei.ImportKeyMaterialResult? result
---@return kms.Error? err
function Huawei:import_key_material(params, options) end

---@class kms.huawei.DeleteImportedKeyMaterialParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.DeleteImportedKeyMaterialResult
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Deletes the imported key material of a key.
---@param params kms.huawei.DeleteImportedKeyMaterialParams
---@param options kms.CallOptions?
---@return kms.huawei.DeleteImportedKeyMaterialResult? result
---@return kms.Error? err
function Huawei:delete_imported_key_material(params, options) end

---@class kms.huawei.EncryptDataParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field plain_text string the data; secret
---@field encryption_algorithm string? algorithm; "SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_256" or "SM2_ENCRYPT"
---@field additional_authenticated_data string? encryption context; decryption needs the same text
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.EncryptDataResult
---@field key_id string? ID of the key
---@field cipher_text string the encrypted data, base64
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Encrypts up to 4096 bytes.
---@param params kms.huawei.EncryptDataParams
---@param options kms.CallOptions?
---@return kms.huawei.EncryptDataResult? result
---@return kms.Error? err
function Huawei:encrypt_data(params, options) end

---@class kms.huawei.DecryptDataParams
---@field cipher_text string the encrypted data, base64; base64 (RFC 4648, section 4)
---@field encryption_algorithm string? algorithm; "SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_256" or "SM2_ENCRYPT"
---@field key_id string? ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field additional_authenticated_data string? encryption context; decryption needs the same text
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.DecryptDataResult
---@field key_id string? ID of the key
---@field plain_text string? the data; secret
---@field plain_text_base64 string? the data, base64; secret
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Decrypts what encrypt_data returned.
---@param params kms.huawei.DecryptDataParams
---@param options kms.CallOptions?
---@return kms.huawei.DecryptDataResult? result
---@return kms.Error? err
function Huawei:decrypt_data(params, options) end

---@class kms.huawei.ReEncryptParams
---@field source_key_id string? ID of the key that encrypted the data; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field source_additional_authenticated_data string? encryption context of the old ciphertext
---@field source_encryption_algorithm string? algorithm of the old ciphertext
---@field destination_key_id string ID of the key that encrypts the data again; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field destination_additional_authenticated_data string? encryption context of the new ciphertext
---@field destination_encryption_algorithm string? algorithm of the new ciphertext
---@field datakey_cipher_length integer? length of the data key in bytes
---@field cipher_text string the encrypted data

---@class kms.huawei.ReEncryptResult
---@field key_id string? ID of the key
---@field source_key_id string? ID of the key that encrypted the data
---@field source_encryption_algorithm string? algorithm of the old ciphertext
---@field destination_encryption_algorithm string? algorithm of the new ciphertext
---@field cipher_text string the data, encrypted again
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Decrypts data and encrypts it with another key, inside the service.
---@param params kms.huawei.ReEncryptParams
---@param options kms.CallOptions?
---@return kms.huawei.ReEncryptResult? result
---@return kms.Error? err
function Huawei:re_encrypt(params, options) end

---@class kms.huawei.SignParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field message string the message or its digest, base64; base64 (RFC 4648, section 4)
---@field signing_algorithm string algorithm of the signature; "RSASSA_PSS_SHA_256", "RSASSA_PSS_SHA_384", "RSASSA_PSS_SHA_512", "RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PKCS1_V1_5_SHA_384", "RSASSA_PKCS1_V1_5_SHA_512", "ECDSA_SHA_256", "ECDSA_SHA_384", "ECDSA_SHA_512", "SM2DSA_SM3", "ED25519_SHA_512" or "ED25519_PH_SHA_512"
---@field message_type string? whether `message` is a message or its digest; "DIGEST" or "RAW"
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.SignResult
---@field key_id string? ID of the key
---@field signature string the signature, base64
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Signs a message or a digest.
---@param params kms.huawei.SignParams
---@param options kms.CallOptions?
---@return kms.huawei.SignResult? result
---@return kms.Error? err
function Huawei:sign(params, options) end

---@class kms.huawei.ValidateSignatureParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field message string the message or its digest, base64; base64 (RFC 4648, section 4)
---@field signature string the signature, base64; base64 (RFC 4648, section 4)
---@field signing_algorithm string algorithm of the signature; "RSASSA_PSS_SHA_256", "RSASSA_PSS_SHA_384", "RSASSA_PSS_SHA_512", "RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PKCS1_V1_5_SHA_384", "RSASSA_PKCS1_V1_5_SHA_512", "ECDSA_SHA_256", "ECDSA_SHA_384", "ECDSA_SHA_512", "SM2DSA_SM3", "ED25519_SHA_512" or "ED25519_PH_SHA_512"
---@field message_type string? whether `message` is a message or its digest; "DIGEST" or "RAW"
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.ValidateSignatureResult
---@field key_id string? ID of the key
---@field signature_valid boolean whether the signature is valid
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Verifies a signature.
---@param params kms.huawei.ValidateSignatureParams
---@param options kms.CallOptions?
---@return kms.huawei.ValidateSignatureResult? result
---@return kms.Error? err
function Huawei:validate_signature(params, options) end

---@class kms.huawei.GenerateMacParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field mac_algorithm string algorithm of the MAC; "HMAC_SHA_256", "HMAC_SHA_384", "HMAC_SHA_512" or "HMAC_SM3"
---@field message string the message, base64; base64 (RFC 4648, section 4)

---@class kms.huawei.GenerateMacResult
---@field key_id string? ID of the key
---@field mac_algorithm string? algorithm of the MAC
---@field mac string the MAC
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Computes a message authentication code.
---@param params kms.huawei.GenerateMacParams
---@param options kms.CallOptions?
---@return kms.huawei.GenerateMacResult? result
---@return kms.Error? err
function Huawei:generate_mac(params, options) end

---@class kms.huawei.VerifyMacParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field mac_algorithm string algorithm of the MAC; "HMAC_SHA_256", "HMAC_SHA_384", "HMAC_SHA_512" or "HMAC_SM3"
---@field message string the message, base64; base64 (RFC 4648, section 4)
---@field mac string the MAC, as generate_mac returns it

---@class kms.huawei.VerifyMacResult
---@field key_id string? ID of the key
---@field mac_algorithm string? algorithm of the MAC
---@field mac_valid boolean whether the MAC is valid
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Verifies a message authentication code.
---@param params kms.huawei.VerifyMacParams
---@param options kms.CallOptions?
---@return kms.huawei.VerifyMacResult? result
---@return kms.Error? err
function Huawei:verify_mac(params, options) end

---@class kms.huawei.DeriveSharedSecretParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field key_agreement_algorithm string algorithm of the key agreement; "ECDH"
---@field public_key string public key of the other party, DER in base64; base64 (RFC 4648, section 4)
---@field recipient kms.huawei.DeriveSharedSecretParams.Recipient? trusted environment that receives the secret

---@class kms.huawei.DeriveSharedSecretParams.Recipient
---@field attestation_document string? proof of the environment
---@field key_encryption_algorithm string? algorithm that encrypts the secret for the environment

---@class kms.huawei.DeriveSharedSecretResult
---@field key_id string? ID of the key
---@field key_agreement_algorithm string? algorithm of the key agreement
---@field shared_secret string? the shared secret, base64; secret
---@field ciphertext_recipient string? the secret, encrypted for the recipient
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Derives a secret from a key and the public key of another party.
---@param params kms.huawei.DeriveSharedSecretParams
---@param options kms.CallOptions?
---@return kms.huawei.DeriveSharedSecretResult? result
---@return kms.Error? err
function Huawei:derive_shared_secret(params, options) end

---@class kms.huawei.CreateDatakeyParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field key_spec string? algorithm of the data key; "AES_256", "AES_128", "SM4", "HMAC_256", "HMAC_384", "HMAC_512" or "HMAC_SM3"
---@field datakey_length integer? length of the data key in bits
---@field additional_authenticated_data string? encryption context; decryption needs the same text
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless
---@field pin string? PIN of the key store; secret
---@field pin_type string? form of the PIN; "CipherText" or "PlainText"

---@class kms.huawei.CreateDatakeyResult
---@field key_id string? ID of the key
---@field plain_text string the data key, hexadecimal; secret
---@field cipher_text string the encrypted data key, hexadecimal
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Creates a data key and returns it in plain text and encrypted.
---@param params kms.huawei.CreateDatakeyParams
---@param options kms.CallOptions?
---@return kms.huawei.CreateDatakeyResult? result
---@return kms.Error? err
function Huawei:create_datakey(params, options) end

---@class kms.huawei.CreateDatakeyWithoutPlaintextParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field key_spec string? algorithm of the data key; "AES_256", "AES_128", "SM4", "HMAC_256", "HMAC_384", "HMAC_512" or "HMAC_SM3"
---@field datakey_length integer? length of the data key in bits
---@field additional_authenticated_data string? encryption context; decryption needs the same text
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless
---@field pin string? PIN of the key store; secret
---@field pin_type string? form of the PIN; "CipherText" or "PlainText"

---@class kms.huawei.CreateDatakeyWithoutPlaintextResult
---@field key_id string? ID of the key
---@field cipher_text string the encrypted data key, hexadecimal
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Creates a data key and returns it encrypted only.
---@param params kms.huawei.CreateDatakeyWithoutPlaintextParams
---@param options kms.CallOptions?
---@return kms.huawei.CreateDatakeyWithoutPlaintextResult? result
---@return kms.Error? err
function Huawei:create_datakey_without_plaintext(params, options) end

---@class kms.huawei.EncryptDatakeyParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field plain_text string the data key and its digest, hexadecimal; an even number of hexadecimal digits; secret
---@field datakey_plain_length integer length of the data key in bytes
---@field additional_authenticated_data string? encryption context; decryption needs the same text
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless
---@field pin string? PIN of the key store; secret
---@field pin_type string? form of the PIN; "CipherText" or "PlainText"
---@field key_spec string? kind of key pair that wraps the data key; "SM2" or "RSA"

---@class kms.huawei.EncryptDatakeyResult
---@field key_id string? ID of the key
---@field cipher_text string the encrypted data key, hexadecimal
---@field datakey_length integer? length of the data key in bytes
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Encrypts a data key.
---@param params kms.huawei.EncryptDatakeyParams
---@param options kms.CallOptions?
---@return kms.huawei.EncryptDatakeyResult? result
---@return kms.Error? err
function Huawei:encrypt_datakey(params, options) end

---@class kms.huawei.DecryptDatakeyParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field cipher_text string the encrypted data key, hexadecimal; an even number of hexadecimal digits
---@field datakey_cipher_length integer length of the data key in bytes
---@field additional_authenticated_data string? encryption context; decryption needs the same text
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.DecryptDatakeyResult
---@field data_key string the data key, hexadecimal; secret
---@field datakey_length integer? length of the data key in bytes
---@field datakey_dgst string? digest of the data key, hexadecimal
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Decrypts a data key.
---@param params kms.huawei.DecryptDatakeyParams
---@param options kms.CallOptions?
---@return kms.huawei.DecryptDatakeyResult? result
---@return kms.Error? err
function Huawei:decrypt_datakey(params, options) end

---@class kms.huawei.CreateRsaDatakeyPairParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field key_spec string kind of key pair; "RSA_2048", "RSA_3072" or "RSA_4096"
---@field with_plain_text boolean? whether the private key is returned in plain text too; default true
---@field additional_authenticated_data string? encryption context; decryption needs the same text
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.CreateRsaDatakeyPairResult
---@field key_id string? ID of the key
---@field key_spec string? kind of key pair
---@field public_key string? the public key
---@field private_key_cipher_text string? the encrypted private key
---@field private_key_plain_text string? the private key; secret
---@field wrapped_private_key string? the private key, encrypted for the environment
---@field ciphertext_recipient string? the secret, encrypted for the recipient
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Creates an RSA key pair whose private key is encrypted with a key.
---@param params kms.huawei.CreateRsaDatakeyPairParams
---@param options kms.CallOptions?
---@return kms.huawei.CreateRsaDatakeyPairResult? result
---@return kms.Error? err
function Huawei:create_rsa_datakey_pair(params, options) end

---@class kms.huawei.CreateEcDatakeyPairParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field key_spec string kind of key pair; "ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521", "ECC_SECG_P256K1" or "SM2"
---@field with_plain_text boolean? whether the private key is returned in plain text too; default true
---@field additional_authenticated_data string? encryption context; decryption needs the same text
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless
---@field pin string? PIN of the key store; secret
---@field pin_type string? form of the PIN; "CipherText" or "PlainText"

---@class kms.huawei.CreateEcDatakeyPairResult
---@field key_id string? ID of the key
---@field key_spec string? kind of key pair
---@field public_key string? the public key
---@field private_key_cipher_text string? the encrypted private key
---@field private_key_plain_text string? the private key; secret
---@field wrapped_private_key string? the private key, encrypted for the environment
---@field ciphertext_recipient string? the secret, encrypted for the recipient
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Creates an elliptic curve key pair whose private key is encrypted with a key.
---@param params kms.huawei.CreateEcDatakeyPairParams
---@param options kms.CallOptions?
---@return kms.huawei.CreateEcDatakeyPairResult? result
---@return kms.Error? err
function Huawei:create_ec_datakey_pair(params, options) end

---@class kms.huawei.CreateRandomParams
---@field random_data_length integer length in bits; 8 to 8192
---@field sequence string? ID that you choose for the request, 36 characters; it does not make a repeat harmless

---@class kms.huawei.CreateRandomResult
---@field random_data string the random bytes, hexadecimal; secret
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Returns random bytes.
---@param params kms.huawei.CreateRandomParams
---@param options kms.CallOptions?
---@return kms.huawei.CreateRandomResult? result
---@return kms.Error? err
function Huawei:create_random(params, options) end

---@class kms.huawei.CreatePinParams
---@field pin_type string? form of the PIN; "CipherText" or "PlainText"
---@field keystore_id string? ID of the key store

---@class kms.huawei.CreatePinResult
---@field pin string the PIN; secret
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Creates a PIN.
---@param params kms.huawei.CreatePinParams?
---@param options kms.CallOptions?
---@return kms.huawei.CreatePinResult? result
---@return kms.Error? err
function Huawei:create_pin(params, options) end

---@class kms.huawei.CreateDatakeyCapsuleParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field datakey_length string algorithm of the data key; "AES_256" or "SM4"
---@field public_key string? public key of the environment
---@field policy_id string? ID of the key policy; 36 characters, hexadecimal digits in groups of 8-4-4-4-12
---@field key_policy string? policy of the capsule

---@class kms.huawei.CreateDatakeyCapsuleResult
---@field key_id string? ID of the key
---@field datakey string? the data key; secret
---@field datakey_cipher string? the encrypted data key
---@field datakey_capsule string the capsule
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Creates a data key and a capsule that only certain environments can open.
---@param params kms.huawei.CreateDatakeyCapsuleParams
---@param options kms.CallOptions?
---@return kms.huawei.CreateDatakeyCapsuleResult? result
---@return kms.Error? err
function Huawei:create_datakey_capsule(params, options) end

---@class kms.huawei.DecryptDatakeyCapsuleParams
---@field key_id string ID of the key; 36 characters, lower-case letters and digits in groups of 8-4-4-4-12
---@field public_key string? public key of the environment
---@field datakey_capsule string the capsule
---@field attestation_document kms.huawei.DecryptDatakeyCapsuleParams.AttestationDocument proof of the environment

---@class kms.huawei.DecryptDatakeyCapsuleParams.AttestationDocument
---@field ecs_signature string? signature by the ECS instance
---@field custom_signature string? signature by the caller
---@field custom_public_key string? public key for `custom_signature`
---@field expire_time string? when the document expires
---@field service_token string? token of the service; secret

---@class kms.huawei.DecryptDatakeyCapsuleResult
---@field key_id string? ID of the key
---@field instance_id string? ID of the instance
---@field datakey string? the data key; secret
---@field datakey_cipher string? the encrypted data key
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Opens a data key capsule.
---@param params kms.huawei.DecryptDatakeyCapsuleParams
---@param options kms.CallOptions?
---@return kms.huawei.DecryptDatakeyCapsuleResult? result
---@return kms.Error? err
function Huawei:decrypt_datakey_capsule(params, options) end

---@class kms.huawei.CreateKeyStoreParams
---@field keystore_alias string name of the key store; 1 to 255 characters: English letters, digits, ":", "/", "_" or "-"
---@field hsm_cluster_id string? ID of the HSM cluster
---@field hsm_ca_cert string? CA certificate of the HSM cluster
---@field cluster_id string? ID of the cluster
---@field keystore_type string? kind of key store; "DEFAULT", "DHSM" or "CDMS"

---@class kms.huawei.CreateKeyStoreResult
---@field keystore_id string ID of the key store
---@field domain_id string? ID of the account
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Creates a key store.
---@param params kms.huawei.CreateKeyStoreParams
---@param options kms.CallOptions?
---@return kms.huawei.CreateKeyStoreResult? result
---@return kms.Error? err
function Huawei:create_key_store(params, options) end

---@class kms.huawei.ListKeyStoresParams
---@field limit integer? number of items per page; default 10
---@field offset integer? number of items to skip; at least 0

---@class kms.huawei.ListKeyStoresResult
---@field total integer? number of items on all pages
---@field keystores kms.huawei.ListKeyStoresResult.Keystores[]? the key stores
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

---@class kms.huawei.ListKeyStoresResult.Keystores
---@field keystore_id string? ID of the key store
---@field domain_id string? ID of the account
---@field keystore_alias string? name of the key store
---@field keystore_type string? kind of key store
---@field hsm_cluster_id string? ID of the HSM cluster
---@field cluster_id string? ID of the cluster
---@field create_time string? when it was created

--- Lists the key stores.
---@param params kms.huawei.ListKeyStoresParams?
---@param options kms.CallOptions?
---@return kms.huawei.ListKeyStoresResult? result
---@return kms.Error? err
function Huawei:list_key_stores(params, options) end

---@class kms.huawei.ShowKeyStoreParams
---@field keystore_id string ID of the key store; UTF-8 without NUL, at least 1 byte, other than "." and ".."

---@class kms.huawei.ShowKeyStoreResult
---@field keystore_id string? ID of the key store
---@field domain_id string? ID of the account
---@field keystore_alias string? name of the key store
---@field keystore_type string? kind of key store
---@field hsm_cluster_id string? ID of the HSM cluster
---@field cluster_id string? ID of the cluster
---@field create_time string? when it was created
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Reads a key store.
---@param params kms.huawei.ShowKeyStoreParams
---@param options kms.CallOptions?
---@return kms.huawei.ShowKeyStoreResult? result
---@return kms.Error? err
function Huawei:show_key_store(params, options) end

---@class kms.huawei.EnableKeyStoreParams
---@field keystore_id string ID of the key store; UTF-8 without NUL, at least 1 byte, other than "." and ".."

---@class kms.huawei.EnableKeyStoreResult
---@field keystore_id string? ID of the key store
---@field keystore_state string? state of the key store
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Enables a key store.
---@param params kms.huawei.EnableKeyStoreParams
---@param options kms.CallOptions?
---@return kms.huawei.EnableKeyStoreResult? result
---@return kms.Error? err
function Huawei:enable_key_store(params, options) end

---@class kms.huawei.DisableKeyStoreParams
---@field keystore_id string ID of the key store; UTF-8 without NUL, at least 1 byte, other than "." and ".."

---@class kms.huawei.DisableKeyStoreResult
---@field keystore_id string? ID of the key store
---@field keystore_state string? state of the key store
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Disables a key store.
---@param params kms.huawei.DisableKeyStoreParams
---@param options kms.CallOptions?
---@return kms.huawei.DisableKeyStoreResult? result
---@return kms.Error? err
function Huawei:disable_key_store(params, options) end

---@class kms.huawei.DeleteKeyStoreParams
---@field keystore_id string ID of the key store; UTF-8 without NUL, at least 1 byte, other than "." and ".."

---@class kms.huawei.DeleteKeyStoreResult
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Deletes a key store.
---@param params kms.huawei.DeleteKeyStoreParams
---@param options kms.CallOptions?
---@return kms.huawei.DeleteKeyStoreResult? result
---@return kms.Error? err
function Huawei:delete_key_store(params, options) end

---@class kms.huawei.CreateAccessPointParams
---@field keyspace_id string ID of the key space; 36 characters, hexadecimal digits in groups of 8-4-4-4-12
---@field access_point_name string name of the access point; 1 to 255 characters: English letters, digits, ":", "/", "_" or "-"
---@field type integer kind of access point
---@field identity string? identity
---@field cluster_id string? ID of the cluster
---@field description string? description of the access point

---@class kms.huawei.CreateAccessPointResult
---@field access_point_id string ID of the access point
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Creates an access point.
---@param params kms.huawei.CreateAccessPointParams
---@param options kms.CallOptions?
---@return kms.huawei.CreateAccessPointResult? result
---@return kms.Error? err
function Huawei:create_access_point(params, options) end

---@class kms.huawei.ListAccessPointParams
---@field keyspace_id string ID of the key space; 36 characters, hexadecimal digits in groups of 8-4-4-4-12
---@field limit integer? number of items per page; default 50
---@field marker string? where the page begins: `next_marker` of the page before; 36 characters, hexadecimal digits in groups of 8-4-4-4-12

---@class kms.huawei.ListAccessPointResult
---@field page_info kms.huawei.ListAccessPointResult.PageInfo? position of the page
---@field access_points kms.huawei.ListAccessPointResult.AccessPoints[]? the access points
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

---@class kms.huawei.ListAccessPointResult.PageInfo
---@field next_marker string? `marker` of the next page
---@field current_count integer? number of items on this page

---@class kms.huawei.ListAccessPointResult.AccessPoints
---@field access_point_id string? ID of the access point
---@field keyspace_id string? ID of the key space
---@field access_point_name string? name of the access point
---@field state integer? state of the access point
---@field type integer? kind of access point
---@field created_by string? user that created it
---@field create_time string? when it was created
---@field last_modify_time string? when it was changed

--- Lists the access points of a key space.
---@param params kms.huawei.ListAccessPointParams
---@param options kms.CallOptions?
---@return kms.huawei.ListAccessPointResult? result
---@return kms.Error? err
function Huawei:list_access_point(params, options) end

---@class kms.huawei.EnableAccessPointParams
---@field access_point_id string ID of the access point; 36 characters, hexadecimal digits in groups of 8-4-4-4-12

---@class kms.huawei.EnableAccessPointResult
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Enables an access point.
---@param params kms.huawei.EnableAccessPointParams
---@param options kms.CallOptions?
---@return kms.huawei.EnableAccessPointResult? result
---@return kms.Error? err
function Huawei:enable_access_point(params, options) end

---@class kms.huawei.DisableAccessPointParams
---@field access_point_id string ID of the access point; 36 characters, hexadecimal digits in groups of 8-4-4-4-12

---@class kms.huawei.DisableAccessPointResult
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Disables an access point.
---@param params kms.huawei.DisableAccessPointParams
---@param options kms.CallOptions?
---@return kms.huawei.DisableAccessPointResult? result
---@return kms.Error? err
function Huawei:disable_access_point(params, options) end

---@class kms.huawei.DownloadAccessPointPrivateKeyParams
---@field access_point_id string ID of the access point; 36 characters, hexadecimal digits in groups of 8-4-4-4-12

---@class kms.huawei.DownloadAccessPointPrivateKeyResult
---@field access_point_id string? ID of the access point
---@field private_key string the private key; secret
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Returns the private key of an access point.
---@param params kms.huawei.DownloadAccessPointPrivateKeyParams
---@param options kms.CallOptions?
---@return kms.huawei.DownloadAccessPointPrivateKeyResult? result
---@return kms.Error? err
function Huawei:download_access_point_private_key(params, options) end

---@class kms.huawei.DeleteAccessPointParams
---@field access_point_id string ID of the access point; 36 characters, hexadecimal digits in groups of 8-4-4-4-12

---@class kms.huawei.DeleteAccessPointResult
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Deletes an access point.
---@param params kms.huawei.DeleteAccessPointParams
---@param options kms.CallOptions?
---@return kms.huawei.DeleteAccessPointResult? result
---@return kms.Error? err
function Huawei:delete_access_point(params, options) end

---@class kms.huawei.CreateKeyPolicyParams
---@field keyspace_id string ID of the key space; 36 characters, hexadecimal digits in groups of 8-4-4-4-12
---@field policy_name string name of the key policy; 1 to 255 characters: English letters, digits, ":", "/", "_" or "-"
---@field policy table<string, any> the key policy, with the members that the service knows
---@field description string? description of the key policy

---@class kms.huawei.CreateKeyPolicyResult
---@field policy_id string ID of the key policy
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Creates a key policy.
---@param params kms.huawei.CreateKeyPolicyParams
---@param options kms.CallOptions?
---@return kms.huawei.CreateKeyPolicyResult? result
---@return kms.Error? err
function Huawei:create_key_policy(params, options) end

---@class kms.huawei.ListKeyPolicyParams
---@field keyspace_id string ID of the key space; 36 characters, hexadecimal digits in groups of 8-4-4-4-12
---@field limit integer? number of items per page; default 50
---@field marker string? where the page begins: `next_marker` of the page before; 36 characters, hexadecimal digits in groups of 8-4-4-4-12

---@class kms.huawei.ListKeyPolicyResult
---@field page_info kms.huawei.ListKeyPolicyResult.PageInfo? position of the page
---@field keyspace_policies kms.huawei.ListKeyPolicyResult.KeyspacePolicies[]? the key policies
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

---@class kms.huawei.ListKeyPolicyResult.PageInfo
---@field next_marker string? `marker` of the next page
---@field current_count integer? number of items on this page

---@class kms.huawei.ListKeyPolicyResult.KeyspacePolicies
---@field policy_id string? ID of the key policy
---@field policy_name string? name of the key policy
---@field keyspace_id string? ID of the key space
---@field policy kms.huawei.ListKeyPolicyResult.KeyspacePolicies.Policy? the key policy
---@field description string? description
---@field created_by string? user that created it
---@field create_time string? when it was created
---@field last_modify_time string? when it was changed
---@field last_access_time string? when it was used last

---@class kms.huawei.ListKeyPolicyResult.KeyspacePolicies.Policy
---@field version string? version of the form
---@field validity_period kms.huawei.ListKeyPolicyResult.KeyspacePolicies.Policy.ValidityPeriod? when the policy is valid
---@field allowed_access_point string[]? access points that may use the keys
---@field allowed_data_security_zone string[]? data security zones that may use the keys

---@class kms.huawei.ListKeyPolicyResult.KeyspacePolicies.Policy.ValidityPeriod
---@field start_time string? first moment
---@field end_time string? last moment

--- Lists the key policies of a key space.
---@param params kms.huawei.ListKeyPolicyParams
---@param options kms.CallOptions?
---@return kms.huawei.ListKeyPolicyResult? result
---@return kms.Error? err
function Huawei:list_key_policy(params, options) end

---@class kms.huawei.ShowKeyPolicyParams
---@field policy_id string ID of the key policy; 36 characters, hexadecimal digits in groups of 8-4-4-4-12

---@class kms.huawei.ShowKeyPolicyResult
---@field policy_id string? ID of the key policy
---@field policy_name string? name of the key policy
---@field keyspace_id string? ID of the key space
---@field policy kms.huawei.ShowKeyPolicyResult.Policy? the key policy
---@field description string? description
---@field created_by string? user that created it
---@field create_time string? when it was created
---@field last_modify_time string? when it was changed
---@field last_access_time string? when it was used last
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

---@class kms.huawei.ShowKeyPolicyResult.Policy
---@field version string? version of the form
---@field validity_period kms.huawei.ShowKeyPolicyResult.Policy.ValidityPeriod? when the policy is valid
---@field allowed_access_point string[]? access points that may use the keys
---@field allowed_data_security_zone string[]? data security zones that may use the keys

---@class kms.huawei.ShowKeyPolicyResult.Policy.ValidityPeriod
---@field start_time string? first moment
---@field end_time string? last moment

--- Reads a key policy.
---@param params kms.huawei.ShowKeyPolicyParams
---@param options kms.CallOptions?
---@return kms.huawei.ShowKeyPolicyResult? result
---@return kms.Error? err
function Huawei:show_key_policy(params, options) end

---@class kms.huawei.UpdateKeyPolicyParams
---@field policy_id string ID of the key policy; 36 characters, hexadecimal digits in groups of 8-4-4-4-12
---@field policy table<string, any> the key policy, with the members that the service knows
---@field description string? description of the key policy

---@class kms.huawei.UpdateKeyPolicyResult
---@field policy_id string? ID of the key policy
---@field policy kms.huawei.UpdateKeyPolicyResult.Policy? the key policy
---@field description string? description
---@field last_modify_time string? when it was changed
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

---@class kms.huawei.UpdateKeyPolicyResult.Policy
---@field version string? version of the form
---@field validity_period kms.huawei.UpdateKeyPolicyResult.Policy.ValidityPeriod? when the policy is valid
---@field allowed_access_point string[]? access points that may use the keys
---@field allowed_data_security_zone string[]? data security zones that may use the keys

---@class kms.huawei.UpdateKeyPolicyResult.Policy.ValidityPeriod
---@field start_time string? first moment
---@field end_time string? last moment

--- Replaces a key policy.
---@param params kms.huawei.UpdateKeyPolicyParams
---@param options kms.CallOptions?
---@return kms.huawei.UpdateKeyPolicyResult? result
---@return kms.Error? err
function Huawei:update_key_policy(params, options) end

---@class kms.huawei.DeleteKeyPolicyParams
---@field policy_id string ID of the key policy; 36 characters, hexadecimal digits in groups of 8-4-4-4-12

---@class kms.huawei.DeleteKeyPolicyResult
---@field request_id string? the cloud's id of the request
---@field warning string? something to repair that did not make the call fail

--- Deletes a key policy.
---@param params kms.huawei.DeleteKeyPolicyParams
---@param options kms.CallOptions?
---@return kms.huawei.DeleteKeyPolicyResult? result
---@return kms.Error? err
function Huawei:delete_key_policy(params, options) end

--- Iterates over the items of all pages of an operation: `for number, item, err in client:each("list_keys") do`. Gets a
--- page when its first item is needed. If a page cannot be had, the last step has the number of the missing item, nil
--- and the error.
---@overload fun(self: kms.Huawei, operation: "list_support_regions", params?: kms.huawei.ListSupportRegionsParams, options: kms.CallOptions?): (fun(): integer?, string?, kms.Error?)
---@overload fun(self: kms.Huawei, operation: "list_keys", params?: kms.huawei.ListKeysParams, options: kms.CallOptions?): (fun(): integer?, kms.huawei.ListKeysResult.KeyDetails?, kms.Error?)
---@overload fun(self: kms.Huawei, operation: "list_aliases", params?: kms.huawei.ListAliasesParams, options: kms.CallOptions?): (fun(): integer?, kms.huawei.ListAliasesResult.Aliases?, kms.Error?)
---@overload fun(self: kms.Huawei, operation: "list_kms_by_tags", params?: kms.huawei.ListKmsByTagsParams, options: kms.CallOptions?): (fun(): integer?, kms.huawei.ListKmsByTagsResult.Resources?, kms.Error?)
---@overload fun(self: kms.Huawei, operation: "list_grants", params: kms.huawei.ListGrantsParams, options: kms.CallOptions?): (fun(): integer?, kms.huawei.ListGrantsResult.Grants?, kms.Error?)
---@overload fun(self: kms.Huawei, operation: "list_retirable_grants", params?: kms.huawei.ListRetirableGrantsParams, options: kms.CallOptions?): (fun(): integer?, kms.huawei.ListRetirableGrantsResult.Grants?, kms.Error?)
---@overload fun(self: kms.Huawei, operation: "list_key_stores", params?: kms.huawei.ListKeyStoresParams, options: kms.CallOptions?): (fun(): integer?, kms.huawei.ListKeyStoresResult.Keystores?, kms.Error?)
---@overload fun(self: kms.Huawei, operation: "list_access_point", params: kms.huawei.ListAccessPointParams, options: kms.CallOptions?): (fun(): integer?, kms.huawei.ListAccessPointResult.AccessPoints?, kms.Error?)
---@overload fun(self: kms.Huawei, operation: "list_key_policy", params: kms.huawei.ListKeyPolicyParams, options: kms.CallOptions?): (fun(): integer?, kms.huawei.ListKeyPolicyResult.KeyspacePolicies?, kms.Error?)
---@param operation "list_support_regions"|"list_keys"|"list_aliases"|"list_kms_by_tags"|"list_grants"|"list_retirable_grants"|"list_key_stores"|"list_access_point"|"list_key_policy"
---@param params table?
---@param options kms.CallOptions?
---@return fun(): integer?, any, kms.Error? iterator
function Huawei:each(operation, params, options) end

return Huawei
