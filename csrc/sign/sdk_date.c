/* The format of the header X-Sdk-Date; see sdk_date.h. */
#include "sign/sdk_date.h"

bool kms_sdk_date_is_valid(kms_slice text)
{
    static const char FORM[] = "00000000T000000Z";
    bool is_valid = text.length == KMS_SDK_DATE_LENGTH;
    for (size_t i = 0; is_valid && i < KMS_SDK_DATE_LENGTH; i++) {
        bool is_digit = text.data[i] >= '0' && text.data[i] <= '9';
        is_valid = FORM[i] == '0' ? is_digit : text.data[i] == FORM[i];
    }
    return is_valid;
}

static char *write_two_digits(char *out, uint32_t number)
{
    out[0] = (char)('0' + number / 10);
    out[1] = (char)('0' + number % 10);
    return out + 2;
}

/* Writes the date of a day, counted from 1970-01-01. Years start in March here, so that a leap day
 * is the last day of its year. Then four centuries have 146097 days, four years 1461 and five
 * months 153; only the last of each span may be shorter. */
static char *write_date(char *out, uint32_t day)
{
    enum { DAYS_BEFORE_1970 = 719468, CENTURIES_4 = 146097, YEARS_4 = 1461, MONTHS_5 = 153 };
    day += DAYS_BEFORE_1970; /* since March 1 of year 0 */
    uint32_t century = (4 * day + 3) / CENTURIES_4;
    day -= century * CENTURIES_4 / 4;
    uint32_t year = (4 * day + 3) / YEARS_4;
    day -= year * YEARS_4 / 4;
    uint32_t month = (5 * day + 2) / MONTHS_5; /* 0 is March */
    day -= (MONTHS_5 * month + 2) / 5;
    bool is_next_year = month >= 10; /* January and February */
    year += 100 * century + is_next_year;
    out = write_two_digits(out, year / 100);
    out = write_two_digits(out, year % 100);
    out = write_two_digits(out, is_next_year ? month - 9 : month + 3);
    return write_two_digits(out, day + 1);
}

void kms_sdk_date_write(char out[KMS_SDK_DATE_LENGTH + 1], int64_t milliseconds)
{
    uint64_t seconds = (uint64_t)milliseconds / 1000;
    uint32_t second = (uint32_t)(seconds % 86400);
    out = write_date(out, (uint32_t)(seconds / 86400));
    *out++ = 'T';
    out = write_two_digits(out, second / 3600);
    out = write_two_digits(out, second / 60 % 60);
    out = write_two_digits(out, second % 60);
    memcpy(out, "Z", 2);
}
