/* The host of a request; see host.h. */
#include "http/host.h"
#include "http/syntax.h"

#include <arpa/inet.h>
#include <stdint.h>

enum { MAX_NAME = 255 };

/* Parses "1" to "65535"; 0 for other text. */
static int parse_port(kms_slice text)
{
    int port = 0;
    if (text.length > 5 || !kms_syntax_matches(text, KMS_SYNTAX_DIGIT))
        return 0;
    for (size_t i = 0; i < text.length; i++)
        port = port * 10 + (text.data[i] - '0');
    return port <= 65535 ? port : 0;
}

/* Parses an address of a family into a struct in_addr or in6_addr. */
static bool parse_address(int family, kms_slice text, void *address)
{
    char copy[INET6_ADDRSTRLEN] = "";
    if (text.length >= sizeof copy || memchr(text.data, '\0', text.length) != NULL)
        return false;
    memcpy(copy, text.data, text.length);
    return inet_pton(family, copy, address) == 1;
}

/* The IPv4 address as a number in host order; 0 for other names. */
static uint32_t parse_ipv4(kms_slice name)
{
    struct in_addr address;
    return parse_address(AF_INET, name, &address) ? ntohl(address.s_addr) : 0;
}

static bool is_valid_name(kms_slice name)
{
    struct in6_addr address;
    if (name.length > 0 && name.data[0] == '[')
        return parse_address(AF_INET6, (kms_slice){name.data + 1, name.length - 2}, &address);
    /* A DNS name has no leading dot, except for the root, which a TLS handshake cannot name. */
    return name.length <= MAX_NAME && kms_syntax_matches(name, KMS_SYNTAX_HOST_NAME) &&
           name.data[0] != '.' && name.data[0] != '-';
}

bool kms_host_split(kms_slice host, kms_slice *name, int *port)
{
    const bool has_bracket = host.length > 0 && host.data[0] == '[';
    const char *end = NULL;
    if (host.length > 0)
        end = memchr(host.data, has_bracket ? ']' : ':', host.length);
    if (has_bracket && end == NULL)
        return false;
    const size_t length =
        end == NULL ? host.length : (size_t)(end - host.data) + (has_bracket ? 1 : 0);
    *name = (kms_slice){host.data, length};
    *port = 0;
    if (!is_valid_name(*name))
        return false;
    if (length == host.length)
        return true;
    *port = parse_port((kms_slice){host.data + length + 1, host.length - length - 1});
    return host.data[length] == ':' && *port != 0;
}

bool kms_host_is_ip(kms_slice name)
{
    struct in_addr address;
    return (name.length > 0 && name.data[0] == '[') || parse_address(AF_INET, name, &address);
}

bool kms_host_is_loopback(kms_slice name)
{
    return kms_ascii_equals_nocase(name, "localhost") ||
           kms_slice_equals(name, KMS_LITERAL("[::1]")) || parse_ipv4(name) >> 24 == 127;
}

bool kms_host_is_link_local(kms_slice name)
{
    return parse_ipv4(name) >> 16 == 0xa9fe;
}
