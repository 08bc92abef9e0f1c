/* Reads the clocks. */
#ifndef KMS_CLOCK_H
#define KMS_CLOCK_H

/* Unix time in seconds, with the resolution of the clock. */
double kms_now(void);

/* Monotonic time in seconds. */
double kms_monotonic(void);

#endif
