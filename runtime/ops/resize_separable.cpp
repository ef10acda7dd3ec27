#include <algorithm>

#include "runtime/ops/axes.hpp"
#include "runtime/ops/ranges.hpp"
#include "runtime/ops/resize_steps.hpp"
#include "runtime/ops/resize_weights.hpp"

namespace octavo::ops {
namespace {

/// One axis of a tensor [outer, n, inner] replaced by weighted means along it.
struct AxisPass {
  AxisExtents extents;
  WeightedAxis axis;

  [[nodiscard]] std::size_t out_elements() const {
    return extents.outer * axis.size() * extents.inner;
  }
};

class SeparableStep final : public Step {
 public:
  SeparableStep(std::vector<AxisPass> passes, std::size_t elements, float extrapolation)
      : passes_(std::move(passes)), elements_(elements), extrapolation_(extrapolation) {
    for (std::size_t i = 0; i + 1 < passes_.size(); ++i) {
      buffer_ = std::max(buffer_, passes_[i].out_elements());
    }
  }

  void run(const StepMemory& memory, Workers& workers) override {
    auto* scratch = reinterpret_cast<float*>(memory.scratch);
    const auto* from = memory.input<float>(0);
    if (passes_.empty()) std::copy_n(from, elements_, memory.output<float>(0));
    for (std::size_t i = 0; i < passes_.size(); ++i) {
      const bool last = i + 1 == passes_.size();
      float* to = last ? memory.output<float>(0) : scratch + i % 2 * buffer_;
      resample(passes_[i], from, to, workers);
      from = to;
    }
  }
  [[nodiscard]] std::size_t scratch_bytes() const override { return 2 * buffer_ * sizeof(float); }
  [[nodiscard]] std::string kernel() const override { return "separable"; }

 private:
  void resample(const AxisPass& pass, const float* from, float* to, Workers& workers) const {
    const std::size_t inner = pass.extents.inner;
    const std::size_t n = pass.axis.size();
    for_ranges(workers, pass.extents.outer * n, inner, [&](std::size_t begin, std::size_t end) {
      for (std::size_t line = begin; line < end; ++line) {
        const std::vector<WeightedTap>& taps = pass.axis[line % n];
        const float* in = from + line / n * pass.extents.n * inner;
        float* out = to + line * inner;
        std::fill_n(out, inner, taps.empty() ? extrapolation_ : 0.0F);
        for (const WeightedTap& tap : taps) {
          for (std::size_t i = 0; i < inner; ++i) out[i] += tap.weight * in[tap.input * inner + i];
        }
      }
    });
  }

  std::vector<AxisPass> passes_;
  std::size_t elements_;
  float extrapolation_;
  std::size_t buffer_ = 0;
};

}  // namespace

std::unique_ptr<Step> make_separable_resize(const NodeView& node, const Shape& in,
                                            const std::vector<std::size_t>& physical) {
  const ResizeTarget target = resize_target(node, in);
  const bool crop =
      node.text("coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize";
  Shape shape = node.shape(0);
  std::vector<AxisPass> passes;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (target.shape[i] == in[i] && target.scales[i] == 1.0F && !crop) continue;
    if (element_count(target.shape) == 0) break;
    passes.push_back(
        {AxisExtents(shape, physical[i]),
         weighted_axis(node, in[i], target.shape[i], target.scales[i], target.regions[i])});
    shape[physical[i]] = target.shape[i];
  }
  return std::make_unique<SeparableStep>(std::move(passes), element_count(target.shape),
                                         node.real("extrapolation_value", 0.0F));
}

}  // namespace octavo::ops
