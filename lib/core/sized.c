#include "sized.h"

#include <string.h>

static size_t their_size(const void *theirs)
{
    size_t size;
    memcpy(&size, theirs, sizeof size);
    return size;
}

int jt_sized_read(void *ours, size_t our_size, const void *theirs)
{
    size_t size = their_size(theirs);
    if (size <= sizeof size)
        return 0;
    memset(ours, 0, our_size);
    memcpy(ours, theirs, size < our_size ? size : our_size);
    memcpy(ours, &our_size, sizeof our_size);
    return 1;
}

int jt_sized_write(void *theirs, const void *ours, size_t our_size)
{
    size_t size = their_size(theirs);
    if (size <= sizeof size)
        return 0;
    memcpy((char *)theirs + sizeof size, (const char *)ours + sizeof size,
           (size < our_size ? size : our_size) - sizeof size);
    return 1;
}
