#include <algorithm>
#include <cmath>

#include "runtime/concat.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/ranges.hpp"

/// Normalizations over the channels and positions of one sample.
namespace octavo::ops {
namespace {

/// A sample is `groups` groups of channels, each brought to mean 0 and variance 1; then every
/// channel is scaled and shifted. InstanceNormalization has a group per channel.
struct Groups {
  std::size_t samples = 0, groups = 1, channels = 1, positions = 1;
  /// Channels that share an element of scale and bias: 1, or a group (GroupNormalization-18).
  std::size_t channels_per_scale = 1;

  [[nodiscard]] std::size_t channels_per_group() const { return channels / groups; }
};

class GroupNormalizationStep final : public Step {
 public:
  GroupNormalizationStep(const PlanContext& context, const Groups& groups, double epsilon)
      : table_(context.kernels), groups_(groups), epsilon_(epsilon) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const std::size_t size = groups_.channels_per_group() * groups_.positions;
    const std::size_t count = groups_.samples * groups_.groups;
    for_ranges(workers, count, size, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        normalize(memory, i % groups_.groups * groups_.channels_per_group(), i * size);
      }
    });
  }

 private:
  void normalize(const StepMemory& memory, std::size_t channel, std::size_t offset) const {
    const float* x = memory.input<float>(0) + offset;
    float* out = memory.output<float>(0) + offset;
    const std::size_t channels = groups_.channels_per_group();
    const kernels::MomentSums sums = table_->moments(x, channels * groups_.positions);
    const auto count = static_cast<double>(channels * groups_.positions);
    const double mean = sums.sum / count;
    const double variance = std::max(sums.sum_squares / count - mean * mean, 0.0);
    const double factor = 1.0 / std::sqrt(variance + epsilon_);
    for (std::size_t c = 0; c < channels; ++c) {
      const std::size_t at = (channel + c) / groups_.channels_per_scale;
      const auto scale = static_cast<float>(factor * memory.input<float>(1)[at]);
      const float shift = memory.input<float>(2)[at];
      const auto center = static_cast<float>(mean);
      for (std::size_t i = 0; i < groups_.positions; ++i) {
        *out++ = (*x++ - center) * scale + shift;
      }
    }
  }

  const kernels::KernelTable* table_;
  Groups groups_;
  double epsilon_;
};

Groups groups_of(const NodeView& node) {
  const Shape& shape = node.shape(0);
  if (shape.size() < 2 || element_count(shape) == 0) {
    node.fail(ErrorCode::invalid_graph,
              concat({"input 0 has shape ", shape, ", which has no channels"}));
  }
  const std::int64_t channels = shape[1];
  const bool instance = node.node().op == Op::InstanceNormalization;
  const std::int64_t count = instance ? channels : node.integer("num_groups", 0);
  if (count < 1 || channels % count != 0) {
    node.fail(ErrorCode::invalid_graph,
              concat({"cannot form ", count, " groups of ", channels, " channels"}));
  }
  Groups groups;
  groups.samples = static_cast<std::size_t>(shape[0]);
  groups.channels = static_cast<std::size_t>(channels);
  groups.groups = static_cast<std::size_t>(count);
  groups.positions = element_count(shape) / groups.samples / groups.channels;
  const bool by_group = node.shape(1) == Shape{count} && count != channels;
  if (by_group) groups.channels_per_scale = groups.channels_per_group();
  for (const std::size_t i : {std::size_t{1}, std::size_t{2}}) {
    node.require_type(i, DataType::float32);
    const Shape expected{by_group ? count : channels};
    if (node.shape(i) != expected) {
      node.fail(ErrorCode::invalid_graph,
                concat({"input ", i, " has shape ", node.shape(i), ", expected ", expected}));
    }
  }
  return groups;
}

void infer_group(InferContext& node) {
  static_cast<void>(groups_of(node));
  if (node.integer("stash_type", 1) != 1) {
    node.fail(ErrorCode::unsupported, "stash_type is not 1 (float)");
  }
  node.set_output(0, DataType::float32, node.shape(0));
}

std::unique_ptr<Step> prepare_group(const NodeView& node, const PlanContext& context) {
  return std::make_unique<GroupNormalizationStep>(context, groups_of(node),
                                                  node.real("epsilon", 1e-5F));
}

/// Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks", 2012:
/// every element is divided by a power of the mean square of its neighbours across channels.
/// Channels are the last dimension here.
class LocalResponseStep final : public Step {
 public:
  explicit LocalResponseStep(const NodeView& node)
      : channels_(node.shape(0).back()),
        rows_(channels_ == 0 ? 0
                             : element_count(node.shape(0)) / static_cast<std::size_t>(channels_)),
        size_(node.integer("size", 1)),
        alpha_(node.real("alpha", 1e-4F)),
        beta_(node.real("beta", 0.75F)),
        bias_(node.real("bias", 1.0F)) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const auto n = static_cast<std::size_t>(channels_);
    for_ranges(workers, rows_, n, [&](std::size_t begin, std::size_t end) {
      for (std::size_t row = begin; row < end; ++row) {
        divide(memory.input<float>(0) + row * n, memory.output<float>(0) + row * n);
      }
    });
  }

 private:
  void divide(const float* x, float* out) const {
    for (std::int64_t c = 0; c < channels_; ++c) {
      const std::int64_t first = std::max<std::int64_t>(c - (size_ - 1) / 2, 0);
      const std::int64_t last = std::min(c + size_ / 2, channels_ - 1);
      double sum = 0.0;
      for (std::int64_t i = first; i <= last; ++i) sum += static_cast<double>(x[i]) * x[i];
      const double base = bias_ + alpha_ / static_cast<double>(size_) * sum;
      out[c] = static_cast<float>(x[c] / std::pow(base, beta_));
    }
  }

  std::int64_t channels_;
  std::size_t rows_;
  std::int64_t size_;
  double alpha_, beta_, bias_;
};

void infer_local_response(InferContext& node) {
  const std::int64_t size = node.integer("size", 0);
  constexpr std::int64_t kWidest = std::int64_t{1} << 20U;
  if (node.shape(0).size() < 3 || size < 1 || size > kWidest) {
    node.fail(ErrorCode::invalid_graph,
              concat({"input 0 has shape ", node.shape(0), " and size is ", size,
                      ", expected 3 dimensions or more, and 1 or more"}));
  }
  node.set_output(0, DataType::float32, node.shape(0));
}

}  // namespace

const Operator& GroupNormalization_operator() {
  static const Operator op{3,
                           3,
                           1,
                           {"epsilon", "num_groups", "stash_type"},
                           LayoutRule::row_major,
                           infer_group,
                           prepare_group};
  return op;
}

const Operator& InstanceNormalization_operator() {
  static const Operator op{3, 3, 1, {"epsilon"}, LayoutRule::row_major, infer_group, prepare_group};
  return op;
}

const Operator& LRN_operator() {
  static const Operator op{1,
                           1,
                           1,
                           {"alpha", "beta", "bias", "size"},
                           LayoutRule::channels_last,
                           infer_local_response,
                           [](const NodeView& node, const PlanContext&) -> std::unique_ptr<Step> {
                             return std::make_unique<LocalResponseStep>(node);
                           }};
  return op;
}

}  // namespace octavo::ops
