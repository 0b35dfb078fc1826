/* What the two files of the false runtime share. */
#ifndef JT_TESTS_CUDA_FAKE_RUNTIME_H
#define JT_TESTS_CUDA_FAKE_RUNTIME_H

#include <cuda_runtime_api.h>

#include "fake.h"

/* What a call that may fail gives: counted, and an error when it is this one's turn. */
cudaError_t fake_outcome(void);
/* Bytes that a block may share at most, when it has been asked for them. */
int fake_most_shared(void);
/* Nothing else happens in between: streams, blocks of memory, counts. */
void fake_enter(void);
void fake_leave(void);
/* What may be done with device memory, as for mprotect; between the two. */
void fake_protect(int how);
/* All that the default stream was given. */
void fake_run_default(void);
/* Counts one more; only from within a task. */
void fake_kernel_ran(void);

#endif /* JT_TESTS_CUDA_FAKE_RUNTIME_H */
