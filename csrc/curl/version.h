/* Versions of libcurl: the oldest one that works, and those from which libcurl behaves differently.
 * The loaded libcurl decides, not the one of the headers. */
#ifndef KMS_VERSION_H
#define KMS_VERSION_H

#include <stdbool.h>
#include <curl/curl.h>

#define KMS_CURL_MINIMUM_TEXT "7.74.0"
enum {
    KMS_CURL_MINIMUM = 0x074a00,
    KMS_CURL_CLOSES_FROM = 0x075500,          /* 7.85: a connection is closed with its handle */
    KMS_CURL_NULL_IS_DEFAULT_FROM = 0x081100, /* 8.17: NULL as CA file means the compiled-in one */
    KMS_CURL_MULTI_THREADS_FROM = 0x081400,   /* 8.20: multi handles have threads for lookups */
};

#if LIBCURL_VERSION_NUM < 0x074a00
#error "lua-kms needs libcurl 7.74.0 or newer"
#endif

/* Whether the loaded libcurl is of this version or newer. */
static inline bool kms_curl_is_from(unsigned version)
{
    return curl_version_info(CURLVERSION_NOW)->version_num >= version;
}

#endif
