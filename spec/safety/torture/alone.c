/* Preloaded after a sanitizer's run-time library: what this process starts is not sanitised too. */
#include <stdlib.h>

__attribute__((constructor)) static void alone(void)
{
    unsetenv("LD_PRELOAD");
}
