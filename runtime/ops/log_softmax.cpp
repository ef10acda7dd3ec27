#include <cmath>

#include "runtime/ops/axes.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/ranges.hpp"

/// Relatives of Softmax: its logarithm, and its limit, 1 where the (first) maximum is.
namespace octavo::ops {
namespace {

class MaximumStep final : public Step {
 public:
  MaximumStep(const AxisExtents& extents, bool hard) : extents_(extents), hard_(hard) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const std::size_t inner = extents_.inner;
    for_ranges(workers, extents_.outer * inner, extents_.n,
               [&](std::size_t begin, std::size_t end) {
                 for (std::size_t i = begin; i < end; ++i) {
                   const std::size_t first = i / inner * extents_.n * inner + i % inner;
                   if (hard_) {
                     hard_maximum(memory.input<float>(0) + first, memory.output<float>(0) + first);
                   } else {
                     log_softmax(memory.input<float>(0) + first, memory.output<float>(0) + first);
                   }
                 }
               });
  }

 private:
  [[nodiscard]] std::size_t position_of_maximum(const float* x) const {
    std::size_t best = 0;
    for (std::size_t k = 1; k < extents_.n; ++k) {
      if (x[k * extents_.inner] > x[best * extents_.inner]) best = k;
    }
    return best;
  }

  void log_softmax(const float* x, float* out) const {
    const float maximum = x[position_of_maximum(x) * extents_.inner];
    double sum = 0.0;
    for (std::size_t k = 0; k < extents_.n; ++k) {
      sum += std::exp(static_cast<double>(x[k * extents_.inner] - maximum));
    }
    const auto shift = static_cast<float>(std::log(sum));
    for (std::size_t k = 0; k < extents_.n; ++k) {
      out[k * extents_.inner] = x[k * extents_.inner] - maximum - shift;
    }
  }

  void hard_maximum(const float* x, float* out) const {
    const std::size_t best = position_of_maximum(x);
    for (std::size_t k = 0; k < extents_.n; ++k) {
      out[k * extents_.inner] = k == best ? 1.0F : 0.0F;
    }
  }

  AxisExtents extents_;
  bool hard_;
};

AxisExtents extents_of(const NodeView& node) {
  const Shape& shape = node.shape(0);
  AxisExtents extents(shape, node.axis(node.integer("axis", -1), shape.size()));
  if (node.integer("flattened", 0) != 0) {
    extents.n *= extents.inner;
    extents.inner = 1;
  }
  if (extents.n == 0) extents.outer = 0;
  return extents;
}

void infer(InferContext& node) {
  static_cast<void>(extents_of(node));
  node.set_output(0, DataType::float32, node.shape(0));
}

std::unique_ptr<Step> prepare(const NodeView& node, const PlanContext&) {
  return std::make_unique<MaximumStep>(extents_of(node), node.node().op == Op::Hardmax);
}

const Operator& along_axis() {
  static const Operator op{1, 1, 1, {"axis", "flattened"}, LayoutRule::axis, infer, prepare};
  return op;
}

}  // namespace

const Operator& Hardmax_operator() {
  return along_axis();
}

const Operator& LogSoftmax_operator() {
  return along_axis();
}

}  // namespace octavo::ops
