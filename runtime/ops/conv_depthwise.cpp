#include <algorithm>

#include "runtime/ops/conv_shape.hpp"
#include "runtime/ops/conv_steps.hpp"
#include "runtime/ops/packed_weights.hpp"
#include "runtime/ops/product.hpp"

namespace octavo::ops {
namespace {

class DepthwiseConv final : public Step {
 public:
  DepthwiseConv(const NodeView& node, const PlanContext& context)
      : kernels_(*context.kernels),
        shape_(node),
        weights_(depthwise_weights(node, context)),
        epilogue_(node),
        extrema_(2 * context.threads) {}

  void run(const StepMemory& memory, Workers& workers) override {
    kernels::DepthwiseProduct product;
    product.a = memory.input<float>(0);
    product.rows = shape_.row_map(false, false);
    product.channels = static_cast<std::size_t>(shape_.in_channels);
    product.weights = weights_->depthwise.data();
    product.bias = epilogue_.bias();
    product.activation = epilogue_.activation();
    product.wants_extrema = memory.output_extrema != nullptr;
    product.out = memory.output<float>(0);
    constexpr std::uint64_t kMinMacs = 100'000;
    const auto lines = static_cast<std::size_t>(shape_.images * shape_.out_height);
    const std::size_t parts = shape_.macs() < kMinMacs ? 1 : std::min(lines, extrema_.size());
    workers.for_each(parts, [&](std::size_t i) noexcept {
      extrema_[i] = kernels_.depthwise_product(product, lines * i / parts, lines * (i + 1) / parts);
    });
    kernels::Extrema extrema;
    for (std::size_t i = 0; i < parts; ++i) extrema.merge(extrema_[i]);
    memory.give_extrema(extrema);
  }

  [[nodiscard]] bool gives_extrema() const override { return true; }
  [[nodiscard]] std::size_t weight_bytes() const override { return weights_->bytes(); }
  [[nodiscard]] std::string kernel() const override { return "float32 depthwise"; }

 private:
  const kernels::KernelTable& kernels_;
  ConvShape shape_;
  SharedWeights weights_;
  ProductEpilogue epilogue_;
  std::vector<kernels::Extrema> extrema_;  ///< per part of the work
};

}  // namespace

std::unique_ptr<Step> make_depthwise_conv(const NodeView& node, const PlanContext& context) {
  return std::make_unique<DepthwiseConv>(node, context);
}
}  // namespace octavo::ops
