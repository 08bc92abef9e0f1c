/* The options of a transport on libcurl; see curl_options.h. */
#include "curl/options.h"
#include "base/wipe.h"
#include "base/buffer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_RULE "must be a non-empty string without NUL"
#define SECONDS_RULE "must be a number of seconds above 0, at most 1000000"

const kms_option KMS_OPTIONS[KMS_OPTION_COUNT] = {
    [KMS_CA_FILE] = {"ca_file", true, 0, 0, 0, TEXT_RULE, CURLOPT_CAINFO, CURLOPT_PROXY_CAINFO},
    [KMS_CA_PATH] = {"ca_path", true, 0, 0, 0, TEXT_RULE, CURLOPT_CAPATH, CURLOPT_PROXY_CAPATH},
    [KMS_PROXY] = {"proxy", true, 0, 0, 0, TEXT_RULE, 0, 0},
    [KMS_NO_PROXY] = {"no_proxy", true, 0, 0, 0, TEXT_RULE, CURLOPT_NOPROXY, 0},
    [KMS_CLIENT_CERT] = {"client_cert", true, 0, 0, 0, TEXT_RULE, CURLOPT_SSLCERT, 0},
    [KMS_CLIENT_KEY] = {"client_key", true, 0, 0, 0, TEXT_RULE, CURLOPT_SSLKEY, 0},
    [KMS_CLIENT_KEY_PASSWORD] = {"client_key_password", true, 0, 0, 0, TEXT_RULE, CURLOPT_KEYPASSWD,
                                 0},
    [KMS_HTTP_VERSION] = {"http_version", true, 0, 0, 0, "must be \"1.1\" or \"2\"", 0, 0},
    [KMS_CONNECT_TIMEOUT] = {"connect_timeout", false, 10, 1e-9, 1e6, SECONDS_RULE, 0, 0},
    [KMS_TIMEOUT] = {"timeout", false, 0, 1e-9, 1e6, SECONDS_RULE, 0, 0},
    [KMS_KEEPALIVE] = {"keepalive", false, 60, 0, 1e6, "must be a number of seconds, 0 to 1000000",
                       0, 0},
    [KMS_MAX_RESPONSE] = {"max_response", false, 1024 * 1024, 1, INT32_MAX,
                          "must be a whole number of bytes, 1 to 2147483647", 0, 0},
};

kms_curl_options *kms_curl_options_new(void)
{
    kms_curl_options *options = malloc(sizeof *options);
    if (options == NULL)
        return NULL;
    *options = (kms_curl_options){.holders = 1};
    for (int i = 0; i < KMS_OPTION_COUNT; i++)
        options->number[i] = KMS_OPTIONS[i].standard;
    return options;
}

kms_set_status kms_curl_options_set_text(kms_curl_options *options, kms_option_index option,
                                         kms_slice text)
{
    if (text.length == 0 || memchr(text.data, '\0', text.length) != NULL)
        return KMS_SET_REFUSED;
    if (option == KMS_HTTP_VERSION && strcmp(text.data, "1.1") != 0 && strcmp(text.data, "2") != 0)
        return KMS_SET_REFUSED;
    options->text[option] = malloc(text.length + 1);
    if (options->text[option] == NULL)
        return KMS_SET_NO_MEMORY;
    memcpy(options->text[option], text.data, text.length);
    options->text[option][text.length] = '\0';
    return KMS_SET_OK;
}

kms_set_status kms_curl_options_set_number(kms_curl_options *options, kms_option_index option,
                                           double number)
{
    const kms_option *rule = &KMS_OPTIONS[option];
    if (!(number >= rule->least && number <= rule->most))
        return KMS_SET_REFUSED;
    if (option == KMS_MAX_RESPONSE && (double)(long)number != number)
        return KMS_SET_REFUSED;
    options->number[option] = number;
    return KMS_SET_OK;
}

/* What is the same whatever the options. Nothing a caller says can change the checks of TLS. */
static const struct {
    CURLoption option;
    long value;
} FIXED[] = {
    {CURLOPT_NOSIGNAL, 1},
    {CURLOPT_FOLLOWLOCATION, 0},
    {CURLOPT_SSL_VERIFYPEER, 1},
    {CURLOPT_SSL_VERIFYHOST, 2},
    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_PROXY_SSL_VERIFYPEER, 1},
    {CURLOPT_PROXY_SSL_VERIFYHOST, 2},
    {CURLOPT_PROXY_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_HTTPPROXYTUNNEL, 1},
    {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
    {CURLOPT_HEADEROPT, CURLHEADER_SEPARATE},
    {CURLOPT_PATH_AS_IS, 1},
    {CURLOPT_HTTP09_ALLOWED, 0},
    {CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
    {CURLOPT_NETRC, CURL_NETRC_IGNORED},
    /* Connections are kept, not sessions: libcurl 7.88 frees a host's name twice when memory ends
     * while it keeps a session. */
    {CURLOPT_SSL_SESSIONID_CACHE, 0},
#if LIBCURL_VERSION_NUM >= 0x075700
    /* Else the end of a handle waits for a name server that the deadline has given up. */
    {CURLOPT_QUICK_EXIT, 1},
#endif
};

/* Whether libcurl knows a file with the system's CAs. */
static bool has_bundle(void)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    return info->age >= CURLVERSION_SEVENTH && info->cainfo != NULL;
}

/* Tells a handle of every text that is set. */
static CURLcode apply_texts(const kms_curl_options *options, CURL *easy)
{
    CURLcode result = CURLE_OK;
    bool own_ca = options->text[KMS_CA_FILE] != NULL || options->text[KMS_CA_PATH] != NULL;
    for (int i = 0; i < KMS_OPTION_COUNT && result == CURLE_OK; i++) {
        const char *text = options->text[i];
        /* One's own CAs stand instead of the system's, not beside them: the other is unset. And of
         * the system's the file is enough: with a folder beside it libcurl reads the file again for
         * each connection, all 140 certificates, in place of once. */
        bool told = text != NULL || (own_ca && (i == KMS_CA_FILE || i == KMS_CA_PATH)) ||
                    (i == KMS_CA_PATH && has_bundle());
        if (told && KMS_OPTIONS[i].setting != 0)
            result = curl_easy_setopt(easy, KMS_OPTIONS[i].setting, text);
        if (told && KMS_OPTIONS[i].at_proxy != 0 && result == CURLE_OK)
            result = curl_easy_setopt(easy, KMS_OPTIONS[i].at_proxy, text);
    }
    return result;
}

CURLcode kms_curl_options_apply(const kms_curl_options *options, CURL *easy)
{
    CURLcode result = CURLE_OK;
    for (size_t i = 0; i < sizeof FIXED / sizeof *FIXED && result == CURLE_OK; i++)
        result = curl_easy_setopt(easy, FIXED[i].option, FIXED[i].value);
    if (result == CURLE_OK)
        result = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    /* What is not set libcurl takes from the environment. */
    if (result == CURLE_OK)
        result = curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    return result == CURLE_OK ? apply_texts(options, easy) : result;
}

bool kms_curl_options_outlived(const kms_curl_options *options, double idle)
{
    enum { WHOLE_SECONDS_WILL_DO = 10 };
    double most = options->number[KMS_KEEPALIVE];
    return most > 0 && most < WHOLE_SECONDS_WILL_DO && idle > most;
}

bool kms_curl_options_two(const kms_curl_options *options)
{
    const char *version = options->text[KMS_HTTP_VERSION];
    return version != NULL && strcmp(version, "2") == 0;
}

void kms_curl_options_release(kms_curl_options *options)
{
    if (options == NULL || --options->holders > 0)
        return;
    for (int i = 0; i < KMS_OPTION_COUNT; i++) {
        if (options->text[i] != NULL)
            kms_wipe(options->text[i], strlen(options->text[i]));
        free(options->text[i]);
    }
    free(options);
}
