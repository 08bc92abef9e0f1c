/* Reads the clocks; see clock.h. */
#include "base/clock.h"

#include <limits.h>
#include <time.h>

static double read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double kms_now(void)
{
    return read_clock(CLOCK_REALTIME);
}

double kms_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int kms_to_milliseconds(double seconds)
{
    const double exact = seconds * 1000;
    const int whole = exact < INT_MAX - 1 ? (int)exact : INT_MAX - 1;
    return (double)whole < exact ? whole + 1 : whole;
}
