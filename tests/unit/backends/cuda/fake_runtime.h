/* What the two files of the false runtime share. */
#ifndef JT_TESTS_CUDA_FAKE_RUNTIME_H
#define JT_TESTS_CUDA_FAKE_RUNTIME_H

#include <cuda_runtime_api.h>

#include "fake.h"

/* What a call that may fail gives: counted, and an error when it is this one's turn. */
cudaError_t fake_outcome(void);
/* Counts one more; only from within a task. */
void fake_kernel_ran(void);

#endif /* JT_TESTS_CUDA_FAKE_RUNTIME_H */
