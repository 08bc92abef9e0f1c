/* Percent-encodes the path and the query of a request target. */
#ifndef KMS_PERCENT_ENCODE_H
#define KMS_PERCENT_ENCODE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "sign/error.h"
#include "sign/request.h"

/* Every function appends to `out`, and returns false with `error` set if the input is not valid.
 * Unreserved bytes (RFC 3986 section 2.3) stay as they are, all others are encoded. Text must be
 * UTF-8 without NUL. Nothing depends on the locale. */

/* A path given as text must start with "/"; empty text means "/". Its dot segments are removed
 * (RFC 3986 section 5.2.4), repeated slashes stay. A segment of a list must not be "", "." or "..",
 * because no encoding keeps a server from taking these as structure. */
bool kms_percent_encode_path(kms_buffer *out, const kms_path *path, kms_sign_error *error);

/* name=value pairs, joined with "&" in the given order. */
bool kms_percent_encode_query(kms_buffer *out, const kms_pairs *query, kms_sign_error *error);

/* The path; if the query is not empty, then "?" and the query. */
bool kms_percent_encode_target(kms_buffer *out, const kms_path *path, const kms_pairs *query,
                               kms_sign_error *error);

#endif
