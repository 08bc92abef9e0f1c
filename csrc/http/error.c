/* What failures are called; see failure.h. */
#include "http/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Codes of libcurl that have a word of their own; the others are "other". */
static const struct {
    CURLcode result;
    const char *code;
} CODES[] = {
    {CURLE_OPERATION_TIMEDOUT, "timeout"},
    {CURLE_COULDNT_RESOLVE_HOST, "dns"},
    {CURLE_COULDNT_RESOLVE_PROXY, "dns"},
    {CURLE_COULDNT_CONNECT, "connect"},
    {CURLE_PROXY, "connect"},
    {CURLE_SSL_CONNECT_ERROR, "tls"},
    {CURLE_PEER_FAILED_VERIFICATION, "tls"},
    {CURLE_SSL_CACERT_BADFILE, "tls"},
    {CURLE_SSL_CERTPROBLEM, "tls"},
    {CURLE_SSL_CIPHER, "tls"},
    {CURLE_SSL_ISSUER_ERROR, "tls"},
    {CURLE_SSL_CLIENTCERT, "tls"},
    {CURLE_SSL_ENGINE_NOTFOUND, "tls"},
    {CURLE_SSL_ENGINE_SETFAILED, "tls"},
    {CURLE_SSL_ENGINE_INITFAILED, "tls"},
    {CURLE_SSL_SHUTDOWN_FAILED, "tls"},
    {CURLE_GOT_NOTHING, "closed"},
    {CURLE_PARTIAL_FILE, "closed"},
    {CURLE_SEND_ERROR, "closed"},
    {CURLE_RECV_ERROR, "closed"},
    {CURLE_HTTP2, "closed"}, /* the stream or the whole connection was given up by the peer */
    {CURLE_HTTP2_STREAM, "closed"},
    {CURLE_FILESIZE_EXCEEDED, "too_large"},
#if LIBCURL_VERSION_NUM >= 0x080600
    {CURLE_TOO_LARGE, "too_large"},
#endif
};

/* What a message says of the host, which stands between the two; the reason follows. */
static const struct {
    const char *code;
    const char *before;
    const char *after;
} PHRASES[] = {
    {"timeout", "no answer from ", " in time"}, {"dns", "no address for ", ""},
    {"connect", "no connection to ", ""},       {"tls", "no trusted connection to ", ""},
    {"closed", "connection to ", " lost"},      {"too_large", "answer of ", " too large"},
    {"other", "exchange with ", " failed"},
};

void kms_failure_clear(kms_failure *failure)
{
    memset(failure, 0, sizeof *failure);
}

bool kms_failure_refuse(kms_failure *failure, const char *field, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(failure->message, sizeof failure->message, format, arguments);
    va_end(arguments);
    failure->kind = "invalid";
    failure->code = field;
    return false;
}

CURLcode kms_failure_of_set(CURLMcode code)
{
    /* Aborted: a callback of ours had no memory. */
    return code == CURLM_OUT_OF_MEMORY || code == CURLM_ABORTED_BY_CALLBACK
               ? CURLE_OUT_OF_MEMORY
               : CURLE_BAD_FUNCTION_ARGUMENT;
}

const char *kms_failure_code(CURLcode result)
{
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++)
        if (CODES[i].result == result)
            return CODES[i].code;
    return "other";
}

bool kms_failure_say(kms_failure *failure, const char *code, kms_slice host, const char *reason)
{
    size_t i = 0;
    while (strcmp(PHRASES[i].code, code) != 0)
        i++;
    snprintf(failure->message, sizeof failure->message, "%s%.*s%s: %s", PHRASES[i].before,
             (int)host.length, host.data, PHRASES[i].after, reason);
    for (char *c = failure->message; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?'; /* a certificate's text may stand in a reason */
    failure->kind = "transport";
    failure->code = code;
    return false;
}
