/* The version of the loaded libcurl; see version.h. */
#include "curl/version.h"

bool kms_curl_is_from(unsigned version)
{
    return curl_version_info(CURLVERSION_NOW)->version_num >= version;
}
