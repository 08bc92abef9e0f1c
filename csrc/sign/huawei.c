/* Huawei Cloud's request signatures, one function per stage; see huawei.h. */
#include "sign/huawei.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/wipe.h"
#include "sign/openssl_errors.h"
#include "sign/percent_encode.h"
#include "sign/validate.h"

/* Source of the rules: "AK/SK Signing and Authentication Algorithm" in the vendor's API Request
 * Signing Guide. For SM3, which the guide does not describe: the vendor's SDKs. */
static const kms_huawei_algorithm ALGORITHMS[] = {
    {"SDK-HMAC-SHA256", KMS_SHA256, "x-sdk-content-sha256"},
    {"SDK-HMAC-SM3", KMS_SM3, "x-sdk-content-sm3"},
};

enum { STRING_TO_SIGN_LIMIT = 256 };

static int compare_bytes(kms_slice a, kms_slice b)
{
    size_t shared = a.length < b.length ? a.length : b.length;
    int order = shared == 0 ? 0 : memcmp(a.data, b.data, shared);
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

static int compare_names(kms_slice a, kms_slice b)
{
    for (size_t i = 0; i < a.length && i < b.length; i++) {
        int order =
            (unsigned char)kms_ascii_lower(a.data[i]) - (unsigned char)kms_ascii_lower(b.data[i]);
        if (order != 0)
            return order;
    }
    return (a.length > b.length) - (a.length < b.length);
}

static const kms_pair *find_header(const kms_pairs *headers, const char *name)
{
    for (size_t i = 0; i < headers->count; i++)
        if (kms_ascii_equals_nocase(headers->items[i].name, name))
            return &headers->items[i];
    return NULL;
}

static void add_header(kms_pairs *headers, kms_slice name, kms_slice value)
{
    headers->items[headers->count++] = (kms_pair){name, value};
}

/* Also trims the values, because HTTP does not carry the white space around them. */
static bool validate_headers(kms_signer *signer)
{
    kms_pairs *headers = &signer->request.headers;
    kms_sign_error *error = &signer->error;
    if (headers->count > KMS_HEADER_COUNT_LIMIT)
        return kms_sign_error_set_invalid(error, "headers", "headers must have at most %d entries",
                                          KMS_HEADER_COUNT_LIMIT);
    for (size_t i = 0; i < headers->count; i++) {
        if (!kms_validate_header(error, &headers->items[i], i + 1))
            return false;
        headers->items[i].value = kms_ascii_trim(headers->items[i].value);
    }
    return find_header(headers, "authorization") == NULL ||
           kms_sign_error_set_invalid(error, "headers",
                                      "headers must not contain Authorization; signing adds it");
}

static bool choose_algorithm(kms_huawei_signature *s, kms_signer *signer)
{
    kms_slice name = signer->request.algorithm;
    s->algorithm = &ALGORITHMS[0];
    if (name.data == NULL)
        return true;
    for (size_t i = 0; i < sizeof ALGORITHMS / sizeof ALGORITHMS[0]; i++) {
        if (!kms_slice_equals(name, kms_slice_from_string(ALGORITHMS[i].name)))
            continue;
        s->algorithm = &ALGORITHMS[i];
        return kms_digest_is_available(&signer->digest, s->algorithm->hash) ||
               kms_sign_error_set_invalid(
                   &signer->error, "algorithm",
                   "algorithm %s is not available: OpenSSL in this process has no %s",
                   s->algorithm->name, s->algorithm->hash == KMS_SM3 ? "SM3" : "SHA-256");
    }
    return kms_sign_error_set_invalid(&signer->error, "algorithm",
                                      "algorithm must be \"SDK-HMAC-SHA256\" or \"SDK-HMAC-SM3\"");
}

/* A byte of "/?#@\" in the host would end the host of the request's URI. */
static bool complete_host(kms_signer *signer)
{
    kms_pairs *headers = &signer->request.headers;
    const kms_pair *host = find_header(headers, "host");
    kms_slice value = host != NULL ? host->value : signer->request.host;
    if (!kms_validate_visible(&signer->error, "host", value, "/?#@\\"))
        return false;
    if (host == NULL)
        add_header(headers, KMS_LITERAL("Host"), value);
    return true;
}

static bool complete_date(kms_huawei_signature *s, kms_signer *signer)
{
    kms_pairs *headers = &signer->request.headers;
    const kms_pair *date = find_header(headers, "x-sdk-date");
    s->should_add_date = date == NULL;
    if (date == NULL) {
        kms_sdk_date_write(s->date, signer->time);
        add_header(headers, KMS_LITERAL("X-Sdk-Date"), (kms_slice){s->date, KMS_SDK_DATE_LENGTH});
        return true;
    }
    if (!kms_sdk_date_is_valid(date->value))
        return kms_sign_error_set_invalid(&signer->error, "headers",
                                          "headers: X-Sdk-Date must have the form "
                                          "YYYYMMDDThhmmssZ");
    memcpy(s->date, date->value.data, KMS_SDK_DATE_LENGTH);
    s->date[KMS_SDK_DATE_LENGTH] = '\0';
    return true;
}

static bool complete_token(kms_huawei_signature *s, kms_signer *signer)
{
    kms_pairs *headers = &signer->request.headers;
    const kms_pair *header = find_header(headers, "x-security-token");
    kms_slice token = signer->credentials.security_token;
    s->should_add_token = token.data != NULL && header == NULL;
    if (token.data == NULL)
        return true;
    if (!kms_validate_visible(&signer->error, "security_token", token, ""))
        return false;
    if (header == NULL)
        add_header(headers, KMS_LITERAL("X-Security-Token"), token);
    else if (!kms_slice_equals(header->value, token))
        return kms_sign_error_set_invalid(&signer->error, "security_token",
                                          "security_token must equal the header X-Security-Token");
    return true;
}

/* Adds the headers that are always signed. */
static bool complete_headers(kms_huawei_signature *s, kms_signer *signer)
{
    return complete_host(signer) && complete_date(s, signer) && complete_token(s, signer);
}

/* Limits the next part of the canonical request to `limit` bytes. */
static kms_buffer *begin_part(kms_huawei_signature *s, size_t limit)
{
    s->canonical_request.limit = s->canonical_request.length + limit;
    return &s->canonical_request;
}

static int compare_pairs(const void *left, const void *right)
{
    const kms_pair *a = left, *b = right;
    int order = compare_bytes(a->name, b->name);
    return order != 0 ? order : compare_bytes(a->value, b->value);
}

/* Method, path and query. The guide's "canonical URI" is the path as sent, with "/" at its end. The
 * query is sorted before it is encoded, as in three of the vendor's four SDKs; the guide does not
 * define the order. */
static bool write_canonical_target(kms_huawei_signature *s, kms_signer *signer)
{
    const kms_sign_request *request = &signer->request;
    const kms_pairs *query = &request->query;
    kms_buffer *out = begin_part(s, KMS_METHOD_LIMIT + 1);
    kms_buffer_append_slice(out, request->method);
    kms_buffer_append_char(out, '\n');
    size_t start = out->length;
    begin_part(s, KMS_TARGET_LIMIT);
    if (!kms_percent_encode_path(out, &request->path, &signer->error))
        return false;
    size_t path_length = out->length - start;
    begin_part(s, sizeof "/\n" - 1);
    if (out->data[out->length - 1] != '/')
        kms_buffer_append_char(out, '/');
    kms_buffer_append_char(out, '\n');
    if (query->count > 0)
        qsort(query->items, query->count, sizeof query->items[0], compare_pairs);
    begin_part(s, path_length < KMS_TARGET_LIMIT ? KMS_TARGET_LIMIT - path_length - 1 : 0);
    if (!kms_validate_buffer(&signer->error, "path", out, KMS_TARGET_LIMIT) ||
        !kms_percent_encode_query(out, query, &signer->error))
        return false;
    kms_buffer_append_char(begin_part(s, 1), '\n');
    return true;
}

/* Binary insertion sort, because there are few headers. */
static void sort_headers(kms_pairs *headers)
{
    for (size_t i = 1; i < headers->count; i++) {
        kms_pair *items = headers->items, moved = items[i];
        size_t low = 0, high = i;
        while (low < high) {
            size_t middle = (low + high) / 2;
            if (compare_names(moved.name, items[middle].name) < 0)
                high = middle;
            else
                low = middle + 1;
        }
        memmove(&items[low + 1], &items[low], (i - low) * sizeof moved);
        items[low] = moved;
    }
}

/* One line per header, an empty line, and a line with their names. */
static bool write_canonical_headers(kms_huawei_signature *s, kms_signer *signer)
{
    enum { MAX_NAME_IN_MESSAGE = 64 };
    kms_pairs *headers = &signer->request.headers;
    kms_buffer *out = begin_part(s, KMS_HEADERS_LIMIT), *names = &s->signed_headers;
    sort_headers(headers);
    for (size_t i = 0; i < headers->count; i++) {
        kms_slice name = headers->items[i].name;
        if (i > 0 && compare_names(headers->items[i - 1].name, name) == 0)
            return kms_sign_error_set_invalid(
                &signer->error, "headers", "headers must not repeat a name; got %.*s twice",
                name.length < MAX_NAME_IN_MESSAGE ? (int)name.length : MAX_NAME_IN_MESSAGE,
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
    if (!kms_validate_buffer(&signer->error, "headers", names, KMS_HEADERS_LIMIT))
        return false;
    begin_part(s, names->length + 2);
    kms_buffer_append_char(out, '\n');
    kms_buffer_append_slice(out, kms_buffer_view(names));
    kms_buffer_append_char(out, '\n');
    return kms_validate_buffer(&signer->error, "headers", out, KMS_HEADERS_LIMIT);
}

/* The header X-Sdk-Content-Sha256 (or -Sm3) replaces the hash; one of its values is
 * "UNSIGNED-PAYLOAD". */
static bool write_payload_hash(kms_huawei_signature *s, kms_signer *signer)
{
    char hash[KMS_HASH_HEX + 1];
    kms_slice body = signer->request.body;
    if (body.length > KMS_BODY_LIMIT)
        return kms_sign_error_set_invalid(&signer->error, "body",
                                          "body must be at most %d bytes; got %zu", KMS_BODY_LIMIT,
                                          body.length);
    const kms_pair *header = find_header(&signer->request.headers, s->algorithm->content_header);
    if (header == NULL && !kms_digest_hash_hex(&signer->digest, s->algorithm->hash, body, hash))
        return kms_sign_error_set(&signer->error, KMS_SIGN_NO_DIGEST);
    kms_buffer *out = begin_part(s, KMS_HEADER_LIMIT);
    kms_buffer_append_slice(out, header != NULL ? header->value : (kms_slice){hash, KMS_HASH_HEX});
    kms_wipe(hash, sizeof hash);
    return kms_validate_buffer(&signer->error, "headers", out, KMS_HEADER_LIMIT);
}

static bool write_string_to_sign(kms_huawei_signature *s, kms_signer *signer)
{
    char hash[KMS_HASH_HEX + 1];
    kms_buffer *out = &s->string_to_sign;
    if (!kms_digest_hash_hex(&signer->digest, s->algorithm->hash,
                             kms_buffer_view(&s->canonical_request), hash))
        return kms_sign_error_set(&signer->error, KMS_SIGN_NO_DIGEST);
    kms_buffer_append_string(out, s->algorithm->name);
    kms_buffer_append_char(out, '\n');
    kms_buffer_append(out, s->date, KMS_SDK_DATE_LENGTH);
    kms_buffer_append_char(out, '\n');
    kms_buffer_append(out, hash, KMS_HASH_HEX);
    return kms_validate_buffer(&signer->error, "headers", out, STRING_TO_SIGN_LIMIT);
}

/* The secret key is the HMAC key as it is: these algorithms derive none. */
static bool compute_signature(kms_huawei_signature *s, kms_signer *signer)
{
    return kms_digest_hmac_hex(&signer->digest, s->algorithm->hash, signer->credentials.secret_key,
                               kms_buffer_view(&s->string_to_sign), s->signature) ||
           kms_sign_error_set(&signer->error, KMS_SIGN_NO_DIGEST);
}

static bool write_authorization(kms_huawei_signature *s, kms_signer *signer)
{
    kms_buffer *out = &s->authorization;
    kms_buffer_append_string(out, s->algorithm->name);
    kms_buffer_append_string(out, " Access=");
    kms_buffer_append_slice(out, signer->credentials.access_key);
    kms_buffer_append_string(out, ", SignedHeaders=");
    kms_buffer_append_slice(out, kms_buffer_view(&s->signed_headers));
    kms_buffer_append_string(out, ", Signature=");
    kms_buffer_append(out, s->signature, KMS_HASH_HEX);
    return kms_validate_buffer(&signer->error, "headers", out, KMS_HEADER_LIMIT);
}

void kms_huawei_init(kms_huawei_signature *s)
{
    memset(s, 0, sizeof *s);
    kms_buffer_init(&s->canonical_request, 0); /* each part sets the limit */
    kms_buffer_init(&s->signed_headers, KMS_HEADERS_LIMIT);
    kms_buffer_init(&s->string_to_sign, STRING_TO_SIGN_LIMIT);
    kms_buffer_init(&s->authorization, KMS_HEADER_LIMIT);
}

bool kms_huawei_sign(kms_huawei_signature *s, kms_signer *signer)
{
    kms_openssl_errors_mark();
    bool is_signed = choose_algorithm(s, signer) &&
                     kms_validate_method(&signer->error, signer->request.method) &&
                     kms_validate_keys(&signer->error, &signer->credentials) &&
                     validate_headers(signer) && complete_headers(s, signer) &&
                     write_canonical_target(s, signer) && write_canonical_headers(s, signer) &&
                     write_payload_hash(s, signer) && write_string_to_sign(s, signer) &&
                     compute_signature(s, signer) && write_authorization(s, signer);
    kms_openssl_errors_restore();
    return is_signed;
}

static void wipe_texts(kms_huawei_signature *s)
{
    kms_wipe(s->date, sizeof s->date);
    kms_wipe(s->signature, sizeof s->signature);
}

void kms_huawei_clear(kms_huawei_signature *s)
{
    kms_buffer_clear(&s->canonical_request);
    kms_buffer_clear(&s->signed_headers);
    kms_buffer_clear(&s->string_to_sign);
    kms_buffer_clear(&s->authorization);
    wipe_texts(s);
}

void kms_huawei_free(kms_huawei_signature *s)
{
    kms_buffer_free(&s->canonical_request);
    kms_buffer_free(&s->signed_headers);
    kms_buffer_free(&s->string_to_sign);
    kms_buffer_free(&s->authorization);
    wipe_texts(s);
}
