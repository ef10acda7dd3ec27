#include "runtime/ops/conv_steps.hpp"
#include "runtime/ops/product.hpp"
#include "runtime/ops/window_product.hpp"

namespace octavo::ops {
namespace {

class VolumeConv final : public Step {
 public:
  VolumeConv(const NodeView& node, const PlanContext& context)
      : table_(context.kernels), epilogue_(node), product_(product_of(node)) {}

  void run(const StepMemory& memory, Workers& workers) override {
    auto* out = memory.output<float>(0);
    product_.run(
        memory.input<float>(0), epilogue_.bias(), [](float x) { return x; }, out, workers);
    const kernels::Activation& activation = epilogue_.activation();
    table_->unary(activation.method, activation.alpha, activation.beta, out, elements(), out);
  }
  [[nodiscard]] std::size_t weight_bytes() const override {
    return product_.weights.size() * sizeof(float);
  }
  [[nodiscard]] std::string kernel() const override { return "float32 loops"; }

 private:
  static WindowProduct<float, float> product_of(const NodeView& node) {
    const Shape& in = node.shape(0);
    const Shape& weight = node.shape(1);
    const auto groups = static_cast<std::size_t>(node.integer("group", 1));
    const std::span<const std::int64_t> spatial(in.begin() + 1, in.end() - 1);
    const std::span<const std::int64_t> kernel(weight.begin() + 2, weight.end());
    const auto weights = node.require_constant(1, "the weight").as<float>();
    return {conv_walk(node, spatial_window(node, spatial, kernel)),
            static_cast<std::size_t>(in[0]),
            groups,
            static_cast<std::size_t>(weight[1]),
            static_cast<std::size_t>(weight[0]) / groups,
            conv_weights<float>(weights.data(), weight, groups,
                                [](float w, std::size_t) { return w; })};
  }

  [[nodiscard]] std::size_t elements() const {
    return product_.images * product_.walk.positions() * product_.columns();
  }

  const kernels::KernelTable* table_;
  ProductEpilogue epilogue_;
  WindowProduct<float, float> product_;
};

}  // namespace

std::unique_ptr<Step> make_volume_conv(const NodeView& node, const PlanContext& context) {
  return std::make_unique<VolumeConv>(node, context);
}

}  // namespace octavo::ops
