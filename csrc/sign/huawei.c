/* Huawei Cloud's request signatures, one function per stage; see signatures.h. */
#include "sign/signatures.h"

#include <stdlib.h>

#include "base/ascii.h"
#include "base/wipe.h"
#include "sign/digest.h"
#include "sign/percent_encode.h"
#include "sign/sdk_date.h"
#include "sign/validate.h"

/* Source of the rules: "AK/SK Signing and Authentication Algorithm" in the vendor's API Request
 * Signing Guide. The guide does not describe SM3; the vendor's SDKs are the source of that part.
 * V11-HMAC-SHA256 is missing on purpose: of all services only IoTDA uses its derived keys. */
typedef struct {
    const char *name;
    kms_hash hash;
    const char *content_header; /* its value replaces the hash of the body */
} huawei_algorithm;

static const huawei_algorithm ALGORITHMS[] = {
    {"SDK-HMAC-SHA256", KMS_SHA256, "x-sdk-content-sha256"},
    {"SDK-HMAC-SM3", KMS_SM3, "x-sdk-content-sm3"},
};

/* Compares byte by byte; ignores ASCII case if both are the names of headers. */
static int compare(kms_slice a, kms_slice b, bool are_names)
{
    for (size_t i = 0; i < a.length && i < b.length; i++) {
        const char left = are_names ? kms_ascii_lower(a.data[i]) : a.data[i];
        const char right = are_names ? kms_ascii_lower(b.data[i]) : b.data[i];
        if (left != right)
            return (unsigned char)left - (unsigned char)right;
    }
    return (a.length > b.length) - (a.length < b.length);
}

/* The default is the first one. NULL with the error set if the request names another one. */
static const huawei_algorithm *find_algorithm(kms_signer *signer)
{
    kms_slice name = signer->request.algorithm;
    for (size_t i = 0; i < sizeof ALGORITHMS / sizeof ALGORITHMS[0]; i++)
        if (name.data == NULL || kms_slice_equals(name, kms_slice_from_string(ALGORITHMS[i].name)))
            return &ALGORITHMS[i];
    (void)kms_signer_fail(signer, "algorithm must be \"SDK-HMAC-SHA256\" or \"SDK-HMAC-SM3\"");
    return NULL;
}

static const kms_pair *find_header(const kms_signer *signer, const char *name)
{
    const kms_pairs *headers = &signer->request.headers;
    for (size_t i = 0; i < headers->count; i++)
        if (kms_ascii_equals_nocase(headers->items[i].name, name))
            return &headers->items[i];
    return NULL;
}

static void add_header(kms_signer *signer, const char *name, kms_slice value)
{
    kms_pairs *headers = &signer->request.headers;
    headers->items[headers->count++] = (kms_pair){kms_slice_from_string(name), value};
}

/* Also trims the values, because HTTP does not carry the white space around them. */
static bool validate_headers(kms_signer *signer)
{
    kms_pairs *headers = &signer->request.headers;
    if (headers->count > KMS_HEADER_COUNT_LIMIT)
        return kms_signer_fail(signer, "headers must have at most %d entries",
                               KMS_HEADER_COUNT_LIMIT);
    for (size_t i = 0; i < headers->count; i++) {
        kms_pair *header = &headers->items[i];
        if (!kms_validate_text(signer, KMS_RULE_HEADER_NAME, header->name, i + 1) ||
            !kms_validate_text(signer, KMS_RULE_HEADER_VALUE, header->value, i + 1))
            return false;
        header->value = kms_ascii_trim(header->value);
    }
    return find_header(signer, "authorization") == NULL ||
           kms_signer_fail(signer, "headers must not contain Authorization; signing adds it");
}

static bool complete_host(kms_signer *signer)
{
    const kms_pair *header = find_header(signer, "host");
    kms_slice value = header != NULL ? header->value : signer->request.host;
    if (header == NULL)
        add_header(signer, "Host", value);
    return kms_validate_text(signer, KMS_RULE_HOST, value, 0);
}

static bool complete_date(kms_signer *signer)
{
    const kms_pair *header = find_header(signer, "x-sdk-date");
    if (header == NULL) {
        kms_sdk_date_write(signer->date, signer->time);
        add_header(signer, "X-Sdk-Date", kms_slice_from_string(signer->date));
        kms_signer_add_output(signer, "X-Sdk-Date", kms_slice_from_string(signer->date));
        return true;
    }
    if (!kms_sdk_date_is_valid(header->value))
        return kms_signer_fail(signer, "headers: X-Sdk-Date must have the form YYYYMMDDThhmmssZ");
    memcpy(signer->date, header->value.data, KMS_SDK_DATE_LENGTH);
    signer->date[KMS_SDK_DATE_LENGTH] = '\0';
    return true;
}

static bool complete_token(kms_signer *signer)
{
    const kms_slice token = signer->credentials.security_token;
    const kms_pair *header = find_header(signer, "x-security-token");
    if (token.data == NULL)
        return true;
    if (!kms_validate_text(signer, KMS_RULE_SECURITY_TOKEN, token, 0))
        return false;
    if (header == NULL) {
        add_header(signer, "X-Security-Token", token);
        kms_signer_add_output(signer, "X-Security-Token", token);
        return true;
    }
    return kms_slice_equals(header->value, token) ||
           kms_signer_fail(signer, "security_token must equal the header X-Security-Token");
}

static int compare_pairs(const void *left, const void *right)
{
    const kms_pair *a = left, *b = right;
    int order = compare(a->name, b->name, false);
    return order != 0 ? order : compare(a->value, b->value, false);
}

static int compare_headers(const void *left, const void *right)
{
    const kms_pair *a = left, *b = right;
    return compare(a->name, b->name, true);
}

/* Method, path and query. The guide's "canonical URI" is the path as sent, with "/" at its end. The
 * query is sorted before it is encoded, as in three of the vendor's four SDKs; the guide does not
 * define the order. */
static bool write_canonical_target(kms_signer *signer)
{
    const kms_pairs *query = &signer->request.query;
    kms_buffer *out = &signer->stages[KMS_CANONICAL_REQUEST];
    if (query->count > 0)
        qsort(query->items, query->count, sizeof query->items[0], compare_pairs);
    if (!kms_percent_encode_target(signer))
        return false;
    const kms_slice target = kms_buffer_view(&signer->stages[KMS_TARGET]);
    const char *mark = memchr(target.data, '?', target.length);
    size_t path_length = mark == NULL ? target.length : (size_t)(mark - target.data);
    kms_buffer_append_slice(out, signer->request.method);
    kms_buffer_append_char(out, '\n');
    kms_buffer_append(out, target.data, path_length);
    if (target.data[path_length - 1] != '/')
        kms_buffer_append_char(out, '/');
    kms_buffer_append_char(out, '\n');
    if (mark != NULL)
        kms_buffer_append(out, mark + 1, target.length - path_length - 1);
    kms_buffer_append_char(out, '\n');
    return true;
}

/* One line per header, an empty line, and a line with their names. */
static bool write_canonical_headers(kms_signer *signer)
{
    enum { MAX_SHOWN = 64 };
    const kms_pairs *headers = &signer->request.headers;
    kms_buffer *out = &signer->stages[KMS_CANONICAL_REQUEST];
    kms_buffer *names = &signer->stages[KMS_SIGNED_HEADERS];
    const size_t limit = out->length + KMS_HEADERS_LIMIT;
    qsort(headers->items, headers->count, sizeof headers->items[0], compare_headers);
    for (size_t i = 0; i < headers->count; i++) {
        kms_slice name = headers->items[i].name;
        if (i > 0 && compare(headers->items[i - 1].name, name, true) == 0)
            return kms_signer_fail(signer, "headers must not repeat a name; got %.*s twice",
                                   (int)(name.length < MAX_SHOWN ? name.length : MAX_SHOWN),
                                   name.data);
        if (i > 0)
            kms_buffer_append_char(names, ';');
        size_t start = names->length;
        if (kms_buffer_append_lower(names, name.data, name.length))
            kms_buffer_append(out, names->data + start, name.length);
        kms_buffer_append_char(out, ':');
        kms_buffer_append_slice(out, headers->items[i].value);
        kms_buffer_append_char(out, '\n');
    }
    if (out->length > limit || out->status == KMS_BUFFER_TOO_LARGE)
        return kms_signer_fail(signer, "headers must be at most %d bytes in total",
                               KMS_HEADERS_LIMIT);
    kms_buffer_append_char(out, '\n');
    kms_buffer_append_slice(out, kms_buffer_view(names));
    kms_buffer_append_char(out, '\n');
    return kms_validate_buffer(signer, "headers", names);
}

/* The content header replaces the hash; one of its values is "UNSIGNED-PAYLOAD". */
static bool write_payload_hash(kms_signer *signer, const huawei_algorithm *algorithm)
{
    char hash[KMS_HASH_HEX + 1];
    kms_slice body = signer->request.body;
    kms_buffer *out = &signer->stages[KMS_CANONICAL_REQUEST];
    if (body.length > KMS_BODY_LIMIT)
        return kms_signer_fail(signer, "body must be at most %d bytes; got %zu", KMS_BODY_LIMIT,
                               body.length);
    const kms_pair *header = find_header(signer, algorithm->content_header);
    if (header == NULL && !kms_digest_hex(signer, algorithm->hash, false, body, hash))
        return false;
    kms_buffer_append_slice(out, header != NULL ? header->value : (kms_slice){hash, KMS_HASH_HEX});
    kms_wipe(hash, sizeof hash);
    return kms_validate_buffer(signer, "headers", out);
}

static bool write_string_to_sign(kms_signer *signer, const huawei_algorithm *algorithm)
{
    char hash[KMS_HASH_HEX + 1];
    kms_buffer *out = &signer->stages[KMS_STRING_TO_SIGN];
    if (!kms_digest_hex(signer, algorithm->hash, false,
                        kms_buffer_view(&signer->stages[KMS_CANONICAL_REQUEST]), hash))
        return false;
    kms_buffer_append_string(out, algorithm->name);
    kms_buffer_append_char(out, '\n');
    kms_buffer_append(out, signer->date, KMS_SDK_DATE_LENGTH);
    kms_buffer_append_char(out, '\n');
    kms_buffer_append(out, hash, KMS_HASH_HEX);
    return kms_validate_buffer(signer, "headers", out);
}

static bool write_authorization(kms_signer *signer, const huawei_algorithm *algorithm)
{
    kms_buffer *out = &signer->stages[KMS_AUTHORIZATION];
    kms_buffer_append_string(out, algorithm->name);
    kms_buffer_append_string(out, " Access=");
    kms_buffer_append_slice(out, signer->credentials.access_key);
    kms_buffer_append_string(out, ", SignedHeaders=");
    kms_buffer_append_slice(out, kms_buffer_view(&signer->stages[KMS_SIGNED_HEADERS]));
    kms_buffer_append_string(out, ", Signature=");
    kms_buffer_append(out, signer->signature, KMS_HASH_HEX);
    kms_signer_add_output(signer, "Authorization", kms_buffer_view(out));
    return kms_validate_buffer(signer, "headers", out);
}

bool kms_huawei_sign(kms_signer *signer)
{
    const huawei_algorithm *algorithm = find_algorithm(signer);
    return algorithm != NULL &&
           kms_validate_text(signer, KMS_RULE_METHOD, signer->request.method, 0) &&
           kms_validate_keys(signer) && validate_headers(signer) && complete_host(signer) &&
           complete_date(signer) && complete_token(signer) && write_canonical_target(signer) &&
           write_canonical_headers(signer) && write_payload_hash(signer, algorithm) &&
           write_string_to_sign(signer, algorithm) &&
           kms_digest_hex(signer, algorithm->hash, true,
                          kms_buffer_view(&signer->stages[KMS_STRING_TO_SIGN]),
                          signer->signature) &&
           write_authorization(signer, algorithm);
}
