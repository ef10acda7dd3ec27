#pragma once

namespace octavo::kernels {

/// What this CPU offers and the operating system has enabled.
struct CpuFeatures {
  bool sse41 = false;
  bool avx2 = false;
  bool fma = false;
  bool f16c = false;
};

CpuFeatures detect_cpu_features() noexcept;

}  // namespace octavo::kernels
