/* Reads the clocks. */
#ifndef KMS_CLOCK_H
#define KMS_CLOCK_H

/* Unix time in seconds, with the resolution of the clock. */
double kms_now(void);

/* Monotonic time in seconds. */
double kms_monotonic(void);

/* Seconds as milliseconds, at most INT_MAX. Rounded up, because a wait that ends too early would be
 * repeated at once. */
int kms_to_milliseconds(double seconds);

#endif
