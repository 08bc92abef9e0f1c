/* Huawei Cloud's request signatures; see huawei_sign.h. */
#include "sign/huawei.h"
#include "base/wipe.h"

#include <stdlib.h>
#include <string.h>

#include "sign/percent_encode.h"
#include "http/syntax.h"

static const kms_huawei_algorithm ALGORITHMS[] = {
    {"SDK-HMAC-SHA256", KMS_SHA256, "x-sdk-content-sha256"},
    {"SDK-HMAC-SM3", KMS_SM3, "x-sdk-content-sm3"},
};

enum { STRING_TO_SIGN_LIMIT = 256 };

static void add(kms_buffer *buffer, kms_slice slice)
{
    kms_buffer_append(buffer, slice.data, slice.length);
}

static kms_slice text(const char *string)
{
    return (kms_slice){string, strlen(string)};
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

static const kms_pair *find_header(const kms_pairs *headers, kms_slice name)
{
    for (size_t i = 0; i < headers->count; i++) {
        const kms_pair *header = &headers->items[i];
        if (header->name.length == name.length && compare_names(header->name, name) == 0)
            return header;
    }
    return NULL;
}

static void append_header(kms_pairs *headers, kms_slice name, kms_slice value)
{
    headers->items[headers->count++] = (kms_pair){name, value};
}

/* RFC 9110: a name is a token (section 5.1), a value has no control character but tab
 * (section 5.5). */
static bool check_header(kms_sign_error *error, const kms_pair *header, size_t index)
{
    kms_slice name = header->name, value = header->value;
    size_t valid = kms_syntax_span(name, KMS_TOKEN);
    if (name.length == 0)
        return kms_refuse(error, "headers", "headers[%zu].name: empty", index);
    if (valid < name.length)
        return kms_refuse(error, "headers",
                          "headers[%zu].name: byte 0x%02x at position %zu of %zu is not of a token",
                          index, (unsigned char)name.data[valid], valid + 1, name.length);
    if (value.length > KMS_HEADER_LIMIT)
        return kms_refuse(error, "headers", "headers[%zu].value: %zu bytes long; at most %d fit",
                          index, value.length, KMS_HEADER_LIMIT);
    valid = kms_syntax_span(value, KMS_FIELD);
    if (valid < value.length)
        return kms_refuse(error, "headers",
                          "headers[%zu].value: byte 0x%02x at position %zu of %zu cannot be sent",
                          index, (unsigned char)value.data[valid], valid + 1, value.length);
    return true;
}

/* Trims the values as well: HTTP does not carry the white space around them. */
static bool check_headers(kms_sign_error *error, kms_pairs *headers)
{
    if (headers->count > KMS_HEADER_COUNT)
        return kms_refuse(error, "headers", "headers: more than %d", KMS_HEADER_COUNT);
    for (size_t i = 0; i < headers->count; i++) {
        if (!check_header(error, &headers->items[i], i + 1))
            return false;
        headers->items[i].value = kms_ascii_trim(headers->items[i].value);
    }
    if (find_header(headers, KMS_LITERAL("authorization")) != NULL)
        return kms_refuse(error, "headers", "headers: Authorization is what signing makes");
    return true;
}

/* What follows in a URI would be read as path or user; the rest is for the resolver to judge. */
static bool check_host(kms_sign_error *error, kms_slice host)
{
    return kms_check_visible(error, "host", host, "/?#@\\");
}

static bool choose_algorithm(kms_huawei_signature *s, kms_digest *digest, kms_slice name,
                             kms_sign_error *error)
{
    char probe[KMS_HASH_HEX + 1];
    s->algorithm = &ALGORITHMS[0];
    if (name.data == NULL)
        return true;
    for (size_t i = 0; i < sizeof ALGORITHMS / sizeof ALGORITHMS[0]; i++) {
        if (kms_compare(name, text(ALGORITHMS[i].name)) != 0)
            continue;
        s->algorithm = &ALGORITHMS[i];
        return kms_hash_hex(digest, s->algorithm->hash, KMS_LITERAL(""), probe) ||
               kms_refuse(error, "algorithm", "algorithm: the OpenSSL in this process has no %s",
                          ALGORITHMS[i].hash == KMS_SM3 ? "SM3" : "SHA-256");
    }
    return kms_refuse(error, "algorithm",
                      "algorithm: must be \"SDK-HMAC-SHA256\" or \"SDK-HMAC-SM3\"");
}

/* The headers that are signed whether the caller gave them or not. */
static bool complete_headers(kms_huawei_signature *s, kms_request *request,
                             const kms_credentials *credentials, int64_t now, kms_sign_error *error)
{
    kms_pairs *headers = &request->headers;
    const kms_pair *host = find_header(headers, KMS_LITERAL("host"));
    const kms_pair *date = find_header(headers, KMS_LITERAL("x-sdk-date"));
    const kms_pair *token = find_header(headers, KMS_LITERAL("x-security-token"));
    if (!check_host(error, host != NULL ? host->value : request->host))
        return false;
    if (date != NULL && !kms_is_sdk_date(date->value))
        return kms_refuse(error, "headers", "headers: X-Sdk-Date is not YYYYMMDDThhmmssZ");
    kms_slice own_token = credentials->security_token;
    if (own_token.data != NULL && !kms_check_visible(error, "security_token", own_token, ""))
        return false;
    if (own_token.data != NULL && token != NULL && kms_compare(token->value, own_token) != 0)
        return kms_refuse(error, "security_token",
                          "security_token: differs from the header X-Security-Token");
    if (date != NULL)
        memcpy(s->date, date->value.data, KMS_SDK_DATE_LENGTH); /* the NUL is there */
    else
        kms_write_sdk_date(s->date, now);
    s->adds_date = date == NULL;
    s->adds_token = token == NULL && own_token.data != NULL;
    if (host == NULL)
        append_header(headers, KMS_LITERAL("Host"), request->host);
    if (s->adds_date)
        append_header(headers, KMS_LITERAL("X-Sdk-Date"),
                      (kms_slice){s->date, KMS_SDK_DATE_LENGTH});
    if (s->adds_token)
        append_header(headers, KMS_LITERAL("X-Security-Token"), own_token);
    return true;
}

/* What follows in the canonical request may take `limit` bytes of it. */
static kms_buffer *open_part(kms_huawei_signature *s, size_t limit)
{
    s->canonical_request.limit = s->canonical_request.length + limit;
    return &s->canonical_request;
}

static int by_name_then_value(const void *left, const void *right)
{
    const kms_pair *a = left, *b = right;
    int order = kms_compare(a->name, b->name);
    return order != 0 ? order : kms_compare(a->value, b->value);
}

/* Method, path and query. The guide's "canonical URI" is the path as sent, with a "/" at its end.
 * The query is ordered before it is encoded, as three of the vendor's four SDKs do; the guide
 * leaves it open. */
static bool canonical_target(kms_huawei_signature *s, const kms_request *request,
                             kms_sign_error *error)
{
    const kms_pairs *query = &request->query;
    kms_buffer *out = open_part(s, KMS_METHOD_LIMIT + 1);
    add(out, request->method);
    kms_buffer_append_char(out, '\n');
    size_t start = out->length;
    open_part(s, KMS_TARGET_LIMIT);
    if (!kms_encode_path(out, &request->path, error))
        return false;
    size_t sent = out->length - start;
    open_part(s, sizeof "/\n" - 1);
    if (out->data[out->length - 1] != '/')
        kms_buffer_append_char(out, '/');
    kms_buffer_append_char(out, '\n');
    if (query->count > 0)
        qsort(query->items, query->count, sizeof query->items[0], by_name_then_value);
    open_part(s, sent < KMS_TARGET_LIMIT ? KMS_TARGET_LIMIT - sent - 1 : 0);
    if (!kms_check_buffer(error, "path", out, KMS_TARGET_LIMIT) ||
        !kms_encode_query(out, query, error))
        return false;
    kms_buffer_append_char(open_part(s, 1), '\n');
    return true;
}

/* By insertion at the place that bisection finds: there are few. */
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

/* A line for each header, an empty line, and a line of their names. */
static bool canonical_headers(kms_huawei_signature *s, kms_pairs *headers, kms_sign_error *error)
{
    kms_buffer *out = open_part(s, KMS_HEADERS_LIMIT);
    sort_headers(headers);
    for (size_t i = 0; i < headers->count; i++) {
        const kms_pair *header = &headers->items[i];
        if (i > 0 && compare_names(header[-1].name, header->name) == 0)
            return kms_refuse(error, "headers", "headers: %.*s is given more than once",
                              (int)(header->name.length < 64 ? header->name.length : 64),
                              header->name.data);
        if (i > 0)
            kms_buffer_append_char(&s->signed_headers, ';');
        size_t start = s->signed_headers.length;
        if (kms_buffer_append_lower(&s->signed_headers, header->name.data, header->name.length))
            kms_buffer_append(out, s->signed_headers.data + start, header->name.length);
        kms_buffer_append_char(out, ':');
        add(out, header->value);
        kms_buffer_append_char(out, '\n');
    }
    if (!kms_check_buffer(error, "headers", &s->signed_headers, KMS_HEADERS_LIMIT))
        return false;
    open_part(s, s->signed_headers.length + 2);
    kms_buffer_append_char(out, '\n');
    kms_buffer_append(out, s->signed_headers.data, s->signed_headers.length);
    kms_buffer_append_char(out, '\n');
    return kms_check_buffer(error, "headers", out, KMS_HEADERS_LIMIT);
}

/* A header X-Sdk-Content-Sha256 (or -Sm3) stands for the hash; "UNSIGNED-PAYLOAD" is one of its
 * values. */
static bool payload_hash(kms_huawei_signature *s, kms_digest *digest, const kms_request *request,
                         kms_sign_error *error)
{
    char hash[KMS_HASH_HEX + 1];
    if (request->body.length > KMS_BODY_LIMIT)
        return kms_refuse(error, "body", "body: %zu bytes long; at most %d can be signed",
                          request->body.length, KMS_BODY_LIMIT);
    const kms_pair *given = find_header(&request->headers, text(s->algorithm->content_header));
    if (given == NULL && !kms_hash_hex(digest, s->algorithm->hash, request->body, hash)) {
        error->status = KMS_SIGN_NO_CRYPTO;
        return false;
    }
    kms_buffer *out = open_part(s, KMS_HEADER_LIMIT);
    add(out, given != NULL ? given->value : (kms_slice){hash, KMS_HASH_HEX});
    kms_wipe(hash, sizeof hash);
    return kms_check_buffer(error, "headers", out, KMS_HEADER_LIMIT);
}

static bool string_to_sign(kms_huawei_signature *s, kms_digest *digest, kms_sign_error *error)
{
    char hash[KMS_HASH_HEX + 1];
    kms_slice request = {s->canonical_request.data, s->canonical_request.length};
    if (!kms_hash_hex(digest, s->algorithm->hash, request, hash)) {
        error->status = KMS_SIGN_NO_CRYPTO;
        return false;
    }
    kms_buffer_append_string(&s->string_to_sign, s->algorithm->name);
    kms_buffer_append_char(&s->string_to_sign, '\n');
    kms_buffer_append(&s->string_to_sign, s->date, KMS_SDK_DATE_LENGTH);
    kms_buffer_append_char(&s->string_to_sign, '\n');
    kms_buffer_append(&s->string_to_sign, hash, KMS_HASH_HEX);
    return kms_check_buffer(error, "headers", &s->string_to_sign, STRING_TO_SIGN_LIMIT);
}

/* The secret key is the HMAC key as it stands: this scheme derives none. */
static bool signature(kms_huawei_signature *s, kms_digest *digest,
                      const kms_credentials *credentials, kms_sign_error *error)
{
    const kms_slice signed_text = {s->string_to_sign.data, s->string_to_sign.length};
    if (kms_hmac_hex(digest, s->algorithm->hash, credentials->kept, credentials->secret_key,
                     signed_text, s->signature))
        return true;
    error->status = KMS_SIGN_NO_CRYPTO;
    return false;
}

static bool authorization(kms_huawei_signature *s, kms_slice access_key, kms_sign_error *error)
{
    kms_buffer_append_string(&s->authorization, s->algorithm->name);
    kms_buffer_append_string(&s->authorization, " Access=");
    add(&s->authorization, access_key);
    kms_buffer_append_string(&s->authorization, ", SignedHeaders=");
    kms_buffer_append(&s->authorization, s->signed_headers.data, s->signed_headers.length);
    kms_buffer_append_string(&s->authorization, ", Signature=");
    kms_buffer_append(&s->authorization, s->signature, KMS_HASH_HEX);
    return kms_check_buffer(error, "headers", &s->authorization, KMS_HEADER_LIMIT);
}

void kms_huawei_init(kms_huawei_signature *s)
{
    memset(s, 0, sizeof *s);
    kms_buffer_init(&s->canonical_request, 0);
    kms_buffer_init(&s->signed_headers, KMS_HEADERS_LIMIT);
    kms_buffer_init(&s->string_to_sign, STRING_TO_SIGN_LIMIT);
    kms_buffer_init(&s->authorization, KMS_HEADER_LIMIT);
}

bool kms_huawei_sign(kms_huawei_signature *s, kms_digest *digest, kms_request *request,
                     const kms_credentials *credentials, int64_t now, kms_sign_error *error)
{
    kms_pairs *headers = &request->headers;
    kms_digest_begin();
    bool signs = choose_algorithm(s, digest, request->algorithm, error) &&
                 kms_check_method(error, request->method) && kms_check_keys(error, credentials) &&
                 check_headers(error, headers) &&
                 complete_headers(s, request, credentials, now, error) &&
                 canonical_target(s, request, error) && canonical_headers(s, headers, error) &&
                 payload_hash(s, digest, request, error) && string_to_sign(s, digest, error) &&
                 signature(s, digest, credentials, error) &&
                 authorization(s, credentials->access_key, error);
    kms_digest_end();
    return signs;
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
