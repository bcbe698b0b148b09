// libdevice's functions, narrow floats, integer operations, conversions: one element per thread, results side by side.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#define KERNEL extern "C" __global__ void

KERNEL functions(int n, const float* x, float* out) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    const float v = x[i], p = fabsf(v) + 1e-3f;
    const float results[] = {expf(v),   tanhf(v),  logf(p),  powf(p, 1.7f),   erff(v),   sinf(v),  cosf(v * 1000), sqrtf(p), rsqrtf(p),
                             log1pf(p), expm1f(v), 1.0f / p, fmodf(v, 0.37f), __expf(v), exp2f(v), roundf(v * 10), log2f(p), cbrtf(v)};
    for (int k = 0; k < 18; ++k)
        out[k * n + i] = results[k];
}

KERNEL functions_double(int n, const double* x, double* out) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    const double v = x[i], p = fabs(v) + 1e-3;
    const double results[] = {exp(v),       tanh(v), log(p),  pow(v < -1e3 ? v : p, 1.7), erf(v), sqrt(p), 1.0 / p,
                              rint(v * 10), sin(v),  rsqrt(p)};
    for (int k = 0; k < 10; ++k)
        out[k * n + i] = results[k];
}

// Approximate functions, and rounding in every direction.
KERNEL rounded(int n, const float* x, float* out) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    const float v = x[i], p = fabsf(v) + 0.1f;
    float tanh_approximate;
    asm("tanh.approx.f32 %0, %1;" : "=f"(tanh_approximate) : "f"(v));
    const float results[] = {__sinf(v),           __cosf(v),       __logf(p),          __powf(p, 1.5f),     __fdividef(v, 3),
                             __frcp_rn(p),        __fsqrt_rn(p),   __saturatef(v * 2), __fadd_rz(v, 1e-8f), __fadd_ru(v, 1e-8f),
                             __fadd_rd(v, 1e-8f), __fmul_rz(v, p), __fmaf_ru(v, p, v), truncf(v * 3),       ceilf(v * 3),
                             floorf(v * 3),       copysignf(p, v), tanh_approximate,   __fdiv_rd(v, p),     __fsqrt_ru(p),
                             fminf(v, 0.1f),      fmaxf(v, -0.0f), rintf(v * 7),       __frsqrt_rn(p)};
    for (int k = 0; k < 24; ++k)
        out[k * n + i] = results[k];
}

KERNEL halves(int n, const __half2* x, __half2* y, const __nv_bfloat162* u, __nv_bfloat162* v) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    const __half2 a = x[i];
    __half2 b = __hadd2(a, __float2half2_rn(0.5f));
    b = __hfma2(a, b, __hmul2(a, a));
    b = __hsub2(b, __hneg2(a));
    if (__hgt(__low2half(a), __high2half(a)))
        b = h2exp2(b);
    y[i] = __hmax2(b, __habs2(a));
    const __nv_bfloat162 c = u[i];
    __nv_bfloat162 d = __hadd2(c, __floats2bfloat162_rn(0.5f, -0.25f));
    d = __hfma2(c, d, __hmul2(c, c));
    if (__hlt(c.x, c.y))
        d = __hneg2(d);
    v[i] = __hmin2(__hsub2(d, c), __floats2bfloat162_rn(__bfloat162float(c.x) * 2, fabsf(__bfloat162float(c.y))));
}

KERNEL integers(int n, const int* x, long long* out) {
    const int i = threadIdx.x;
    if (i >= n)
        return;
    const int v = x[i];
    const unsigned u = v;
    const long long l = v * 1234567891011ll;
    const unsigned long long w = l;
    const short s = static_cast<short>(v);
    const unsigned short t = static_cast<unsigned short>(v);
    const long long results[] = {v / 7,
                                 v % 13,
                                 u / 10,
                                 __mulhi(v, v),
                                 __umulhi(u, 12345u),
                                 l / 1000003,
                                 static_cast<long long>(w % 997),
                                 __popcll(w),
                                 __clzll(w),
                                 l >> 5,
                                 static_cast<long long>(w << 3),
                                 __sad(v, i, 5u),
                                 min(v, i),
                                 max(u, 17u),
                                 abs(v),
                                 __funnelshift_l(u, u * 3, 7),
                                 __funnelshift_r(u, u * 3, i),
                                 __dp4a(v, i, 3),
                                 s + static_cast<signed char>(v) + static_cast<unsigned char>(v),
                                 __float2int_rz(v * 0.37f),
                                 __double2ll_rn(v * 1e3),
                                 __mul24(v, i),
                                 __hadd(v, i),
                                 __mul64hi(l, l),
                                 (v & i) + (v | i) + (v ^ i) + ~v,
                                 __vadd4(u, 0x01020304u),
                                 __ffs(v),
                                 __brev(u),
                                 __byte_perm(u, i, 0x5410),
                                 s / 3 + t % 5 + (s > 4 ? s * t : s >> 2),
                                 __float2uint_rn(fabsf(static_cast<float>(v)) * 0.5f),
                                 static_cast<long long>(__ull2double_rz(w)) >> 3};
    for (int k = 0; k < 32; ++k)
        out[k * n + i] = results[k];
}

// Instructions that the compiler rarely writes of itself.
KERNEL rare(int n, const int* x, unsigned* out) {
    const int i = threadIdx.x;
    if (i >= n)
        return;
    const unsigned v = x[i];
    unsigned r[8];
    asm("bfe.u32 %0, %1, 5, 9;" : "=r"(r[0]) : "r"(v));
    asm("bfe.s32 %0, %1, 3, 6;" : "=r"(r[1]) : "r"(v));
    asm("bfi.b32 %0, %1, %2, 7, 11;" : "=r"(r[2]) : "r"(v), "r"(~v));
    asm("lop3.b32 %0, %1, %2, %3, 0x96;" : "=r"(r[3]) : "r"(v), "r"(v >> 3), "r"(v << 5));
    asm("bfind.u32 %0, %1;" : "=r"(r[4]) : "r"(v));
    asm("slct.b32.s32 %0, %1, %2, %3;" : "=r"(r[5]) : "r"(v), "r"(7u), "r"(v));
    asm("cvt.sat.u8.s32 %0, %1;" : "=r"(r[6]) : "r"(v));
    asm("{ .reg .pred p, q; setp.lt.s32 p|q, %1, 100; selp.b32 %0, 3, 5, p; @q add.u32 %0, %0, 100; }" : "=r"(r[7]) : "r"(v));
    for (int k = 0; k < 8; ++k)
        out[k * n + i] = r[k];
}
