#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "calib/range_finder.hpp"
#include "kernels/kernels.hpp"
#include "runtime/ops/operator.hpp"

namespace octavo {

/// Chooses the quantization of one activation while the graph runs: extrema, then the estimator's
/// range, for the whole tensor or for each of its groups (samples or rows).
class DynamicQuantizer {
 public:
  /// For input 0 of a node: `groups` groups of `group_size` contiguous elements. Errors name both.
  DynamicQuantizer(const NodeView& node, const PlanContext& context, std::size_t groups,
                   std::size_t group_size);

  /// Ranges that one run chooses: 1, or `groups` with RangeScope::row.
  [[nodiscard]] std::size_t ranges() const { return ranges_; }
  [[nodiscard]] std::size_t scratch_bytes() const;

  /// Fills `ranges()` quantizations in `scratch` and returns them. `known` are the extremes of all
  /// of x where they are known. Throws Error{non_finite} and Error{estimator_failed}.
  std::span<const kernels::Quantization> choose(const float* x, const kernels::Extrema* known,
                                                std::byte* scratch, Workers& workers);

 private:
  kernels::Extrema extrema(const float* x, std::size_t size, Workers& workers) const;

  const kernels::KernelTable& kernels_;
  calib::RangeFinder finder_;
  Scheme scheme_;
  std::string where_;  ///< the tensor and the node, for errors
  std::size_t ranges_;
  std::size_t range_size_;
  Range previous_;
  bool has_previous_ = false;
};

}  // namespace octavo
