/* Whatever allocation fails while a graph is built: the status says so, and nothing is left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "toy_network.h"

typedef struct heap {
    int taken, live, fail_at;
} heap;

static void *heap_take(void *user, size_t bytes)
{
    heap *h = user;
    if (++h->taken == h->fail_at)
        return NULL;
    h->live++;
    return malloc(bytes);
}

static void heap_release(void *user, void *memory)
{
    heap *h = user;
    h->live--;
    free(memory);
}

/* All that is taken is too large to share a block (8 KiB): each piece is an allocation of its own. */
static toy *large_network(void)
{
    enum { BLOCKS = 48 };
    toy *t = toy_new((jt_shape){2, 2, 2}, 0, 2);
    char name[16], before[16] = "image";
    for (int i = 0; i < BLOCKS; i++) {
        snprintf(name, sizeof name, "b%d", i);
        jt_layer_spec *l = toy_layer(t, "mbconv", name, before);
        l->parameters.channels = l->parameters.expansion = 2;
        l->parameters.squeeze = 1;
        toy_tensors(t, l, 2);
        strcpy(before, name);
    }
    jt_layer_spec *l = toy_layer(t, "conv2d", "many", before);
    l->parameters.channels = 2100;
    l->parameters.batch_norm = 1;
    toy_tensors(t, l, 2);
    l = toy_layer(t, "depthwise_conv2d", "depth", "many");
    l->parameters.bias = 1;
    toy_tensors(t, l, 2100);
    toy_layer(t, "global_average", "mean", "depth");
    l = toy_layer(t, "dense", "logits", "mean");
    l->parameters.units = 2;
    toy_tensors(t, l, 2100);
    return t;
}

static void every_allocation_fails_in_turn(void **state)
{
    (void)state;
    toy *t = large_network();
    heap h = {0};
    t->arena.host = (jt_host){heap_take, heap_release, &h, NULL, NULL};
    toy_graph(t);
    int needed = h.taken;
    assert_true(needed >= 9); /* ops, values, slots; five of weights and biases; a block to share */
    for (int k = 1; k <= needed; k++) {
        h.taken = 0;
        h.fail_at = k;
        assert_int_equal(toy_build(t), JT_ERROR_MEMORY);
        assert_in_range(h.taken, k, k + 4);
        assert_int_equal(t->error.status, JT_ERROR_MEMORY);
        assert_true(strlen(t->error.text) > 10);
        jt_arena_free(&t->arena.host, t->arena.blocks);
        t->arena.blocks = NULL;
        assert_int_equal(h.live, 0);
    }
    h.fail_at = 0;
    toy_graph(t);
    toy_free(t);
    assert_int_equal(h.live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_fails_in_turn),
    };
    return cmocka_run_group_tests_name("graph memory", tests, NULL, NULL);
}
