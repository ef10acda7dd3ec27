#pragma once

namespace octavo::kernels {

/// What this CPU offers and the operating system has enabled.
struct CpuFeatures {
  bool sse41 = false;
  bool avx2 = false;
  bool fma = false;
  bool f16c = false;
  bool avxvnni = false;
  bool avx512 = false;  ///< with F, CD, BW, DQ and VL
  bool avx512vnni = false;
  bool dotprod = false;
  bool i8mm = false;
};

CpuFeatures detect_cpu_features() noexcept;

}  // namespace octavo::kernels
