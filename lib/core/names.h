/* Names to numbers: 0, 1, 2, ... in the order in which they were added. */
#ifndef JT_CORE_NAMES_H
#define JT_CORE_NAMES_H

#include "arena.h"

typedef struct jt_names {
    int32_t n;
    const char **names;
    uint32_t mask;  /* number of slots less one, a power of two less one */
    int32_t *slots; /* 1 + number of a name, 0 when empty */
} jt_names;

/* Room for `capacity` names (at most 2^28), which are pointed to, not copied. 0 when there is no memory. */
int jt_names_init(jt_names *names, jt_arena *arena, int32_t capacity);

/* Number of a new name; -1 when it is there already. No more names than the capacity may be added. */
int32_t jt_names_add(jt_names *names, const char *name);

/* Number of a name, -1 when it is not there. */
int32_t jt_names_find(const jt_names *names, const char *name);

#endif /* JT_CORE_NAMES_H */
