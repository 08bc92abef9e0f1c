/* The options of a transport; see options.h. */
#include "curl/options.h"
#include "base/wipe.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_RULE "must be a non-empty string without NUL"
#define TIMEOUT_RULE "must be a number of seconds above 0, at most 1000000"
#define KEEPALIVE_RULE "must be a number of seconds, 0 to 1000000"
#define SIZE_RULE "must be a whole number of bytes, 1 to 2147483647"

const kms_option KMS_OPTIONS[KMS_OPTION_COUNT] = {
    [KMS_OPTION_CA_FILE] = {"ca_file", true, 0, 0, 0, TEXT_RULE, CURLOPT_CAINFO,
                            CURLOPT_PROXY_CAINFO},
    [KMS_OPTION_CA_PATH] = {"ca_path", true, 0, 0, 0, TEXT_RULE, CURLOPT_CAPATH,
                            CURLOPT_PROXY_CAPATH},
    [KMS_OPTION_PROXY] = {"proxy", true, 0, 0, 0, TEXT_RULE, 0, 0},
    [KMS_OPTION_NO_PROXY] = {"no_proxy", true, 0, 0, 0, TEXT_RULE, CURLOPT_NOPROXY, 0},
    [KMS_OPTION_CLIENT_CERT] = {"client_cert", true, 0, 0, 0, TEXT_RULE, CURLOPT_SSLCERT, 0},
    [KMS_OPTION_CLIENT_KEY] = {"client_key", true, 0, 0, 0, TEXT_RULE, CURLOPT_SSLKEY, 0},
    [KMS_OPTION_CLIENT_KEY_PASSWORD] = {"client_key_password", true, 0, 0, 0, TEXT_RULE,
                                        CURLOPT_KEYPASSWD, 0},
    [KMS_OPTION_CONNECT_TIMEOUT] = {"connect_timeout", false, 10, 1e-9, 1e6, TIMEOUT_RULE, 0, 0},
    [KMS_OPTION_TIMEOUT] = {"timeout", false, 0, 1e-9, 1e6, TIMEOUT_RULE, 0, 0},
    [KMS_OPTION_KEEPALIVE] = {"keepalive", false, 60, 0, 1e6, KEEPALIVE_RULE, 0, 0},
    [KMS_OPTION_MAX_RESPONSE] = {"max_response", false, 1024 * 1024, 1, INT32_MAX, SIZE_RULE, 0, 0},
};

void kms_options_init(kms_options *options)
{
    memset(options, 0, sizeof *options);
    for (int i = 0; i < KMS_OPTION_COUNT; i++)
        options->number[i] = KMS_OPTIONS[i].default_number;
}

static void free_text(char *text)
{
    if (text != NULL)
        kms_wipe(text, strlen(text));
    free(text);
}

kms_option_status kms_options_set_text(kms_options *options, kms_option_index option,
                                       kms_slice text)
{
    if (text.length == 0 || memchr(text.data, '\0', text.length) != NULL)
        return KMS_OPTION_INVALID;
    char *copy = malloc(text.length + 1);
    if (copy == NULL)
        return KMS_OPTION_NO_MEMORY;
    memcpy(copy, text.data, text.length + 1);
    free_text(options->text[option]);
    options->text[option] = copy;
    return KMS_OPTION_OK;
}

kms_option_status kms_options_set_number(kms_options *options, kms_option_index option,
                                         double number)
{
    const kms_option *rule = &KMS_OPTIONS[option];
    /* Written so that NaN is invalid. */
    if (!(number >= rule->min_number && number <= rule->max_number))
        return KMS_OPTION_INVALID;
    if (option == KMS_OPTION_MAX_RESPONSE && (double)(long)number != number)
        return KMS_OPTION_INVALID;
    options->number[option] = number;
    return KMS_OPTION_OK;
}

/* Settings that no option changes. Nothing switches the TLS checks off. */
static const struct {
    CURLoption option;
    long value;
} FIXED[] = {
    {CURLOPT_NOSIGNAL, 1},
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
    {CURLOPT_SSL_VERIFYPEER, 1},
    {CURLOPT_SSL_VERIFYHOST, 2},
    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_PROXY_SSL_VERIFYPEER, 1},
    {CURLOPT_PROXY_SSL_VERIFYHOST, 2},
    {CURLOPT_PROXY_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_HTTPPROXYTUNNEL, 1},
    {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
    {CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
    {CURLOPT_NETRC, CURL_NETRC_IGNORED},
    {CURLOPT_FRESH_CONNECT, 1}, /* the pool reuses connections, not libcurl */
    /* Connections are kept, TLS sessions are not: libcurl 7.88 frees a host name twice if memory
     * runs out while it stores a session. */
    {CURLOPT_SSL_SESSIONID_CACHE, 0},
#if LIBCURL_VERSION_NUM >= 0x075700
    /* Otherwise the end of a handle waits for a name server that the deadline has given up. */
    {CURLOPT_QUICK_EXIT, 1},
#endif
};

/* Whether libcurl knows a file with the system's CAs. */
static bool has_ca_bundle(void)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    return info->age >= CURLVERSION_SEVENTH && info->cainfo != NULL;
}

/* Whether an option goes to libcurl. An option that is not set goes there as NULL to unset what
 * libcurl has by default: own CAs replace the system's instead of adding to them. The system's CA
 * file is enough: with its folder beside it, libcurl reads all its certificates again for each
 * connection. */
static bool is_applied(const kms_options *options, int option)
{
    const bool has_own_ca =
        options->text[KMS_OPTION_CA_FILE] != NULL || options->text[KMS_OPTION_CA_PATH] != NULL;
    if (options->text[option] != NULL)
        return true;
    return (option == KMS_OPTION_CA_FILE && has_own_ca) ||
           (option == KMS_OPTION_CA_PATH && (has_own_ca || has_ca_bundle()));
}

static CURLcode apply_texts(const kms_options *options, CURL *easy)
{
    CURLcode result = CURLE_OK;
    for (int i = 0; i < KMS_OPTION_COUNT; i++) {
        if (!is_applied(options, i))
            continue;
        if (KMS_OPTIONS[i].setting != 0)
            KMS_SET_OPTION(KMS_OPTIONS[i].setting, options->text[i]);
        if (KMS_OPTIONS[i].proxy_setting != 0)
            KMS_SET_OPTION(KMS_OPTIONS[i].proxy_setting, options->text[i]);
    }
    return result;
}

CURLcode kms_options_apply(const kms_options *options, CURL *easy)
{
    CURLcode result = CURLE_OK;
    for (size_t i = 0; i < sizeof FIXED / sizeof *FIXED; i++)
        KMS_SET_OPTION(FIXED[i].option, FIXED[i].value);
    KMS_SET_OPTION(CURLOPT_PROTOCOLS_STR, "http,https");
    KMS_SET_OPTION(CURLOPT_NOPROXY, ""); /* otherwise libcurl reads the environment */
    return result == CURLE_OK ? apply_texts(options, easy) : result;
}

void kms_options_free(kms_options *options)
{
    for (int i = 0; i < KMS_OPTION_COUNT; i++) {
        free_text(options->text[i]);
        options->text[i] = NULL;
    }
}
