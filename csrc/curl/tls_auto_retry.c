/* Makes an SSL_read return after each TLS record; see tls_auto_retry.h. */
#include "curl/tls_auto_retry.h"

#include <dlfcn.h>
#include <string.h>

/* SSL_CTX_ctrl of OpenSSL, and two constants of openssl/ssl.h that are the same in all versions.
 * They are repeated here, because only csrc/sign includes headers of OpenSSL. */
typedef long (*set_control)(void *context, int command, long value, void *pointer);
enum { SSL_CTRL_CLEAR_MODE = 78, SSL_MODE_AUTO_RETRY = 4 };

CURLcode kms_tls_auto_retry_disable(CURL *easy, void *context, void *unused)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    (void)easy;
    (void)unused;
    if (info->ssl_version == NULL || strstr(info->ssl_version, "OpenSSL/") == NULL)
        return CURLE_OK;
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
