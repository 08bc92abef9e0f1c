/* Percent-encodes the path and the query of a request target. */
#ifndef KMS_PERCENT_ENCODE_H
#define KMS_PERCENT_ENCODE_H

#include "sign/signer.h"

/* Appends the request's target to the stage KMS_TARGET; if it has none, the path, then "?" and the
 * query if it is not empty.
 * Returns false with the error set if a text is not UTF-8 without NUL, or the target is too long.
 *
 * Unreserved bytes (RFC 3986 section 2.3) stay as they are, all others are encoded. A path given as
 * text must start with "/"; empty text means "/". Its dot segments are removed (RFC 3986 section
 * 5.2.4), repeated slashes stay. A segment of a list must not be "", "." or "..", because no
 * encoding keeps a server from taking these as structure. The query is name=value pairs, joined
 * with "&" in the order of the request. Nothing depends on the locale. */
bool kms_percent_encode_target(kms_signer *signer);

#endif
