#include "runtime/ops/broadcast.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/matrix_product.hpp"
#include "runtime/ops/strided.hpp"

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

/// numpy.matmul's reading of the operands: a vector on the left is a row, one on the right a
/// column.
struct MatMulShapes {
  Shape a, b;  ///< at least two dimensions each
  Shape batch;

  explicit MatMulShapes(const NodeView& node) : a(node.shape(0)), b(node.shape(1)) {
    if (a.size() == 1) a.insert(a.begin(), 1);
    if (b.size() == 1) b.push_back(1);
    if (a.empty() || b.empty() || a.back() != b[b.size() - 2]) {
      node.fail(ErrorCode::invalid_graph,
                "cannot multiply " + to_string(node.shape(0)) + " by " + to_string(node.shape(1)));
    }
    batch = broadcast(node, {a.begin(), a.end() - 2}, {b.begin(), b.end() - 2});
  }
};

void infer_matmul(InferContext& node) {
  node.require_type(0, DataType::float32);
  node.require_type(1, DataType::float32);
  const MatMulShapes shapes(node);
  Shape shape = shapes.batch;
  if (node.shape(0).size() > 1) shape.push_back(shapes.a[shapes.a.size() - 2]);
  if (node.shape(1).size() > 1) shape.push_back(shapes.b.back());
  node.set_output(0, DataType::float32, std::move(shape));
}

std::unique_ptr<Step> prepare_matmul(const NodeView& node, const PlanContext& context) {
  const MatMulShapes shapes(node);
  const Shape a_batch(shapes.a.begin(), shapes.a.end() - 2);
  const Shape b_batch(shapes.b.begin(), shapes.b.end() - 2);
  MatrixShape matrix{static_cast<std::size_t>(shapes.a[shapes.a.size() - 2]),
                     static_cast<std::size_t>(shapes.a.back()),
                     static_cast<std::size_t>(shapes.b.back())};
  if (element_count(b_batch) == 1 && element_count(a_batch) == element_count(shapes.batch)) {
    // One right operand for all: its batches are rows of a single product.
    matrix.rows *= element_count(a_batch);
    return std::make_unique<MatMulStep>(context, matrix, BatchLoops());
  }
  const std::vector<std::int64_t> a_strides = broadcast_strides(a_batch, shapes.batch);
  const std::vector<std::int64_t> b_strides = broadcast_strides(b_batch, shapes.batch);
  const auto a_size = static_cast<std::int64_t>(matrix.rows * matrix.depth);
  const auto b_size = static_cast<std::int64_t>(matrix.depth * matrix.columns);
  std::vector<BatchLoops::Loop> dimensions;
  for (std::size_t i = 0; i < shapes.batch.size(); ++i) {
    dimensions.push_back({shapes.batch[i], {a_strides[i] * a_size, b_strides[i] * b_size}});
  }
  return std::make_unique<MatMulStep>(context, matrix, BatchLoops(node, dimensions));
}

}  // namespace

const Operator& MatMul_operator() {
  static const Operator op{2, 2, 1, {}, LayoutRule::row_major, infer_matmul, prepare_matmul};
  return op;
}

}  // namespace octavo::ops
