/* A network as the stages of one block (resident.h): whether it fits, which they are, and where each value lies. */
#ifndef JT_CUDA_STAGES_H
#define JT_CUDA_STAGES_H

#include "weights.h"

/*
 * Whether the plan's network goes through one block, on a GPU whose blocks may share so many bytes: then its n_stages
 * and shared are set, and how its weights lie. A network that does not fit is no error. None is with the environment
 * variable JETTAG_CUDA_STEPS, for comparing the two ways.
 */
jt_status jt_cuda_try_resident(jt_plan *plan, const jt_cuda_runtime *runtime, jt_why *why);

/* The stages of such a network, once its weights are on the device, sent there as well. */
jt_status jt_cuda_send_stages(jt_plan *plan, const jt_cuda_runtime *runtime, jt_why *why);

#endif /* JT_CUDA_STAGES_H */
