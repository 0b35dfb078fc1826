#include "builder.h"

#include <string.h>

enum { GRAIN = 16 }; /* offsets are multiples of it, in floats */

/* A stretch of working memory in use, by place. */
typedef struct slot {
    size_t offset, floats;
    int32_t last_use;
} slot;

static int32_t drop_dead(slot *slots, int32_t n, int32_t op)
{
    int32_t kept = 0;
    for (int32_t i = 0; i < n; i++)
        if (slots[i].last_use >= op)
            slots[kept++] = slots[i];
    return kept;
}

/* Where in the sorted list a new slot goes: before slot *place, in the smallest gap that holds it, else after the last.
 */
static size_t best_gap(const slot *slots, int32_t n, size_t floats, int32_t *place)
{
    size_t end = 0;
    size_t best = SIZE_MAX;
    size_t offset = 0;
    *place = n;
    for (int32_t i = 0; i < n; i++) {
        size_t gap = slots[i].offset - end;
        if (gap >= floats && gap < best) {
            best = gap;
            offset = end;
            *place = i;
        }
        end = slots[i].offset + slots[i].floats;
    }
    return best == SIZE_MAX ? end : offset;
}

jt_status jt_place_values(jt_value *values, int32_t n_ops, jt_arena *arena, size_t *working_floats)
{
    slot *slots = jt_arena_take(arena, (size_t)n_ops, sizeof *slots);
    if (!slots)
        return JT_ERROR_MEMORY;
    int32_t n = 0;
    size_t needed = 0;
    for (int32_t op = 0; op < n_ops; op++) {
        jt_value *value = &values[JT_FIRST_OUTPUT + op];
        size_t floats = (value->floats + GRAIN - 1) / GRAIN * GRAIN;
        int32_t place;
        /* What this op reads is still alive here: its last_use is this op or later. */
        n = drop_dead(slots, n, op);
        value->offset = best_gap(slots, n, floats, &place);
        memmove(slots + place + 1, slots + place, (size_t)(n - place) * sizeof *slots);
        slots[place] = (slot){value->offset, floats, value->last_use};
        n++;
        if (value->offset + floats > needed)
            needed = value->offset + floats;
    }
    *working_floats = needed;
    return JT_OK;
}
