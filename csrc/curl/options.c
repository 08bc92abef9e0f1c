/* The options of a transport; see options.h. */
#include "curl/options.h"
#include "base/file.h"
#include "base/wipe.h"
#include "curl/tls_auto_retry.h"
#include "curl/version.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

const char *const KMS_OPTION_NAMES[KMS_OPTION_COUNT] = {
    [KMS_OPTION_CA_FILE] = "ca_file",
    [KMS_OPTION_CA_PATH] = "ca_path",
    [KMS_OPTION_PROXY] = "proxy",
    [KMS_OPTION_NO_PROXY] = "no_proxy",
    [KMS_OPTION_CLIENT_CERT] = "client_cert",
    [KMS_OPTION_CLIENT_KEY] = "client_key",
    [KMS_OPTION_CLIENT_KEY_PASSWORD] = "client_key_password",
    [KMS_OPTION_CONNECT_TIMEOUT] = "connect_timeout",
    [KMS_OPTION_TIMEOUT] = "timeout",
    [KMS_OPTION_KEEPALIVE] = "keepalive",
    [KMS_OPTION_MAX_RESPONSE] = "max_response",
};

/* By their numbers, because the library at run time decides, not the headers: the option of 7.85
 * that replaces CURLOPT_PROTOCOLS is not in older versions, and QUICK_EXIT is of 7.87. */
#define PROTOCOLS ((CURLoption)(CURLOPTTYPE_LONG + 181))
#define QUICK_EXIT ((CURLoption)(CURLOPTTYPE_LONG + 322))

/* Settings that no option changes. No option disables the TLS checks. */
static const struct {
    CURLoption option;
    long value;
} FIXED[] = {
    {CURLOPT_NOSIGNAL, 1},
    {PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS},
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
    {CURLOPT_SSL_VERIFYPEER, 1},
    {CURLOPT_SSL_VERIFYHOST, 2},
    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_PROXY_SSL_VERIFYPEER, 1},
    {CURLOPT_PROXY_SSL_VERIFYHOST, 2},
    {CURLOPT_PROXY_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_HTTPPROXYTUNNEL, 1},
    {CURLOPT_SUPPRESS_CONNECT_HEADERS, 0}, /* kms_connection_open reads them */
    {CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
    {CURLOPT_NETRC, CURL_NETRC_IGNORED},
    {CURLOPT_FRESH_CONNECT, 1}, /* the pool reuses connections, not libcurl */
    /* TLS sessions are not kept, because libcurl 7.88 frees a host name twice if memory runs out
     * while it stores a session. */
    {CURLOPT_SSL_SESSIONID_CACHE, 0},
};

bool kms_options_check_files(const kms_options *options, kms_slice host, kms_http_error *error)
{
    enum { MAX_FILE = 16 * 1024 * 1024 };
    static const kms_option_index FILES[] = {KMS_OPTION_CA_FILE, KMS_OPTION_CA_PATH,
                                             KMS_OPTION_CLIENT_CERT, KMS_OPTION_CLIENT_KEY};
    char reason[256];
    kms_file_info info;
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        const char *path = options->text[FILES[i]];
        if (path == NULL)
            continue;
        const kms_file_status status =
            kms_file_check(path, FILES[i] == KMS_OPTION_CA_PATH, MAX_FILE, &info);
        if (status == KMS_FILE_OK)
            continue;
        snprintf(reason, sizeof reason, "%s cannot be read: %s", KMS_OPTION_NAMES[FILES[i]],
                 status == KMS_FILE_TOO_LARGE ? "larger than 16 MiB" : info.reason);
        kms_http_error_set(error, KMS_HTTP_TLS, host, reason);
        error->is_permanent = true;
        return false;
    }
    return true;
}

/* A folder that does not exist, which means none. */
static const char NO_FOLDER[] = "/dev/null/none";

/* Finds a certificate in a folder that c_rehash has prepared ("0a1b2c3d.0"). It is used where
 * libcurl needs a file, and adds no trust, because it is in the folder. False if there is none. */
static bool find_certificate(const char *folder, char *path, size_t size)
{
    DIR *directory = opendir(folder);
    const struct dirent *entry;
    bool is_found = false;
    if (directory == NULL)
        return false;
    while (!is_found && (entry = readdir(directory)) != NULL)
        is_found = strspn(entry->d_name, "0123456789abcdef") == 8 && entry->d_name[8] == '.' &&
                   (size_t)snprintf(path, size, "%s/%s", folder, entry->d_name) < size;
    closedir(directory);
    return is_found;
}

/* CAs of the options replace the system's: if only one of ca_file and ca_path is set, the system's
 * value of the other is removed. Without CAs of the options, the system's folder is removed if the
 * system has a file, because libcurl would read both again for each connection. libcurl 8.17 and
 * later still reads the file again, because the folder can only be replaced by another one. */
static CURLcode apply_ca(const kms_options *options, CURL *easy)
{
    CURLcode result = CURLE_OK;
    char certificate[4096];
    const char *file = options->text[KMS_OPTION_CA_FILE];
    const char *folder = options->text[KMS_OPTION_CA_PATH];
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    const bool is_null_default = kms_curl_is_from(KMS_CURL_NULL_IS_DEFAULT_FROM);
    const bool has_own_ca = file != NULL || folder != NULL;
    if (file == NULL && folder != NULL && is_null_default)
        file = find_certificate(folder, certificate, sizeof certificate) ? certificate : NO_FOLDER;
    if (folder == NULL && is_null_default)
        folder = NO_FOLDER;
    if (has_own_ca) {
        KMS_SET_OPTION(CURLOPT_CAINFO, file);
        KMS_SET_OPTION(CURLOPT_PROXY_CAINFO, file);
    }
    if (has_own_ca || (info->age >= CURLVERSION_SEVENTH && info->cainfo != NULL)) {
        KMS_SET_OPTION(CURLOPT_CAPATH, folder);
        KMS_SET_OPTION(CURLOPT_PROXY_CAPATH, folder);
    }
    return result;
}

/* Opens a socket with close-on-exec, because programs that the host starts must not inherit it. */
static curl_socket_t open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)data;
    (void)purpose;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

CURLcode kms_options_apply(const kms_options *options, CURL *easy)
{
    const char *no_proxy = options->text[KMS_OPTION_NO_PROXY];
    CURLcode result = CURLE_OK;
    for (size_t i = 0; i < sizeof FIXED / sizeof *FIXED; i++)
        KMS_SET_OPTION(FIXED[i].option, FIXED[i].value);
    KMS_SET_OPTION(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    /* For NULL, libcurl would read the environment. */
    KMS_SET_OPTION(CURLOPT_NOPROXY, no_proxy == NULL ? "" : no_proxy);
    KMS_SET_OPTION(CURLOPT_SSLCERT, options->text[KMS_OPTION_CLIENT_CERT]);
    KMS_SET_OPTION(CURLOPT_SSLKEY, options->text[KMS_OPTION_CLIENT_KEY]);
    KMS_SET_OPTION(CURLOPT_KEYPASSWD, options->text[KMS_OPTION_CLIENT_KEY_PASSWORD]);
    if (result == CURLE_OK) {
        /* Not errors, because some TLS libraries do not support the first, and old versions not the
         * second. Without it, closing a handle waits for its name server after the deadline. */
        curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, kms_tls_auto_retry_disable);
        curl_easy_setopt(easy, QUICK_EXIT, 1L);
    }
    return result == CURLE_OK ? apply_ca(options, easy) : result;
}

void kms_options_free(kms_options *options)
{
    for (int i = 0; i < KMS_OPTION_COUNT; i++) {
        char *text = options->text[i];
        if (text != NULL)
            kms_wipe(text, strlen(text));
        free(text);
        options->text[i] = NULL;
    }
}
