#include "runtime/ops/dynamic_quantizer.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "octavo/error.hpp"

#include "calib/threshold.hpp"
#include "runtime/concat.hpp"
#include "runtime/context.hpp"
#include "runtime/ops/ranges.hpp"

namespace octavo {
namespace {

/// Scratch is laid out on cache lines.
std::size_t line_bytes(std::size_t bytes) {
  return (bytes + 63) / 64 * 64;
}

}  // namespace

RangeRule::RangeRule(const NodeView& node, const PlanContext& context)
    : range(context.ranges->of(node.node().name)),
      clip_guard(context.ranges->clip_guard()),
      scheme(context.scheme),
      scope(context.range_scope),
      macs(node.macs()) {}

RangeRule RangeRule::onnx() {
  RangeRule rule;
  rule.range.estimator = make_estimator("minmax");
  rule.as_onnx = true;
  return rule;
}

kernels::Quantization onnx_quantization(Range extremes) noexcept {
  const float low = std::min(extremes.low, 0.0F);
  const float high = std::max(extremes.high, 0.0F);
  const float extent = (high - low) / 255.0F;
  kernels::Quantization result;
  result.scale = extent == 0.0F ? 1.0F : extent;
  result.zero_point =
      static_cast<std::int32_t>(std::nearbyint(std::clamp(-low / result.scale, 0.0F, 255.0F)));
  result.divides = true;
  return result;
}

std::string DynamicQuantizer::describe_input(const NodeView& node) {
  return "tensor '" + node.input(0).name + "' of " + describe(node.node());
}

DynamicQuantizer::DynamicQuantizer(const kernels::KernelTable& kernels, const RangeRule& rule,
                                   std::string where, std::size_t groups, std::size_t group_size)
    : kernels_(kernels),
      fixed_(rule.range.fixed),
      clip_guard_(rule.clip_guard),
      groups_(groups),
      group_size_(group_size),
      ranges_(rule.scope == RangeScope::row && !is_static() ? groups : 1),
      finder_(in_context([&] { return where; },
                         [&] {
                           return calib::RangeFinder(rule.range.estimator, rule.scheme,
                                                     rule.macs / std::max<std::size_t>(ranges_, 1));
                         })),
      scheme_(rule.scheme),
      where_(std::move(where)),
      keeps_previous_(rule.scope == RangeScope::batch),
      as_onnx_(rule.as_onnx) {}

bool DynamicQuantizer::quantizes_like(const DynamicQuantizer& other) const {
  const auto same_range = [](const std::optional<Range>& a, const std::optional<Range>& b) {
    return a.has_value() == b.has_value() && (!a || (a->low == b->low && a->high == b->high));
  };
  return ranges_ == 1 && other.ranges_ == 1 && same_range(fixed_, other.fixed_) &&
         clip_guard_ == other.clip_guard_ && scheme_ == other.scheme_ &&
         as_onnx_ == other.as_onnx_ && finder_.finds_like(other.finder_);
}

std::size_t DynamicQuantizer::scratch_bytes() const {
  return line_bytes(ranges_ * sizeof(kernels::Quantization)) + line_bytes(ranges_ * sizeof(Range)) +
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

void DynamicQuantizer::require_finite(const kernels::Extrema& extrema) const {
  if (extrema.finite) return;
  throw Error(ErrorCode::non_finite,
              concat({where_, " holds NaN or infinity and cannot be quantized"}));
}

bool DynamicQuantizer::fits(std::span<const float> x, const kernels::Extrema& extrema) const {
  const float largest = calib::largest_magnitude(*fixed_);
  const Range held = scheme_ == Scheme::symmetric
                         ? Range{-largest, largest}
                         : Range{std::min(fixed_->low, 0.0F), std::max(fixed_->high, 0.0F)};
  if (extrema.low >= held.low && extrema.high <= held.high) return true;
  std::size_t clipped = 0;
  for (const float value : x) clipped += value < held.low || value > held.high ? 1U : 0U;
  return static_cast<double>(clipped) <=
         static_cast<double>(*clip_guard_) * static_cast<double>(x.size());
}

Range DynamicQuantizer::range_of(std::span<const float> x, const InputExtrema& extrema_of_x,
                                 InputRange& record, std::span<std::byte> workspace,
                                 Workers& workers) const {
  if (is_static() && extrema_of_x.parts.empty() && extrema_of_x.found == nullptr) return *fixed_;
  const kernels::Extrema extent =
      extrema_of_x.get([&] { return extrema(x.data(), x.size(), workers); });
  require_finite(extent);
  if (is_static()) return *fixed_;
  if (fixed_) {
    if (fits(x, extent)) return *fixed_;
    ++record.guarded;
  }
  const Range* previous = keeps_previous_ && record.previous ? &*record.previous : nullptr;
  const Range range =
      in_context([&] { return where_; },
                 [&] { return finder_.find(kernels_, x, extent, previous, workspace); });
  if (keeps_previous_) record.previous = range;
  return range;
}

std::span<const kernels::Quantization> DynamicQuantizer::choose(const StepMemory& memory,
                                                                Workers& workers) const {
  InputRange unobserved;  // of a step that is only timed
  InputRange& record = memory.input_range != nullptr ? *memory.input_range : unobserved;
  return choose({memory.input<float>(0), groups_, &memory.input_extrema, record}, memory.scratch,
                workers);
}

std::span<const kernels::Quantization> DynamicQuantizer::choose(const Input& input,
                                                                std::byte* scratch,
                                                                Workers& workers) const {
  auto* quantization = reinterpret_cast<kernels::Quantization*>(scratch);
  auto* ranges =
      reinterpret_cast<Range*>(scratch + line_bytes(ranges_ * sizeof(kernels::Quantization)));
  const std::span<std::byte> workspace(
      reinterpret_cast<std::byte*>(ranges) + line_bytes(ranges_ * sizeof(Range)),
      finder_.workspace_bytes());
  const std::size_t count = std::min(ranges_, input.groups);
  const std::size_t size = input.groups / std::max<std::size_t>(count, 1) * group_size_;
  const InputExtrema unknown;
  const InputExtrema& extrema_of_x =
      count == 1 && input.extrema != nullptr ? *input.extrema : unknown;
  for (std::size_t i = 0; i < count; ++i) {
    ranges[i] =
        range_of({input.x + i * size, size}, extrema_of_x, input.record, workspace, workers);
    quantization[i] =
        as_onnx_ ? onnx_quantization(ranges[i]) : kernels::quantization_of(ranges[i], scheme_);
  }
  input.record.used = {ranges, count};
  return {quantization, count};
}

}  // namespace octavo
