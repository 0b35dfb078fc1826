/* What the processor can do, as far as our kernels care. */
#ifndef JT_CORE_PROCESSOR_H
#define JT_CORE_PROCESSOR_H

/* Each includes those before it. */
typedef enum jt_processor {
    JT_PROCESSOR_PORTABLE = 0,
    JT_PROCESSOR_AVX2,  /* and FMA */
    JT_PROCESSOR_AVX512 /* F, BW, DQ and VL */
} jt_processor;

/*
 * The best that processor and operating system support, or less where the environment variable JETTAG_PROCESSOR says
 * `portable` or `avx2`: for tests, since it changes no score.
 */
jt_processor jt_processor_level(void);

#endif /* JT_CORE_PROCESSOR_H */
