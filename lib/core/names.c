#include "names.h"

#include <string.h>

int jt_names_init(jt_names *names, jt_arena *arena, int32_t capacity)
{
    uint32_t n_slots = 2;
    while (n_slots < 2 * (uint32_t)capacity)
        n_slots *= 2;
    names->n = 0;
    names->mask = n_slots - 1;
    names->names = jt_arena_take(arena, (size_t)capacity, sizeof *names->names);
    names->slots = jt_arena_take(arena, n_slots, sizeof *names->slots);
    return names->names && names->slots;
}

/* The slot where a name is, or the empty one where it would go; half of the slots are always empty. */
static uint32_t slot_of(const jt_names *names, const char *name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const char *byte = name; *byte; byte++)
        hash = (hash ^ (unsigned char)*byte) * 16777619u;
    uint32_t slot = hash & names->mask;
    while (names->slots[slot] && strcmp(names->names[names->slots[slot] - 1], name) != 0)
        slot = (slot + 1) & names->mask;
    return slot;
}

int32_t jt_names_add(jt_names *names, const char *name)
{
    uint32_t slot = slot_of(names, name);
    if (names->slots[slot])
        return -1;
    names->names[names->n] = name;
    names->slots[slot] = ++names->n;
    return names->n - 1;
}

int32_t jt_names_find(const jt_names *names, const char *name)
{
    return names->slots[slot_of(names, name)] - 1;
}
