#include "runtime/concat.hpp"
#include "runtime/ops/broadcast.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/matrix_product.hpp"

namespace octavo::ops {
namespace {

/// alpha * A' * B' + beta * C, where ' is an optional transposition.
class GemmStep final : public Step {
 public:
  GemmStep(const NodeView& node, const PlanContext& context, const MatrixShape& shape)
      : table_(context.kernels),
        shape_(shape),
        grid_(shape.rows, shape.panels(), shape.macs(), context.threads),
        alpha_(node.real("alpha", 1.0F)),
        beta_(node.real("beta", 1.0F)),
        transpose_a_(node.integer("transA", 0) != 0),
        transpose_b_(node.integer("transB", 0) != 0),
        has_c_(node.has_input(2)) {
    if (has_c_) {
      const std::vector<std::int64_t> strides =
          broadcast_strides(node.shape(2), node.output(0).shape);
      c_row_stride_ = static_cast<std::size_t>(strides[0]);
      c_column_stride_ = static_cast<std::size_t>(strides[1]);
    }
  }

  void run(const StepMemory& memory, Workers& workers) override {
    if (shape_.rows == 0 || shape_.columns == 0) return;
    const auto* a = memory.input<float>(0);
    auto* out = memory.output<float>(0);
    auto* packed = reinterpret_cast<float*>(memory.scratch);
    if (transpose_a_) {
      float* rows = packed + shape_.packed_size();
      for (std::size_t m = 0; m < shape_.rows; ++m) {
        for (std::size_t k = 0; k < shape_.depth; ++k) {
          rows[m * shape_.depth + k] = a[k * shape_.rows + m];
        }
      }
      a = rows;
    }
    const auto* b = memory.input<float>(1);
    const RightOperand right = transpose_b_ ? RightOperand{b, 1, shape_.depth, alpha_}
                                            : RightOperand{b, shape_.columns, 1, alpha_};
    multiply(*table_, shape_, grid_, a, right, packed, out, workers);
    if (has_c_) add_c(memory.input<float>(2), out);
  }
  [[nodiscard]] std::size_t scratch_bytes() const override {
    const std::size_t transposed = transpose_a_ ? shape_.rows * shape_.depth : 0;
    return (shape_.packed_size() + transposed) * sizeof(float) + kernels::kReadSlack;
  }

 private:
  void add_c(const float* c, float* out) const {
    for (std::size_t m = 0; m < shape_.rows; ++m) {
      for (std::size_t n = 0; n < shape_.columns; ++n) {
        *out++ += beta_ * c[m * c_row_stride_ + n * c_column_stride_];
      }
    }
  }

  const kernels::KernelTable* table_;
  MatrixShape shape_;
  TileGrid grid_;
  float alpha_, beta_;
  bool transpose_a_, transpose_b_, has_c_;
  std::size_t c_row_stride_ = 0, c_column_stride_ = 0;
};

MatrixShape gemm_shape(const NodeView& node) {
  const Shape& a = node.shape(0);
  const Shape& b = node.shape(1);
  const bool transpose_a = node.integer("transA", 0) != 0;
  const bool transpose_b = node.integer("transB", 0) != 0;
  if (a[transpose_a ? 0 : 1] != b[transpose_b ? 1 : 0]) {
    node.fail(ErrorCode::invalid_graph,
              concat({"cannot multiply ", a, (transpose_a ? " transposed" : ""), " by ", b,
                      (transpose_b ? " transposed" : "")}));
  }
  return {static_cast<std::size_t>(a[transpose_a ? 1 : 0]),
          static_cast<std::size_t>(a[transpose_a ? 0 : 1]),
          static_cast<std::size_t>(b[transpose_b ? 0 : 1])};
}

void infer_gemm(InferContext& node) {
  for (std::size_t i = 0; i < 2; ++i) {
    node.require_type(i, DataType::float32);
    node.require_rank(i, 2);
  }
  const MatrixShape matrix = gemm_shape(node);
  const Shape out{static_cast<std::int64_t>(matrix.rows),
                  static_cast<std::int64_t>(matrix.columns)};
  if (node.has_input(2)) {
    node.require_type(2, DataType::float32);
    if (broadcast(node, node.shape(2), out) != out) {
      node.fail(ErrorCode::invalid_graph,
                concat({"C has shape ", node.shape(2), ", expected one that broadcasts to ", out}));
    }
  }
  static_cast<void>(node.real("alpha", 1.0F));
  static_cast<void>(node.real("beta", 1.0F));
  node.set_output(0, DataType::float32, out);
}

}  // namespace

const Operator& Gemm_operator() {
  static const Operator op{
      2,
      3,
      1,
      {"alpha", "beta", "transA", "transB"},
      LayoutRule::row_major,
      infer_gemm,
      [](const NodeView& node, const PlanContext& context) -> std::unique_ptr<Step> {
        return std::make_unique<GemmStep>(node, context, gemm_shape(node));
      }};
  return op;
}

}  // namespace octavo::ops
