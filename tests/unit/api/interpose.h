/*
 * The C library's allocator and thread starter with counters in front, for a whole process: also what libcjson, a
 * backend's module or the dynamic loader take is seen. For programs without a sanitizer, which has an allocator itself.
 */
#ifndef JT_TESTS_INTERPOSE_H
#define JT_TESTS_INTERPOSE_H

typedef struct interposed {
    long allocations; /* calls that take memory, mmap among them */
    long releases;    /* free of something */
    long threads;     /* started */
} interposed;

/* What was counted since the process began. */
interposed interposed_now(void);

/*
 * From now on allocation number `k` (from 1) fails, with `forever` every one after it as well; k = 0: none does.
 * Returns how many were asked for since the last call.
 */
long interposed_fail_at(long k, int forever);

#endif /* JT_TESTS_INTERPOSE_H */
