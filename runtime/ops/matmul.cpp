#include "runtime/ops/families.hpp"
#include "runtime/ops/matmul_shape.hpp"

namespace octavo::ops {
namespace {

using BatchLoops = StridedLoops<2>;

/// Batches of products: where there are enough of them, each thread takes its share of whole
/// products and packs for itself; else all threads share each product.
class MatMulStep final : public Step {
 public:
  MatMulStep(const PlanContext& context, const MatrixShape& shape, BatchLoops batches)
      : table_(context.kernels),
        shape_(shape),
        batches_(std::move(batches)),
        shares_(batches_.size() >= context.threads ? context.threads : 1),
        grid_(shape.rows, shape.panels(), shape.macs(), context.threads) {}

  void run(const StepMemory& memory, Workers& workers) override {
    if (shape_.rows == 0 || shape_.columns == 0) return;
    const auto* a = memory.input<float>(0);
    const auto* b = memory.input<float>(1);
    auto* out = memory.output<float>(0);
    auto* packed = reinterpret_cast<float*>(memory.scratch);
    const std::size_t out_size = shape_.rows * shape_.columns;
    if (shares_ == 1) {
      batches_.for_each(0, batches_.size(), [&](std::size_t i, const BatchLoops::Offsets& from) {
        const RightOperand right{b + from[1], shape_.columns, 1};
        multiply(*table_, shape_, grid_, a + from[0], right, packed, out + i * out_size, workers);
      });
      return;
    }
    workers.for_each(shares_, [&](std::size_t share) {
      const std::size_t begin = batches_.size() * share / shares_;
      const std::size_t end = batches_.size() * (share + 1) / shares_;
      float* own = packed + share * shape_.packed_size();
      batches_.for_each(begin, end, [&](std::size_t i, const BatchLoops::Offsets& from) {
        pack(shape_, {b + from[1], shape_.columns, 1}, 0, shape_.panels(), own);
        const auto product = product_of(shape_, a + from[0], own, out + i * out_size);
        table_->float_product(product, {0, shape_.rows, 0, shape_.panels()});
      });
    });
  }
  [[nodiscard]] std::size_t scratch_bytes() const override {
    return shares_ * shape_.packed_size() * sizeof(float) + kernels::kReadSlack;
  }

 private:
  const kernels::KernelTable* table_;
  MatrixShape shape_;
  BatchLoops batches_;
  std::size_t shares_;
  TileGrid grid_;
};

void infer_matmul(InferContext& node) {
  node.require_type(1, DataType::float32);
  node.set_output(0, DataType::float32, MatMulShapes(node, node.shape(0), node.shape(1)).output);
}

std::unique_ptr<Step> prepare_matmul(const NodeView& node, const PlanContext& context) {
  const MatMulShapes shapes(node, node.shape(0), node.shape(1));
  MatrixShape matrix = shapes.matrix();
  const std::size_t a_batches = element_count(shapes.a_batch());
  if (element_count(shapes.b_batch()) == 1 && a_batches == element_count(shapes.batch)) {
    // One right operand for all: its batches are rows of a single product.
    matrix.rows *= a_batches;
    return std::make_unique<MatMulStep>(context, matrix, BatchLoops());
  }
  return std::make_unique<MatMulStep>(context, matrix, shapes.batches(node));
}

}  // namespace

const Operator& MatMul_operator() {
  static const Operator op{2, 2, 1, {}, LayoutRule::row_major, infer_matmul, prepare_matmul};
  return op;
}

}  // namespace octavo::ops
