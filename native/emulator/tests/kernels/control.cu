// Calls, recursion, branches, local memory, constants, structures by value.
#define KERNEL extern "C" __global__ void

struct Twelve {
    float values[12];
    int count;
};

__constant__ float primes[8] = {1, 2, 3, 5, 7, 11, 13, 17};
__device__ float halvings[4] = {0.5f, 0.25f, 0.125f, 0.0625f};
__device__ int calls;
__device__ const float* pointer_to_halvings = halvings;

namespace {

__device__ __noinline__ float horner(float x, int n, const float* coefficients) {
    float r = 0;
    for (int i = n; i-- > 0;)
        r = r * x + coefficients[i];
    return r;
}

__device__ __noinline__ int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

__device__ __noinline__ Twelve multiples(float x, int n) {
    Twelve t;
    for (int i = 0; i < 12; ++i)
        t.values[i] = x * i;
    t.count = n;
    return t;
}

} // namespace

KERNEL mixture(int n, const float* x, float* out, Twelve argument) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    const float v = x[i];
    float r;
    switch (i % 9) {
    case 0: r = v + 1; break;
    case 1: r = v * v; break;
    case 2: r = v / 3; break;
    case 3: r = horner(v, 8, primes); break;
    case 4: r = -v; break;
    case 5: r = sqrtf(fabsf(v)); break;
    case 6: r = floorf(v * 8); break;
    case 7: r = fminf(v, 0.1f); break;
    default: r = 42;
    }
    float local[16];
    for (int k = 0; k < 16; ++k)
        local[k] = v * k + pointer_to_halvings[k % 4];
    const int j = static_cast<int>(fabsf(v) * 1000) % 16;
    for (int k = 0; k < 5; ++k)
        local[(j + k) % 16] += local[(j * 3 + k) % 16];
    r += local[(j + 7) % 16];
    const Twelve t = multiples(v, i);
    r += t.values[(j + 2) % 12] + t.count % 3;
    r += fibonacci(i % 7) + argument.values[j % 12] + argument.count;
    atomicAdd(&calls, 1);
    out[i] = r;
}

// A dense switch with side effects.
KERNEL cases(int n, const int* x, int* out) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    int r = x[i];
    switch (r) {
    case 0: r = atomicAdd(out + n, 1) * 0 + 5; break;
    case 1: r = r * i + 3; atomicExch(out + n + 1, 7); break;
    case 2:
        for (int k = 0; k < i; ++k)
            r = r * 3 + k;
        break;
    case 3: r = __popc(i) + 100; break;
    case 4: r = i / 7; break;
    case 5: r = x[0] + i; break;
    case 6: r = -i; break;
    case 7: r = i % 5; break;
    case 8: r = i * i * i; break;
    case 9: r = i ^ 0x55; break;
    default: r = -1;
    }
    out[i] = r;
}
