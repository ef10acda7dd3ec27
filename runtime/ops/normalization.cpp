#include <algorithm>
#include <cmath>
#include <utility>

#include "kernels/aligned_buffer.hpp"
#include "runtime/concat.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/ranges.hpp"

namespace octavo::ops {
namespace {

std::size_t count_of(std::span<const std::int64_t> extents) {
  return element_count(Shape(extents.begin(), extents.end()));
}

/// Inference-time batch normalization is one multiplication and addition per channel, that is a
/// depthwise product of one tap.
class BatchNormalizationStep final : public Step {
 public:
  BatchNormalizationStep(const NodeView& node, const PlanContext& context)
      : table_(context.kernels),
        channels_(static_cast<std::size_t>(node.shape(0).back())),
        weights_(channels_),
        bias_(channels_) {
    const Shape& in = node.shape(0);
    if (in.size() > 2) {
      rows_.out_width = rows_.in_width = in[in.size() - 2];
      rows_.out_height = rows_.in_height =
          static_cast<std::int64_t>(count_of(std::span(in).subspan(1, in.size() - 3)));
    }
    rows_.pixel_stride = in.back();
    rows_.line_stride = rows_.in_width * rows_.pixel_stride;
    rows_.image_stride = rows_.in_height * rows_.line_stride;
    if (element_count(in) != 0) lines_ = static_cast<std::size_t>(in[0] * rows_.out_height);
    fold(node);
  }

  void run(const StepMemory& memory, Workers& workers) override {
    kernels::DepthwiseProduct product;
    product.a = memory.input<float>(0);
    product.rows = rows_;
    product.channels = channels_;
    product.weights = weights_.data();
    product.bias = bias_.data();
    product.out = memory.output<float>(0);
    const std::size_t line = static_cast<std::size_t>(rows_.out_width) * channels_;
    for_ranges(workers, lines_, line, [&](std::size_t begin, std::size_t end) {
      table_->depthwise_product(product, begin, end);
    });
  }
  [[nodiscard]] std::size_t weight_bytes() const override {
    return weights_.bytes() + bias_.bytes();
  }

 private:
  void fold(const NodeView& node) {
    const auto scale = node.require_constant(1, "scale").as<float>();
    const auto shift = node.require_constant(2, "B").as<float>();
    const auto mean = node.require_constant(3, "mean").as<float>();
    const auto variance = node.require_constant(4, "variance").as<float>();
    const double epsilon = node.real("epsilon", 1e-5F);
    for (std::size_t c = 0; c < channels_; ++c) {
      const double factor = scale[c] / std::sqrt(variance[c] + epsilon);
      weights_[c] = static_cast<float>(factor);
      bias_[c] = static_cast<float>(shift[c] - mean[c] * factor);
    }
  }

  const kernels::KernelTable* table_;
  std::size_t channels_;
  std::size_t lines_ = 0;
  kernels::RowMap rows_;
  kernels::AlignedBuffer<float> weights_, bias_;
};

void infer_batch_normalization(InferContext& node) {
  node.require_type(0, DataType::float32);
  const Shape& in = node.shape(0);
  if (in.size() < 2) node.require_rank(0, 2);
  if (node.integer("training_mode", 0) != 0) {
    node.fail(ErrorCode::unsupported, "training_mode is not supported");
  }
  constexpr std::string_view kNames[] = {"scale", "B", "mean", "variance"};
  for (std::size_t i = 1; i <= 4; ++i) {
    node.require_type(i, DataType::float32);
    static_cast<void>(node.require_constant(i, kNames[i - 1]));
    if (node.shape(i) != Shape{in[1]}) {
      node.fail(ErrorCode::invalid_graph,
                concat({kNames[i - 1], " has shape ", node.shape(i), ", expected ", Shape{in[1]}}));
    }
  }
  node.set_output(0, DataType::float32, in);
}

/// Rows of n contiguous elements, each brought to mean 0 and variance 1, then scaled and shifted.
class LayerNormalizationStep final : public Step {
 public:
  LayerNormalizationStep(const kernels::KernelTable& table, std::size_t rows, std::size_t n,
                         double epsilon, bool biased)
      : table_(&table), rows_(rows), n_(n), epsilon_(epsilon), biased_(biased) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const auto* x = memory.input<float>(0);
    const auto* scale = memory.input<float>(1);
    const float* bias = biased_ ? memory.input<float>(2) : nullptr;
    auto* out = memory.output<float>(0);
    const auto wanted = [&](std::size_t i) -> float* {
      return i < memory.outputs.size() ? memory.output<float>(i) : nullptr;
    };
    float* const means = wanted(1);
    float* const factors = wanted(2);
    for_ranges(workers, rows_, n_, [&](std::size_t begin, std::size_t end) {
      for (std::size_t row = begin; row < end; ++row) {
        const auto [mean, factor] = normalize(x + row * n_, scale, bias, out + row * n_);
        if (means != nullptr) means[row] = mean;
        if (factors != nullptr) factors[row] = factor;
      }
    });
  }

 private:
  /// Returns the mean and the inverse of the standard deviation.
  std::pair<float, float> normalize(const float* x, const float* scale, const float* bias,
                                    float* out) const {
    const kernels::MomentSums sums = table_->moments(x, n_);
    const double count = static_cast<double>(n_);
    const double mean = sums.sum / count;
    const double variance = std::max(sums.sum_squares / count - mean * mean, 0.0);
    const auto center = static_cast<float>(mean);
    const auto factor = static_cast<float>(1.0 / std::sqrt(variance + epsilon_));
    for (std::size_t i = 0; i < n_; ++i) out[i] = (x[i] - center) * factor * scale[i];
    if (bias != nullptr) {
      for (std::size_t i = 0; i < n_; ++i) out[i] += bias[i];
    }
    return {center, factor};
  }

  const kernels::KernelTable* table_;
  std::size_t rows_, n_;
  double epsilon_;
  bool biased_;
};

/// The dimensions that are normalized together, as far as they are larger than 1.
Shape without_leading_ones(std::span<const std::int64_t> shape) {
  const auto first = std::ranges::find_if(shape, [](std::int64_t extent) { return extent != 1; });
  return {first, shape.end()};
}

void infer_layer_normalization(InferContext& node) {
  node.require_type(0, DataType::float32);
  const Shape& in = node.shape(0);
  const std::size_t axis = node.axis(node.integer("axis", -1), in.size());
  if (node.integer("stash_type", 1) != 1) {
    node.fail(ErrorCode::unsupported, "stash_type is not 1 (float)");
  }
  const Shape normalized = without_leading_ones(std::span(in).subspan(axis));
  for (std::size_t i = 1; i <= 2; ++i) {
    if (i == 2 && !node.has_input(2)) break;
    node.require_type(i, DataType::float32);
    if (without_leading_ones(node.shape(i)) != normalized) {
      node.fail(ErrorCode::unsupported,
                concat({"input ", i, " has shape ", node.shape(i),
                        ", expected the normalized dimensions, ", normalized}));
    }
  }
  node.set_output(0, DataType::float32, in);
  Shape statistics = in;
  std::fill(statistics.begin() + static_cast<std::ptrdiff_t>(axis), statistics.end(), 1);
  for (std::size_t i = 1; i < node.output_count(); ++i) {
    if (node.has_output(i)) node.set_output(i, DataType::float32, statistics);
  }
}

std::unique_ptr<Step> prepare_layer_normalization(const NodeView& node,
                                                  const PlanContext& context) {
  const Shape& in = node.shape(0);
  const std::size_t axis = node.axis(node.integer("axis", -1), in.size());
  const std::size_t n = count_of(std::span(in).subspan(axis));
  const std::size_t rows = n == 0 ? 0 : element_count(in) / n;
  return std::make_unique<LayerNormalizationStep>(*context.kernels, rows, n,
                                                  node.real("epsilon", 1e-5F), node.has_input(2));
}

}  // namespace

const Operator& BatchNormalization_operator() {
  static const Operator op{
      5,
      5,
      1,
      {"epsilon", "momentum", "training_mode"},
      LayoutRule::channels_last,
      infer_batch_normalization,
      [](const NodeView& node, const PlanContext& context) -> std::unique_ptr<Step> {
        return std::make_unique<BatchNormalizationStep>(node, context);
      }};
  return op;
}

const Operator& LayerNormalization_operator() {
  static const Operator op{2,
                           3,
                           3,
                           {"axis", "epsilon", "stash_type"},
                           LayoutRule::row_major,
                           infer_layer_normalization,
                           prepare_layer_normalization};
  return op;
}

}  // namespace octavo::ops
