/* The options of a transport; see options.h. */
#include "curl/options.h"
#include "base/file.h"
#include "base/wipe.h"
#include "curl/version.h"

#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

const char *const KMS_OPTION_NAMES[KMS_OPTION_COUNT] = {
    "ca_file",  "ca_path",         "client_cert", "client_key", "client_key_password", "proxy",
    "no_proxy", "connect_timeout", "timeout",     "keepalive",  "max_response"};

/* By their numbers, because the library at run time decides, not the headers: the option of 7.85
 * that replaces CURLOPT_PROTOCOLS is not in older versions, and the others are of 7.87. */
#define PROTOCOLS ((CURLoption)(CURLOPTTYPE_LONG + 181))
#define CA_CACHE_TIMEOUT ((CURLoption)(CURLOPTTYPE_LONG + 321))
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
    char reason[256];
    kms_file_info info;
    for (int i = KMS_OPTION_CA_FILE; i <= KMS_OPTION_CLIENT_KEY; i++) {
        const char *path = options->text[i];
        if (path == NULL)
            continue;
        const kms_file_status status =
            kms_file_check(path, i == KMS_OPTION_CA_PATH, MAX_FILE, &info);
        if (status == KMS_FILE_OK)
            continue;
        snprintf(reason, sizeof reason, "%s cannot be read: %s", KMS_OPTION_NAMES[i],
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

/* For how many seconds libcurl may use CAs that it has read from a file: not after the file has
 * changed, and for a minute at most, because a link may lead to another, older file. The clock of a
 * file system may be behind by less than a second. */
static long compute_cache_timeout(const char *file)
{
    struct stat status;
    if (file == NULL || stat(file, &status) != 0)
        return 0;
    const long long age = (long long)time(NULL) - status.st_ctime - 2;
    return age < 0 ? 0 : age < 60 ? (long)age : 60;
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
    if (has_own_ca || info->cainfo != NULL) {
        KMS_SET_OPTION(CURLOPT_CAPATH, folder);
        KMS_SET_OPTION(CURLOPT_PROXY_CAPATH, folder);
    }
    /* Not an error, because old versions read the file for each connection. */
    curl_easy_setopt(easy, CA_CACHE_TIMEOUT,
                     compute_cache_timeout(has_own_ca ? file : info->cainfo));
    return result;
}

/* Opens a socket with close-on-exec, because programs that the host starts must not inherit it. */
static curl_socket_t open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)data;
    (void)purpose;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* SSL_CTX_ctrl of OpenSSL, and two constants of openssl/ssl.h that are the same in all versions.
 * They are repeated here, because only csrc/sign includes headers of OpenSSL. */
typedef long (*set_control)(void *context, int command, long value, void *pointer);
enum { SSL_CTRL_CLEAR_MODE = 78, SSL_MODE_AUTO_RETRY = 4 };

/* Makes an SSL_read return after each TLS record that carries no application data, which libcurl
 * has no option for. By default OpenSSL continues with the next record, so a peer that sends
 * KeyUpdate messages without pause would keep a read from ever returning, and no deadline would end
 * it. */
static CURLcode disable_tls_auto_retry(CURL *easy, void *context, void *unused)
{
    (void)easy;
    (void)unused;
    /* The libssl that libcurl uses. Linking with a libssl of our own could bring a second one into
     * the process. */
    void *library = dlopen("libcurl.so.4", RTLD_LAZY);
    if (library == NULL)
        return CURLE_OK;
    void *function = dlsym(library, "SSL_CTX_ctrl");
    set_control control;
    /* ISO C has no cast from object pointers to function pointers. */
    memcpy(&control, &function, sizeof control);
    dlclose(library);
    if (control != NULL)
        control(context, SSL_CTRL_CLEAR_MODE, SSL_MODE_AUTO_RETRY, NULL);
    return CURLE_OK;
}

CURLcode kms_options_apply(const kms_options *options, CURL *easy)
{
    const char *no_proxy = options->text[KMS_OPTION_NO_PROXY];
    const char *password = options->text[KMS_OPTION_CLIENT_KEY_PASSWORD];
    const char *tls_library = curl_version_info(CURLVERSION_NOW)->ssl_version;
    const bool is_openssl = tls_library != NULL && strstr(tls_library, "OpenSSL/") != NULL;
    CURLcode result = CURLE_OK;
    for (size_t i = 0; i < sizeof FIXED / sizeof *FIXED; i++)
        KMS_SET_OPTION(FIXED[i].option, FIXED[i].value);
    KMS_SET_OPTION(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    /* For NULL, libcurl would read the environment. */
    KMS_SET_OPTION(CURLOPT_NOPROXY, no_proxy == NULL ? "" : no_proxy);
    KMS_SET_OPTION(CURLOPT_SSLCERT, options->text[KMS_OPTION_CLIENT_CERT]);
    KMS_SET_OPTION(CURLOPT_SSLKEY, options->text[KMS_OPTION_CLIENT_KEY]);
    /* Without a password, OpenSSL would ask for it on the terminal, and wait. With an empty one,
     * GnuTLS would refuse a key that has none. */
    KMS_SET_OPTION(CURLOPT_KEYPASSWD, password == NULL && is_openssl ? "" : password);
    if (is_openssl)
        curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, disable_tls_auto_retry);
    /* Not an error, because old versions do not support it. Without it, closing a handle waits for
     * its name server after the deadline. */
    curl_easy_setopt(easy, QUICK_EXIT, 1L);
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
