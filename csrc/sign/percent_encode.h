/* Bytes on the wire: which may stand where, and how the others are written. Nothing depends on the
 * locale. Every function returns false with `error` filled when it refuses. */
#ifndef KMS_ENCODE_H
#define KMS_ENCODE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "sign/request.h"

/* Fills `error` as a refusal of `field` and returns false. Cold: else a compiler takes each of the
 * many checks for as likely to refuse as not, and what comes after them for hardly ever run, to be
 * made small rather than fast. */
bool kms_refuse(kms_sign_error *error, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));

/* What became of a buffer after any number of adds; too large is a refusal of `field`, which names
 * `limit`. */
bool kms_check_buffer(kms_sign_error *error, const char *field, const kms_buffer *buffer,
                      int limit);

/* A method: a token of bounded length. */
bool kms_check_method(kms_sign_error *error, kms_slice method);

/* Non-empty, visible ASCII without the bytes of `forbidden`, short enough for a header.
 * A refusal shows no more of the text than the byte that may not stand there. */
bool kms_check_visible(kms_sign_error *error, const char *field, kms_slice text,
                       const char *forbidden);

/* What both clouds ask of a key pair. The access key is written between commas in a header. */
bool kms_check_keys(kms_sign_error *error, const kms_credentials *credentials);

/* <0, 0 or >0, by the values of the bytes. */
int kms_compare(kms_slice a, kms_slice b);

/* The path of a request target. Text starts with "/" (empty stands for "/") and loses its dot
 * segments (RFC 3986 section 5.2.4); repeated slashes stay. A segment of a list is never empty, "."
 * or "..", for these cannot be written so that nobody reads them as structure. Only unreserved
 * bytes stand for themselves (RFC 3986 section 2.3); NUL and what is not UTF-8 is refused. */
bool kms_encode_path(kms_buffer *out, const kms_path *path, kms_sign_error *error);

/* name=value pairs joined with "&" in the order given, encoded as a path is. */
bool kms_encode_query(kms_buffer *out, const kms_pairs *query, kms_sign_error *error);

/* Path, and "?" with the query unless that is empty. */
bool kms_encode_target(kms_buffer *out, const kms_path *path, const kms_pairs *query,
                       kms_sign_error *error);

#endif
