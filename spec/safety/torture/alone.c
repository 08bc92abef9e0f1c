/* Preloaded after the run-time library of a sanitizer, so that child processes run without it. */
#include <stdlib.h>

__attribute__((constructor)) static void clear_preload(void)
{
    unsetenv("LD_PRELOAD");
}
