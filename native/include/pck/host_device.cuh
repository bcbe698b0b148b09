// Marks functions that both sides of the border run: plain inline functions for a C++ compiler, host and device functions for nvcc.
#pragma once

#if defined(__CUDACC__)
#define PCK_HOST_DEVICE __host__ __device__ __forceinline__
#else
#define PCK_HOST_DEVICE inline
#endif
