/* What time it is. */
#ifndef KMS_CLOCK_H
#define KMS_CLOCK_H

/* Unix time in seconds, to the clock's resolution. */
double kms_now(void);

/* Seconds since some moment, which nobody puts right. */
double kms_monotonic(void);

#endif
