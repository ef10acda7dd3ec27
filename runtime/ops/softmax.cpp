#include <algorithm>

#include "runtime/ops/families.hpp"
#include "runtime/ops/ranges.hpp"

namespace octavo::ops {
namespace {

/// The input as [outer, n, inner]: softmax runs over n.
struct Extents {
  std::size_t outer = 1, n = 1, inner = 1;
};

/// Over contiguous rows.
class RowSoftmaxStep final : public Step {
 public:
  RowSoftmaxStep(const kernels::KernelTable& table, const Extents& extents)
      : table_(&table), extents_(extents) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const std::size_t n = extents_.n;
    for_ranges(workers, extents_.outer, n, [&](std::size_t begin, std::size_t end) {
      table_->softmax(memory.input<float>(0) + begin * n, end - begin, n,
                      memory.output<float>(0) + begin * n);
    });
  }

 private:
  const kernels::KernelTable* table_;
  Extents extents_;
};

/// Over an axis that is not the last: every operation runs on rows of `inner` neighbours.
class AxisSoftmaxStep final : public Step {
 public:
  AxisSoftmaxStep(const kernels::KernelTable& table, const Extents& extents)
      : table_(&table), extents_(extents) {}

  void run(const StepMemory& memory, Workers& workers) override {
    auto* reduced = reinterpret_cast<float*>(memory.scratch);
    const std::size_t block = extents_.n * extents_.inner;
    for_ranges(workers, extents_.inner, extents_.outer * extents_.n,
               [&](std::size_t begin, std::size_t end) {
                 for (std::size_t i = 0; i < extents_.outer; ++i) {
                   const std::size_t offset = i * block + begin;
                   softmax(memory.input<float>(0) + offset, end - begin, reduced + begin,
                           memory.output<float>(0) + offset);
                 }
               });
  }
  [[nodiscard]] std::size_t scratch_bytes() const override {
    return extents_.inner * sizeof(float) + kernels::kReadSlack;
  }

 private:
  /// `width` neighbours; `reduced` holds their maxima, then their sums.
  void softmax(const float* x, std::size_t width, float* reduced, float* out) const {
    using kernels::BinaryMethod;
    const std::size_t stride = extents_.inner;
    const auto apply = [&](BinaryMethod method, const float* a, const float* b, float* to) {
      table_->binary(method, a, 1, b, 1, width, to);
    };
    std::copy_n(x, width, reduced);
    for (std::size_t k = 1; k < extents_.n; ++k) {
      apply(BinaryMethod::maximum, reduced, x + k * stride, reduced);
    }
    for (std::size_t k = 0; k < extents_.n; ++k) {
      float* row = out + k * stride;
      apply(BinaryMethod::subtract, x + k * stride, reduced, row);
      table_->unary(kernels::UnaryMethod::exponential, 0.0F, 0.0F, row, width, row);
    }
    std::copy_n(out, width, reduced);
    for (std::size_t k = 1; k < extents_.n; ++k) {
      apply(BinaryMethod::add, reduced, out + k * stride, reduced);
    }
    for (std::size_t k = 0; k < extents_.n; ++k) {
      apply(BinaryMethod::divide, out + k * stride, reduced, out + k * stride);
    }
  }

  const kernels::KernelTable* table_;
  Extents extents_;
};

/// `flattened` marks the form before opset 13: softmax over all dimensions from the axis on.
Extents extents_of(const NodeView& node) {
  const Shape& shape = node.shape(0);
  const bool flattened = node.integer("flattened", 0) != 0;
  const std::size_t axis = node.axis(node.integer("axis", -1), shape.size());
  if (element_count(shape) == 0) return {0, 0, 1};
  Extents extents;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const auto extent = static_cast<std::size_t>(shape[i]);
    if (i < axis) {
      extents.outer *= extent;
    } else if (i == axis || flattened) {
      extents.n *= extent;
    } else {
      extents.inner *= extent;
    }
  }
  return extents;
}

void infer(InferContext& node) {
  node.require_type(0, DataType::float32);
  static_cast<void>(extents_of(node));
  node.set_output(0, DataType::float32, node.shape(0));
}

std::unique_ptr<Step> prepare(const NodeView& node, const PlanContext& context) {
  const Extents extents = extents_of(node);
  if (extents.inner == 1) {
    return std::make_unique<RowSoftmaxStep>(*context.kernels, extents);
  }
  return std::make_unique<AxisSoftmaxStep>(*context.kernels, extents);
}

}  // namespace

const Operator& Softmax_operator() {
  static const Operator op{1, 1, 1, {"axis", "flattened"}, LayoutRule::axis, infer, prepare};
  return op;
}

}  // namespace octavo::ops
