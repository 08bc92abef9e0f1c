/* Byte classes of HTTP syntax; see syntax.h. */
#include "http/syntax.h"

enum {
    F = KMS_SYNTAX_FIELD_VALUE,
    V = F | KMS_SYNTAX_VISIBLE,
    T = V | KMS_SYNTAX_TOKEN,
    U = T | KMS_SYNTAX_UNRESERVED,
    L = U | KMS_SYNTAX_HOST_NAME, /* letters */
    D = L | KMS_SYNTAX_DIGIT
};

/* clang-format off */
const unsigned char KMS_SYNTAX_CLASSES[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, F, 0, 0, 0, 0, 0, 0, /* tab is the only control character */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    F, T, V, T, T, T, T, T, V, V, T, T, V, L, L, V, /*  !"#$%&'()*+,-./ */
    D, D, D, D, D, D, D, D, D, D, V, V, V, V, V, V, /* 0123456789:;<=>? */
    V, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, /* @ABCDEFGHIJKLMNO */
    L, L, L, L, L, L, L, L, L, L, L, V, V, V, T, L, /* PQRSTUVWXYZ[\]^_ */
    T, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, /* `abcdefghijklmno */
    L, L, L, L, L, L, L, L, L, L, L, V, T, V, U, 0, /* pqrstuvwxyz{|}~ */
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, /* outside ASCII */
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F,
};
/* clang-format on */

bool kms_syntax_split_header(kms_slice line, kms_slice *name, kms_slice *value)
{
    *name = (kms_slice){line.data, kms_syntax_span(line, KMS_SYNTAX_TOKEN)};
    if (name->length == 0 || name->length == line.length || line.data[name->length] != ':')
        return false;
    *value =
        kms_ascii_trim((kms_slice){line.data + name->length + 1, line.length - name->length - 1});
    return true;
}
