/* What may stand where in HTTP: small pure tests, independent of the locale. */
#ifndef KMS_HTTP_SYNTAX_H
#define KMS_HTTP_SYNTAX_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"

/* Classes of bytes. */
enum {
    KMS_DIGIT = 1,
    KMS_HOST_NAME = 2,
    KMS_UNRESERVED = 4, /* RFC 3986 section 2.3 */
    KMS_TOKEN = 8,      /* RFC 9110 section 5.6.2 */
    KMS_VISIBLE = 16,   /* of ASCII */
    KMS_FIELD = 32      /* RFC 9110 section 5.5 */
};

/* The classes of a byte, in rows of 16. Looked at for each byte of a request. */
static inline unsigned kms_syntax_classes(char c)
{
    enum {
        F = KMS_FIELD,
        V = F | KMS_VISIBLE,
        T = V | KMS_TOKEN,
        U = T | KMS_UNRESERVED,
        L = U | KMS_HOST_NAME, /* letters */
        D = L | KMS_DIGIT
    };
    /* clang-format off */
    static const unsigned char CLASSES[256] = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, F, 0, 0, 0, 0, 0, 0, /* of the controls only tab */
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        F, T, V, T, T, T, T, T, V, V, T, T, V, L, L, V, /*  !"#$%&'()*+,-./ */
        D, D, D, D, D, D, D, D, D, D, V, V, V, V, V, V, /* 0123456789:;<=>? */
        V, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, /* @ABCDEFGHIJKLMNO */
        L, L, L, L, L, L, L, L, L, L, L, V, V, V, T, L, /* PQRSTUVWXYZ[\]^_ */
        T, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, /* `abcdefghijklmno */
        L, L, L, L, L, L, L, L, L, L, L, V, T, V, U, 0, /* pqrstuvwxyz{|}~ */
        F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, /* not of ASCII */
        F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
        F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
        F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
        F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
        F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
        F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
        F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    };
    /* clang-format on */
    return CLASSES[(unsigned char)c];
}

/* How many bytes from the start are of a class. Four are asked for at once: a way out after each
 * byte is one that a processor guesses wrong. */
static inline size_t kms_syntax_span(kms_slice text, unsigned of)
{
    const char *data = text.data;
    size_t i = 0;
    while (text.length - i >= 4 &&
           (kms_syntax_classes(data[i]) & kms_syntax_classes(data[i + 1]) &
            kms_syntax_classes(data[i + 2]) & kms_syntax_classes(data[i + 3]) & of) != 0)
        i += 4;
    while (i < text.length && (kms_syntax_classes(data[i]) & of) != 0)
        i++;
    return i;
}

static inline bool kms_syntax_matches(kms_slice text, unsigned of)
{
    return text.length > 0 && kms_syntax_span(text, of) == text.length;
}

/* Takes a header's line, without its end, apart. False where it is none: RFC 9112 section 5.1
 * allows no space before the colon, and a line that begins with white space continues the one
 * before it (section 5.2), which only a broken server still sends. */
static inline bool kms_syntax_split_header(kms_slice line, kms_slice *name, kms_slice *value)
{
    *name = (kms_slice){line.data, kms_syntax_span(line, KMS_TOKEN)};
    if (name->length == 0 || name->length == line.length || line.data[name->length] != ':')
        return false;
    *value =
        kms_ascii_trim((kms_slice){line.data + name->length + 1, line.length - name->length - 1});
    return true;
}

static inline bool kms_is_port(kms_slice text)
{
    char digits[6] = "";
    if (text.length >= sizeof digits || !kms_syntax_matches(text, KMS_DIGIT))
        return false;
    memcpy(digits, text.data, text.length);
    long port = strtol(digits, NULL, 10);
    return port >= 1 && port <= 65535;
}

/* Fills `address`, a struct in_addr or in6_addr. */
static inline bool kms_is_address(int family, kms_slice text, void *address)
{
    char copy[INET6_ADDRSTRLEN] = "";
    if (text.length >= sizeof copy || memchr(text.data, '\0', text.length) != NULL)
        return false;
    memcpy(copy, text.data, text.length);
    return inet_pton(family, copy, address) == 1;
}

/* Takes "name", "name:port", "[IPv6]" or "[IPv6]:port" apart; false for everything else. */
static inline bool kms_split_host(kms_slice host, kms_slice *name)
{
    struct in6_addr six;
    bool bracket = host.length > 0 && host.data[0] == '[';
    const char *end = NULL;
    if (host.length > 0)
        end = memchr(host.data, bracket ? ']' : ':', host.length);
    if (bracket && end == NULL)
        return false;
    size_t length = end == NULL ? host.length : (size_t)(end - host.data) + (bracket ? 1 : 0);
    kms_slice rest = {host.data + length, host.length - length};
    *name = (kms_slice){host.data, length};
    if (bracket && !kms_is_address(AF_INET6, (kms_slice){host.data + 1, length - 2}, &six))
        return false;
    /* A name of dots alone would stand for the root, and a handshake cannot carry it. */
    if (!bracket && (length > 255 || !kms_syntax_matches(*name, KMS_HOST_NAME) ||
                     *host.data == '.' || *host.data == '-'))
        return false;
    return rest.length == 0 ||
           (rest.data[0] == ':' && kms_is_port((kms_slice){rest.data + 1, rest.length - 1}));
}

/* An IPv4 address; 0 for everything else. Only the plain spelling: libcurl reads "127.0.0.010" and
 * "127.1" as addresses too, in its own way. */
static inline uint32_t kms_ipv4(kms_slice name)
{
    char quad[INET_ADDRSTRLEN] = "";
    struct in_addr address;
    if (name.length >= sizeof quad)
        return 0;
    memcpy(quad, name.data, name.length);
    return inet_pton(AF_INET, quad, &address) == 1 ? ntohl(address.s_addr) : 0;
}

static inline bool kms_is_loopback(kms_slice name)
{
    return kms_ascii_equals_nocase(name, "localhost") || kms_ascii_equals_nocase(name, "[::1]") ||
           kms_ipv4(name) >> 24 == 127;
}

/* 169.254.0.0/16: no router carries it further (RFC 3927 section 2.7). Clouds have their metadata
 * services there, over plain http. */
static inline bool kms_is_link_local(kms_slice name)
{
    return kms_ipv4(name) >> 16 == 0xa9fe;
}

#endif
