#include "runtime/ops/families.hpp"
#include "runtime/ops/int8_matmul.hpp"

namespace octavo::ops {
namespace {

class MatMulStep final : public Step {
 public:
  MatMulStep(const PlanContext& context, ProductBatch batch)
      : table_(context.kernels), batch_(std::move(batch)) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const MatrixShape& shape = batch_.shape();
    auto* packed = reinterpret_cast<float*>(memory.scratch);
    batch_.for_each(workers, [&](const ProductBatch::Part& part) {
      const RightOperand right{memory.input<float>(1) + part.b, shape.columns, 1};
      multiply(*table_, shape, batch_.grid(), memory.input<float>(0) + part.a, right,
               packed + part.share * shape.packed_size(), memory.output<float>(0) + part.out,
               part.workers);
    });
  }
  [[nodiscard]] std::size_t scratch_bytes() const override {
    return batch_.shares() * batch_.shape().packed_size() * sizeof(float) + kernels::kReadSlack;
  }

 private:
  const kernels::KernelTable* table_;
  ProductBatch batch_;
};

void infer_matmul(InferContext& node) {
  node.require_type(1, DataType::float32);
  node.set_output(0, DataType::float32, MatMulShapes(node, node.shape(0), node.shape(1)).output);
}

ProductBatch batch_of(const NodeView& node, std::size_t threads) {
  const MatMulShapes shapes(node, node.shape(0), node.shape(1));
  MatrixShape matrix = shapes.matrix();
  const std::size_t a_batches = element_count(shapes.a_batch());
  if (element_count(shapes.b_batch()) == 1 && a_batches == element_count(shapes.batch)) {
    // One right operand for all: its batches are rows of a single product.
    matrix.rows *= a_batches;
    return {matrix, ProductBatch::Loops(), threads};
  }
  return {matrix, shapes.batches(node), threads};
}

std::unique_ptr<Step> prepare_matmul(const NodeView& node, const PlanContext& context) {
  ProductBatch batch = batch_of(node, context.threads);
  if (context.precision == Precision::int8) {
    return make_int8_matmul(node, context, std::move(batch));
  }
  return std::make_unique<MatMulStep>(context, std::move(batch));
}

}  // namespace

const Operator& MatMul_operator() {
  static const Operator op{2, 2, 1, {}, LayoutRule::row_major, infer_matmul, prepare_matmul};
  return op;
}

}  // namespace octavo::ops
