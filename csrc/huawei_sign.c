/* Huawei Cloud's request signatures; see huawei_sign.h. */
#include "huawei_sign.h"

#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "http_syntax.h"

static const kms_huawei_algorithm ALGORITHMS[] = {
    {"SDK-HMAC-SHA256", KMS_SHA256, "x-sdk-content-sha256"},
    {"SDK-HMAC-SM3", KMS_SM3, "x-sdk-content-sm3"},
};

enum {
    /* More than the ceilings of the parts together: method, target, headers, their names, payload
       hash. */
    CANONICAL_LIMIT = KMS_TARGET_LIMIT + 3 * KMS_HEADERS_LIMIT + 1024,
    STRING_TO_SIGN_LIMIT = 256
};

static void add(kms_buffer *buffer, kms_slice slice)
{
    kms_buffer_add(buffer, slice.data, slice.length);
}

static kms_slice contents(const kms_buffer *buffer)
{
    return (kms_slice){buffer->data, buffer->length};
}

static kms_slice text(const char *string)
{
    return (kms_slice){string, strlen(string)};
}

static int compare_names(kms_slice a, kms_slice b)
{
    for (size_t i = 0; i < a.length && i < b.length; i++) {
        int order = (unsigned char)kms_lower(a.data[i]) - (unsigned char)kms_lower(b.data[i]);
        if (order != 0)
            return order;
    }
    return (a.length > b.length) - (a.length < b.length);
}

static const kms_pair *find_header(const kms_pairs *headers, const char *name)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (kms_same(headers->items[i].name, name))
            return &headers->items[i];
    }
    return NULL;
}

static void append_header(kms_pairs *headers, kms_slice name, kms_slice value)
{
    headers->items[headers->count++] = (kms_pair){name, value};
}

static kms_slice trim(kms_slice value)
{
    while (value.length > 0 && (value.data[0] == ' ' || value.data[0] == '\t')) {
        value.data++;
        value.length--;
    }
    while (value.length > 0 &&
           (value.data[value.length - 1] == ' ' || value.data[value.length - 1] == '\t'))
        value.length--;
    return value;
}

/* RFC 9110: a name is a token (section 5.1), a value has no control character but tab
 * (section 5.5). */
static bool check_header(kms_sign_error *error, const kms_pair *header, size_t index)
{
    kms_slice name = header->name, value = header->value;
    size_t valid = kms_span(name, KMS_TOKEN);
    if (name.length == 0)
        return kms_refuse(error, "headers", "headers[%zu].name: empty", index);
    if (valid < name.length)
        return kms_refuse(error, "headers",
                          "headers[%zu].name: byte 0x%02x at position %zu of %zu is not of a token",
                          index, (unsigned char)name.data[valid], valid + 1, name.length);
    if (value.length > KMS_HEADER_LIMIT)
        return kms_refuse(error, "headers", "headers[%zu].value: %zu bytes long; at most %d fit",
                          index, value.length, KMS_HEADER_LIMIT);
    for (size_t i = 0; i < value.length; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return kms_refuse(
                error, "headers",
                "headers[%zu].value: byte 0x%02x at position %zu of %zu cannot be sent", index, c,
                i + 1, value.length);
    }
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
        headers->items[i].value = trim(headers->items[i].value);
    }
    if (find_header(headers, "authorization") != NULL)
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
        if (name.length != strlen(ALGORITHMS[i].name) ||
            memcmp(name.data, ALGORITHMS[i].name, name.length) != 0)
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
    const kms_pair *host = find_header(headers, "host");
    const kms_pair *date = find_header(headers, "x-sdk-date");
    const kms_pair *token = find_header(headers, "x-security-token");
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
        append_header(headers, KMS_LITERAL("X-Sdk-Date"), text(s->date));
    if (s->adds_token)
        append_header(headers, KMS_LITERAL("X-Security-Token"), own_token);
    return true;
}

/* The guide's "canonical URI": the path as sent, with a "/" at its end. */
static bool canonical_path(kms_huawei_signature *s, const kms_path *path, kms_sign_error *error)
{
    s->path.limit = KMS_TARGET_LIMIT;
    if (!kms_encode_path(&s->path, path, error))
        return false;
    size_t sent = s->path.length;
    s->query.limit = sent < KMS_TARGET_LIMIT ? KMS_TARGET_LIMIT - sent - 1 : 0;
    s->path.limit = KMS_TARGET_LIMIT + 1;
    if (s->path.data[sent - 1] != '/')
        kms_buffer_add_char(&s->path, '/');
    return kms_check_buffer(error, "path", &s->path, KMS_TARGET_LIMIT);
}

static int by_name_then_value(const void *left, const void *right)
{
    const kms_pair *a = left, *b = right;
    int order = kms_compare(a->name, b->name);
    return order != 0 ? order : kms_compare(a->value, b->value);
}

/* Ordered before encoding, as three of the vendor's four SDKs do; the guide leaves it open. */
static bool canonical_query(kms_huawei_signature *s, kms_pairs *query, kms_sign_error *error)
{
    if (query->count > 0)
        qsort(query->items, query->count, sizeof query->items[0], by_name_then_value);
    return kms_encode_query(&s->query, query, error);
}

static int by_header_name(const void *left, const void *right)
{
    const kms_pair *a = left, *b = right;
    return compare_names(a->name, b->name);
}

static bool canonical_headers(kms_huawei_signature *s, kms_pairs *headers, kms_sign_error *error)
{
    qsort(headers->items, headers->count, sizeof headers->items[0], by_header_name);
    for (size_t i = 0; i < headers->count; i++) {
        const kms_pair *header = &headers->items[i];
        if (i > 0 && by_header_name(header - 1, header) == 0)
            return kms_refuse(error, "headers", "headers: %.*s is given more than once",
                              (int)(header->name.length < 64 ? header->name.length : 64),
                              header->name.data);
        if (i > 0)
            kms_buffer_add_char(&s->signed_headers, ';');
        size_t start = s->headers.length;
        if (kms_buffer_add_lower(&s->headers, header->name.data, header->name.length))
            kms_buffer_add(&s->signed_headers, s->headers.data + start, header->name.length);
        kms_buffer_add_char(&s->headers, ':');
        add(&s->headers, header->value);
        kms_buffer_add_char(&s->headers, '\n');
    }
    return kms_check_buffer(error, "headers", &s->headers, KMS_HEADERS_LIMIT) &&
           kms_check_buffer(error, "headers", &s->signed_headers, KMS_HEADERS_LIMIT);
}

/* A header X-Sdk-Content-Sha256 (or -Sm3) stands for the hash; "UNSIGNED-PAYLOAD" is one of its
 * values. */
static bool payload_hash(kms_huawei_signature *s, kms_digest *digest, const kms_request *request,
                         kms_sign_error *error)
{
    if (request->body.length > KMS_BODY_LIMIT)
        return kms_refuse(error, "body", "body: %zu bytes long; at most %d can be signed",
                          request->body.length, KMS_BODY_LIMIT);
    const kms_pair *given = find_header(&request->headers, s->algorithm->content_header);
    if (given != NULL) {
        s->payload_hash = given->value;
        return true;
    }
    if (!kms_hash_hex(digest, s->algorithm->hash, request->body, s->body_hash)) {
        error->status = KMS_SIGN_NO_CRYPTO;
        return false;
    }
    s->payload_hash = text(s->body_hash);
    return true;
}

static bool canonical_request(kms_huawei_signature *s, kms_slice method, kms_sign_error *error)
{
    /* The header block ends in a line end of its own, hence the empty line after it. */
    const kms_slice lines[] = {method,
                               contents(&s->path),
                               contents(&s->query),
                               contents(&s->headers),
                               contents(&s->signed_headers),
                               s->payload_hash};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (i > 0)
            kms_buffer_add_char(&s->canonical_request, '\n');
        add(&s->canonical_request, lines[i]);
    }
    return kms_check_buffer(error, "headers", &s->canonical_request, CANONICAL_LIMIT);
}

static bool string_to_sign(kms_huawei_signature *s, kms_digest *digest, kms_sign_error *error)
{
    char hash[KMS_HASH_HEX + 1];
    if (!kms_hash_hex(digest, s->algorithm->hash, contents(&s->canonical_request), hash)) {
        error->status = KMS_SIGN_NO_CRYPTO;
        return false;
    }
    kms_buffer_add_string(&s->string_to_sign, s->algorithm->name);
    kms_buffer_add_char(&s->string_to_sign, '\n');
    kms_buffer_add_string(&s->string_to_sign, s->date);
    kms_buffer_add_char(&s->string_to_sign, '\n');
    kms_buffer_add_string(&s->string_to_sign, hash);
    return kms_check_buffer(error, "headers", &s->string_to_sign, STRING_TO_SIGN_LIMIT);
}

/* The secret key is the HMAC key as it stands: this scheme derives none. */
static bool signature(kms_huawei_signature *s, kms_digest *digest, kms_slice secret_key,
                      kms_sign_error *error)
{
    if (kms_hmac_hex(digest, s->algorithm->hash, secret_key, contents(&s->string_to_sign),
                     s->signature))
        return true;
    error->status = KMS_SIGN_NO_CRYPTO;
    return false;
}

static bool authorization(kms_huawei_signature *s, kms_slice access_key, kms_sign_error *error)
{
    kms_buffer_add_string(&s->authorization, s->algorithm->name);
    kms_buffer_add_string(&s->authorization, " Access=");
    add(&s->authorization, access_key);
    kms_buffer_add_string(&s->authorization, ", SignedHeaders=");
    add(&s->authorization, contents(&s->signed_headers));
    kms_buffer_add_string(&s->authorization, ", Signature=");
    kms_buffer_add_string(&s->authorization, s->signature);
    return kms_check_buffer(error, "headers", &s->authorization, KMS_HEADER_LIMIT);
}

void kms_huawei_init(kms_huawei_signature *s)
{
    memset(s, 0, sizeof *s);
    kms_buffer_init(&s->path, KMS_TARGET_LIMIT);
    kms_buffer_init(&s->query, KMS_TARGET_LIMIT);
    kms_buffer_init(&s->headers, KMS_HEADERS_LIMIT);
    kms_buffer_init(&s->signed_headers, KMS_HEADERS_LIMIT);
    kms_buffer_init(&s->canonical_request, CANONICAL_LIMIT);
    kms_buffer_init(&s->string_to_sign, STRING_TO_SIGN_LIMIT);
    kms_buffer_init(&s->authorization, KMS_HEADER_LIMIT);
}

bool kms_huawei_sign(kms_huawei_signature *s, kms_digest *digest, kms_request *request,
                     const kms_credentials *credentials, int64_t now, kms_sign_error *error)
{
    kms_digest_begin();
    bool signs =
        choose_algorithm(s, digest, request->algorithm, error) &&
        kms_check_method(error, request->method) && kms_check_keys(error, credentials) &&
        check_headers(error, &request->headers) &&
        complete_headers(s, request, credentials, now, error) &&
        canonical_path(s, &request->path, error) && canonical_query(s, &request->query, error) &&
        canonical_headers(s, &request->headers, error) && payload_hash(s, digest, request, error) &&
        canonical_request(s, request->method, error) && string_to_sign(s, digest, error) &&
        signature(s, digest, credentials->secret_key, error) &&
        authorization(s, credentials->access_key, error);
    kms_digest_end();
    return signs;
}

static void for_each_buffer(kms_huawei_signature *s, void (*act)(kms_buffer *))
{
    kms_buffer *const buffers[] = {&s->path,
                                   &s->query,
                                   &s->headers,
                                   &s->signed_headers,
                                   &s->canonical_request,
                                   &s->string_to_sign,
                                   &s->authorization};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        act(buffers[i]);
}

static void wipe_texts(kms_huawei_signature *s)
{
    kms_wipe(s->date, sizeof s->date);
    kms_wipe(s->body_hash, sizeof s->body_hash);
    kms_wipe(s->signature, sizeof s->signature);
}

void kms_huawei_clear(kms_huawei_signature *s)
{
    for_each_buffer(s, kms_buffer_clear);
    wipe_texts(s);
}

void kms_huawei_free(kms_huawei_signature *s)
{
    for_each_buffer(s, kms_buffer_free);
    wipe_texts(s);
}
