/* Structs that begin with their size, between programs and libraries of different age. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/core/sized.h"

typedef struct older {
    size_t size;
    int32_t a;
} older;

typedef struct today {
    size_t size;
    int32_t a, b;
    double c;
} today;

typedef struct newer {
    size_t size;
    int32_t a, b;
    double c;
    double d;
} newer;

static void an_older_programs(void **state)
{
    (void)state;
    today ours = {7, 7, 7, 7};
    struct {
        older known;
        char behind[32];
    } theirs = {{sizeof(older), 3}, "not theirs"};
    assert_true(jt_sized_read(&ours, sizeof ours, &theirs));
    assert_int_equal(ours.size, sizeof ours);
    assert_int_equal(ours.a, 3);
    /* An older struct may end in padding; what lies in there is the caller's rubbish, which no rule can tell from b. */
    assert_true(ours.c == 0.0);

    today back = {0, 11, 12, 13};
    assert_true(jt_sized_write(&theirs, &back, sizeof back));
    assert_int_equal(theirs.known.size, sizeof(older));
    assert_int_equal(theirs.known.a, 11);
    assert_string_equal(theirs.behind, "not theirs");
}

static void a_newer_programs(void **state)
{
    (void)state;
    today ours = {0, 0, 0, 0};
    newer theirs = {sizeof theirs, 1, 2, 3, 4};
    assert_true(jt_sized_read(&ours, sizeof ours, &theirs));
    assert_int_equal(ours.size, sizeof ours);
    assert_true(ours.a == 1 && ours.b == 2 && ours.c == 3);

    today back = {0, 11, 12, 13};
    assert_true(jt_sized_write(&theirs, &back, sizeof back));
    assert_int_equal(theirs.size, sizeof theirs);
    assert_true(theirs.a == 11 && theirs.b == 12 && theirs.c == 13);
    assert_true(theirs.d == 4); /* what we do not know stays */
}

static void one_of_the_same_age(void **state)
{
    (void)state;
    today ours = {0, 0, 0, 0};
    today theirs = {sizeof theirs, 1, 2, 3};
    assert_true(jt_sized_read(&ours, sizeof ours, &theirs));
    assert_memory_equal(&ours, &theirs, sizeof ours);
    ours.b = 5;
    ours.size = 1;
    assert_true(jt_sized_write(&theirs, &ours, sizeof ours));
    assert_int_equal(theirs.size, sizeof theirs);
    assert_int_equal(theirs.b, 5);
}

/* Any size between: exactly that many bytes are touched. */
static void every_size(void **state)
{
    (void)state;
    for (size_t size = 0; size <= sizeof(newer) + 8; size++) {
        unsigned char theirs[sizeof(newer) + 16];
        today ours = {0, -1, -1, 1e300};
        memset(theirs, 0x5a, sizeof theirs);
        memcpy(theirs, &size, sizeof size);
        int written = jt_sized_write(theirs, &ours, sizeof ours);
        assert_int_equal(written, size > sizeof size);
        size_t kept;
        memcpy(&kept, theirs, sizeof kept);
        assert_int_equal(kept, size);
        size_t end = !written ? sizeof size : size < sizeof ours ? size : sizeof ours;
        assert_memory_equal(theirs + sizeof size, (unsigned char *)&ours + sizeof size, end - sizeof size);
        for (size_t i = end; i < sizeof theirs; i++)
            assert_int_equal(theirs[i], 0x5a);

        today taken;
        memset(&taken, 0x77, sizeof taken);
        assert_int_equal(jt_sized_read(&taken, sizeof taken, theirs), written);
        if (!written)
            continue;
        assert_int_equal(taken.size, sizeof taken);
        assert_memory_equal((unsigned char *)&taken + sizeof size, (unsigned char *)&ours + sizeof size,
                            end - sizeof size);
        for (size_t i = end; i < sizeof taken; i++)
            assert_int_equal(((unsigned char *)&taken)[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_older_programs),
        cmocka_unit_test(a_newer_programs),
        cmocka_unit_test(one_of_the_same_age),
        cmocka_unit_test(every_size),
    };
    return cmocka_run_group_tests_name("sized", tests, NULL, NULL);
}
