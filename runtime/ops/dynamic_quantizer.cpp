#include "runtime/ops/dynamic_quantizer.hpp"

#include <algorithm>
#include <array>

#include "runtime/context.hpp"
#include "runtime/ops/ranges.hpp"

namespace octavo {
namespace {

/// Scratch is laid out on cache lines.
std::size_t line_bytes(std::size_t bytes) {
  return (bytes + 63) / 64 * 64;
}

std::string describe_input(const NodeView& node) {
  return "tensor '" + node.input(0).name + "' of " + describe(node.node());
}

}  // namespace

DynamicQuantizer::DynamicQuantizer(const NodeView& node, const PlanContext& context,
                                   std::size_t groups, std::size_t group_size)
    : kernels_(*context.kernels),
      finder_(in_context([&] { return describe_input(node); },
                         [&] { return calib::RangeFinder(context.estimator, context.scheme); })),
      scheme_(context.scheme),
      where_(describe_input(node)),
      ranges_(context.range_scope == RangeScope::row ? groups : 1),
      range_size_(groups * group_size / std::max<std::size_t>(ranges_, 1)) {}

std::size_t DynamicQuantizer::scratch_bytes() const {
  return line_bytes(ranges_ * sizeof(kernels::Quantization)) +
         line_bytes(finder_.workspace_bytes());
}

kernels::Extrema DynamicQuantizer::extrema(const float* x, std::size_t size,
                                           Workers& workers) const {
  constexpr std::size_t kMaxParts = 64;
  const std::size_t parts = std::clamp<std::size_t>(size / ops::kElementsPerThread, 1,
                                                    std::min(kMaxParts, workers.threads()));
  if (parts == 1) return kernels_.extrema(x, size);
  std::array<kernels::Extrema, kMaxParts> partial;
  workers.for_each(parts, [&](std::size_t i) noexcept {
    const std::size_t begin = size * i / parts;
    partial[i] = kernels_.extrema(x + begin, size * (i + 1) / parts - begin);
  });
  kernels::Extrema all;
  for (std::size_t i = 0; i < parts; ++i) all.merge(partial[i]);
  return all;
}

std::span<const kernels::Quantization> DynamicQuantizer::choose(const float* x,
                                                                const kernels::Extrema* known,
                                                                std::byte* scratch,
                                                                Workers& workers) {
  auto* quantization = reinterpret_cast<kernels::Quantization*>(scratch);
  const std::span<std::byte> workspace(
      scratch + line_bytes(ranges_ * sizeof(kernels::Quantization)), finder_.workspace_bytes());
  for (std::size_t i = 0; i < ranges_; ++i) {
    const std::span<const float> values(x + i * range_size_, range_size_);
    const bool one_range = ranges_ == 1;
    const kernels::Extrema extent =
        one_range && known != nullptr ? *known : extrema(values.data(), values.size(), workers);
    if (!extent.finite) {
      throw Error(ErrorCode::non_finite, where_ + " holds NaN or infinity and cannot be quantized");
    }
    const Range* previous = one_range && has_previous_ ? &previous_ : nullptr;
    const Range range =
        in_context([&] { return where_; },
                   [&] { return finder_.find(kernels_, values, extent, previous, workspace); });
    if (one_range) {
      previous_ = range;
      has_previous_ = true;
    }
    quantization[i] = kernels::quantization_of(range, scheme_);
  }
  return {quantization, ranges_};
}

}  // namespace octavo
