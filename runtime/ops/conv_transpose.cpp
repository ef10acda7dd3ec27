#include <algorithm>

#include "runtime/concat.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/window_product.hpp"

namespace octavo::ops {
namespace {

constexpr std::int64_t kLargest = std::int64_t{1} << 31U;

/// The window of the convolution whose transpose this is, and the spatial extents of the output.
struct TransposedWindow {
  SpatialWindow window;
  std::vector<std::int64_t> output;
};

std::vector<std::int64_t> bounded(const NodeView& node, std::string_view name, std::size_t count,
                                  std::int64_t otherwise, std::int64_t smallest) {
  std::vector<std::int64_t> values =
      node.integers(name, std::vector<std::int64_t>(count, otherwise));
  const bool good = values.size() == count && std::ranges::all_of(values, [&](std::int64_t value) {
                      return value >= smallest && value < kLargest;
                    });
  if (!good) {
    node.fail(ErrorCode::invalid_graph, concat({name, " is ", Shape(values), ", expected ", count,
                                                " values from ", smallest, " on"}));
  }
  return values;
}

/// The padding that leaves `wanted` of `full` output positions; the odd one is at the end if
/// `upper` (SAME_UPPER), else at the beginning.
void pad_to(TransposedWindow& result, std::size_t i, std::int64_t full, std::int64_t wanted,
            bool upper) {
  const std::int64_t total = std::max<std::int64_t>(full - wanted, 0);
  result.window.pads_begin[i] = upper ? total / 2 : total - total / 2;
  result.output[i] = wanted;
}

TransposedWindow transposed_window(const NodeView& node, std::span<const std::int64_t> input) {
  const std::size_t rank = input.size();
  const Shape& weight = node.shape(1);
  TransposedWindow result;
  SpatialWindow& window = result.window;
  window.kernel.assign(weight.begin() + 2, weight.end());
  window.strides = bounded(node, "strides", rank, 1, 1);
  window.dilations = bounded(node, "dilations", rank, 1, 1);
  const auto pads = bounded(node, "pads", 2 * rank, 0, 0);
  const auto extra = bounded(node, "output_padding", rank, 0, 0);
  const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(rank);
  window.pads_begin.assign(pads.begin(), middle);
  window.pads_end.assign(middle, pads.end());
  result.output.resize(rank);
  const std::string auto_pad = node.text("auto_pad", "NOTSET");
  const bool same = auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER";
  if (!same && auto_pad != "NOTSET" && auto_pad != "VALID") {
    node.fail(ErrorCode::invalid_graph, concat({"auto_pad is '", auto_pad, "'"}));
  }
  for (std::size_t i = 0; i < rank; ++i) {
    // Below 2^31 each, but for the input's extent, which is below 2^40.
    if (input[i] < 1 || input[i] >= kLargest || window.kernel[i] >= kLargest) {
      node.fail(ErrorCode::invalid_graph,
                concat({"cannot run over ", node.shape(0), " with weights of shape ", weight}));
    }
    if (window.strides[i] > kLargest / input[i] ||
        window.dilations[i] > kLargest / window.kernel[i]) {
      node.fail(ErrorCode::limit_exceeded, "its output is too large");
    }
    const std::int64_t full = (input[i] - 1) * window.strides[i] + extra[i] + window.extent(i);
    if (node.has_attribute("output_shape")) {
      const auto wanted = bounded(node, "output_shape", rank, 0, 1);
      pad_to(result, i, full, wanted[i], auto_pad == "SAME_UPPER");
    } else if (same) {
      // Padding only takes away: kernels smaller than the stride leave the output shorter.
      const std::int64_t wanted = std::min(full, input[i] * window.strides[i]);
      pad_to(result, i, full, wanted, auto_pad == "SAME_UPPER");
    } else {
      result.output[i] = full - window.pads_begin[i] - window.pads_end[i];
    }
    if (result.output[i] < 1) {
      node.fail(ErrorCode::invalid_graph,
                concat({"pads leave no output in spatial dimension ", i}));
    }
  }
  return result;
}

void infer(InferContext& node) {
  const Shape& x = node.shape(0);
  const Shape& weight = node.shape(1);
  const std::int64_t group = node.integer("group", 1);
  node.require_type(1, DataType::float32);
  static_cast<void>(node.require_constant(1, "the weight"));
  if (x.size() < 3 || element_count(x) == 0) {
    node.fail(ErrorCode::invalid_graph,
              concat({"input 0 has shape ", x, ", which has no positions"}));
  }
  node.require_rank(1, x.size());
  if (group < 1 || x[1] != weight[0] || x[1] % group != 0 || element_count(weight) == 0) {
    node.fail(ErrorCode::invalid_graph, concat({"input ", x, ", weight ", weight, " and group ",
                                                group, " do not fit together"}));
  }
  const std::vector<std::int64_t> kernel(weight.begin() + 2, weight.end());
  if (node.integers("kernel_shape", kernel) != kernel) {
    node.fail(ErrorCode::invalid_graph,
              concat({"kernel_shape differs from that of weight ", weight}));
  }
  if (weight[1] > kLargest / group) node.fail(ErrorCode::limit_exceeded, "has too many channels");
  Shape shape{x[0], weight[1] * group};
  if (node.has_input(2)) {
    node.require_type(2, DataType::float32);
    static_cast<void>(node.require_constant(2, "the bias"));
    if (node.shape(2) != Shape{shape[1]}) {
      node.fail(ErrorCode::invalid_graph,
                concat({"the bias has shape ", node.shape(2), ", expected ", Shape{shape[1]}}));
    }
  }
  std::ranges::copy(transposed_window(node, std::span(x).subspan(2)).output,
                    std::back_inserter(shape));
  node.set_output(0, DataType::float32, std::move(shape));
}

/// Every output position gathers the input positions that give to it.
class ConvTransposeStep final : public Step {
 public:
  explicit ConvTransposeStep(const NodeView& node) : product_(product_of(node)) {
    if (!node.has_input(2)) return;
    const auto bias = node.require_constant(2, "the bias").as<float>();
    bias_.assign(bias.begin(), bias.end());
  }

  void run(const StepMemory& memory, Workers& workers) override {
    product_.run(
        memory.input<float>(0), bias_.empty() ? nullptr : bias_.data(), [](float x) { return x; },
        memory.output<float>(0), workers);
  }
  [[nodiscard]] std::size_t weight_bytes() const override {
    return product_.weights.size() * sizeof(float);
  }
  [[nodiscard]] std::string kernel() const override { return "float32 loops"; }

 private:
  static WindowProduct<float, float> product_of(const NodeView& node) {
    const Shape& in = node.shape(0);
    const Shape& weight = node.shape(1);
    const std::span<const std::int64_t> spatial(in.begin() + 1, in.end() - 1);
    const TransposedWindow transposed = transposed_window(node, spatial);
    std::vector<AxisTaps> axes;
    for (std::size_t i = 0; i < spatial.size(); ++i) {
      axes.push_back(transposed_taps(node, transposed.window, i, spatial[i], transposed.output[i]));
    }
    const auto groups = static_cast<std::size_t>(node.integer("group", 1));
    return {WindowWalk(std::move(axes), {spatial.begin(), spatial.end()}, transposed.window.kernel),
            static_cast<std::size_t>(in[0]),
            groups,
            static_cast<std::size_t>(weight[0]) / groups,
            static_cast<std::size_t>(weight[1]),
            weights_of(node)};
  }

  /// From [channels, columns of a group, kernel...].
  static std::vector<float> weights_of(const NodeView& node) {
    const Shape& shape = node.shape(1);
    const auto weight = node.require_constant(1, "the weight").as<float>();
    const auto channels = static_cast<std::size_t>(shape[0]);
    const auto columns = static_cast<std::size_t>(shape[1]);
    const std::size_t taps = weight.size() / (channels * columns);
    std::vector<float> result(weight.size());
    for (std::size_t i = 0; i < weight.size(); ++i) {
      const std::size_t row = i / taps;  // channel * columns + column
      result[i % taps * channels * columns + row] = weight[i];
    }
    return result;
  }

  WindowProduct<float, float> product_;
  std::vector<float> bias_;
};

}  // namespace

const Operator& ConvTranspose_operator() {
  static const Operator op{2,
                           3,
                           1,
                           {"auto_pad", "dilations", "group", "kernel_shape", "output_padding",
                            "output_shape", "pads", "strides"},
                           LayoutRule::channels_last,
                           infer,
                           [](const NodeView& node, const PlanContext&) -> std::unique_ptr<Step> {
                             return std::make_unique<ConvTransposeStep>(node);
                           }};
  return op;
}

}  // namespace octavo::ops
