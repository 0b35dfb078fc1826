/* Structs that begin with their size, across versions of the header. */
#ifndef JT_CORE_SIZED_H
#define JT_CORE_SIZED_H

#include <stddef.h>

/*
 * Take the caller's struct into one of today's size: fields that the caller does not know become zero, fields that we
 * do not know are left out. 0 when its size cannot be right (smaller than the size field itself), else 1.
 */
int jt_sized_read(void *ours, size_t our_size, const void *theirs);

/* Give a struct of ours to the caller, as much as it has room for, keeping its size field. Likewise. */
int jt_sized_write(void *theirs, const void *ours, size_t our_size);

#endif /* JT_CORE_SIZED_H */
