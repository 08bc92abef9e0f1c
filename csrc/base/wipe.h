/* Overwrites memory that held a secret. */
#ifndef KMS_WIPE_H
#define KMS_WIPE_H

#include <stddef.h>
#include <string.h>

/* The empty asm tells the compiler that the zeros are read, so it cannot drop the memset. Unlike
 * explicit_bzero, a short wipe stays inline. */
static inline void kms_wipe(void *memory, size_t length)
{
    memset(memory, 0, length);
    __asm__ volatile("" : : "r"(memory) : "memory");
}

#endif
