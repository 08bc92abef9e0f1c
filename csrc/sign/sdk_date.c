/* The form of a moment in the header X-Sdk-Date; see sdk_date.h. */
#include "sign/sdk_date.h"

#include <string.h>

bool kms_is_sdk_date(kms_slice text)
{
    static const char FORM[] = "00000000T000000Z";
    bool fits = text.length == KMS_SDK_DATE_LENGTH;
    for (size_t i = 0; fits && i < KMS_SDK_DATE_LENGTH; i++) {
        bool is_digit = text.data[i] >= '0' && text.data[i] <= '9';
        fits = FORM[i] == '0' ? is_digit : text.data[i] == FORM[i];
    }
    return fits;
}

static char *write_two(char *out, uint32_t number)
{
    out[0] = (char)('0' + number / 10);
    out[1] = (char)('0' + number % 10);
    return out + 2;
}

/* Writes the date of a day, counted from 1970-01-01. The calendar's years are taken to begin in
 * March: then a leap day is a year's last, four centuries have 146097 days, four years 1461 and
 * five months 153, each but for what is left over at the end of a longer span. */
static char *write_day(char *out, uint32_t day)
{
    enum { FROM_MARCH_OF_YEAR_0 = 719468, CENTURIES_4 = 146097, YEARS_4 = 1461, MONTHS_5 = 153 };
    day += FROM_MARCH_OF_YEAR_0;
    uint32_t century = (4 * day + 3) / CENTURIES_4;
    day -= century * CENTURIES_4 / 4;
    uint32_t year = (4 * day + 3) / YEARS_4;
    day -= year * YEARS_4 / 4;
    uint32_t month = (5 * day + 2) / MONTHS_5;
    day -= (MONTHS_5 * month + 2) / 5;
    bool next = month >= 10; /* January and February */
    year += 100 * century + next;
    out = write_two(out, year / 100);
    out = write_two(out, year % 100);
    out = write_two(out, next ? month - 9 : month + 3);
    return write_two(out, day + 1);
}

void kms_write_sdk_date(char out[KMS_SDK_DATE_LENGTH + 1], int64_t milliseconds)
{
    uint64_t seconds = (uint64_t)milliseconds / 1000;
    uint32_t second = (uint32_t)(seconds % 86400);
    out = write_day(out, (uint32_t)(seconds / 86400));
    *out++ = 'T';
    out = write_two(out, second / 3600);
    out = write_two(out, second / 60 % 60);
    out = write_two(out, second % 60);
    memcpy(out, "Z", 2);
}
