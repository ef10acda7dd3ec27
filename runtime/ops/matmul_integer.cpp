#include <algorithm>

#include "runtime/ops/families.hpp"
#include "runtime/ops/matmul_shape.hpp"
#include "runtime/ops/requantize.hpp"

/// Products of 8-bit matrices as ONNX writes them: exact in their integers, modulo 2^32.
namespace octavo::ops {
namespace {

/// Where the operands of MatMulInteger and QLinearMatMul are among the inputs.
struct Positions {
  std::size_t a, a_zero, b, b_zero;

  explicit Positions(Op op) {
    const bool with_scales = op == Op::QLinearMatMul;
    a = 0;
    b = with_scales ? 3 : 1;
    a_zero = 2;
    b_zero = with_scales ? 5 : 3;
  }
};

/// Zero points: none, one, or one per row (or column).
template <class T>
struct ZeroPoints {
  const T* values = nullptr;
  std::size_t step = 0;

  ZeroPoints(const StepMemory& memory, std::size_t index, std::size_t count) {
    if (index < memory.inputs.size()) values = memory.input<T>(index);
    step = count > 1 ? 1 : 0;
  }
  std::int32_t operator[](std::size_t i) const { return values ? values[i * step] : 0; }
};

template <class A, class B>
class IntegerProduct {
 public:
  explicit IntegerProduct(const NodeView& node)
      : at_(node.node().op),
        shape_(shapes_of(node).matrix()),
        batches_(shapes_of(node).batches(node)),
        a_zeros_(count(node, at_.a_zero)),
        b_zeros_(count(node, at_.b_zero)) {}

  static MatMulShapes shapes_of(const NodeView& node) {
    return {node, node.shape(Positions(node.node().op).a), node.shape(Positions(node.node().op).b)};
  }

  [[nodiscard]] std::size_t columns() const { return shape_.columns; }
  [[nodiscard]] std::size_t size() const { return batches_.size() * shape_.rows * shape_.columns; }

  void run(const StepMemory& memory, std::uint32_t* out) const {
    const ZeroPoints<A> a_zero(memory, at_.a_zero, a_zeros_);
    const ZeroPoints<B> b_zero(memory, at_.b_zero, b_zeros_);
    std::fill_n(out, size(), 0U);
    batches_.for_each(0, batches_.size(), [&](std::size_t i, const StridedLoops<2>::Offsets& from) {
      const A* a = memory.input<A>(at_.a) + from[0];
      for (std::size_t m = 0; m < shape_.rows; ++m) {
        std::uint32_t* row = out + (i * shape_.rows + m) * shape_.columns;
        const B* b = memory.input<B>(at_.b) + from[1];
        for (std::size_t k = 0; k < shape_.depth; ++k) {
          const std::int32_t left = *a++ - a_zero[m];
          for (std::size_t n = 0; n < shape_.columns; ++n) {
            row[n] += static_cast<std::uint32_t>(left * (*b++ - b_zero[n]));
          }
        }
      }
    });
  }

 private:
  static std::size_t count(const NodeView& node, std::size_t index) {
    return node.has_input(index) ? element_count(node.shape(index)) : 0;
  }

  Positions at_;
  MatrixShape shape_;
  StridedLoops<2> batches_;
  std::size_t a_zeros_, b_zeros_;
};

template <class A, class B>
class MatMulIntegerStep final : public Step {
 public:
  explicit MatMulIntegerStep(const NodeView& node) : product_(node) {}

  void run(const StepMemory& memory, Workers&) override {
    product_.run(memory, memory.output<std::uint32_t>(0));
  }
  [[nodiscard]] std::string kernel() const override { return "integer loops"; }

 private:
  IntegerProduct<A, B> product_;
};

/// Inputs: a, its scale and zero point, b, its scale and zero point, scale and zero point of the
/// result.
template <class A, class B>
class QLinearMatMulStep final : public Step {
 public:
  explicit QLinearMatMulStep(const NodeView& node)
      : product_(node),
        b_scales_(element_count(node.shape(4))),
        signed_(node.input(7).type == DataType::int8) {}

  void run(const StepMemory& memory, Workers&) override {
    auto* sums = reinterpret_cast<std::uint32_t*>(memory.scratch);
    product_.run(memory, sums);
    if (signed_) {
      write<std::int8_t>(memory, sums);
    } else {
      write<std::uint8_t>(memory, sums);
    }
  }
  [[nodiscard]] std::size_t scratch_bytes() const override {
    return product_.size() * sizeof(std::uint32_t);
  }
  [[nodiscard]] std::string kernel() const override { return "integer loops"; }

 private:
  template <class Q>
  void write(const StepMemory& memory, const std::uint32_t* sums) const {
    const Q zero = *memory.input<Q>(7);
    for (std::size_t i = 0; i < product_.size(); ++i) {
      const float b_scale = memory.input<float>(4)[b_scales_ == 1 ? 0 : i % product_.columns()];
      const float factor = *memory.input<float>(1) * b_scale / *memory.input<float>(6);
      memory.output<Q>(0)[i] = requantize(sums[i], factor, zero);
    }
  }

  IntegerProduct<A, B> product_;
  std::size_t b_scales_;
  bool signed_;
};

/// Checks what both operators share and returns the shape of the result.
Shape infer_product(const InferContext& node) {
  const Positions at(node.node().op);
  static_cast<void>(level_type_of(node, at.b));
  const MatMulShapes shapes(node, node.shape(at.a), node.shape(at.b));
  if (node.has_input(at.a_zero)) {
    node.require_type(at.a_zero, node.input(at.a).type);
    require_elements(node, at.a_zero, shapes.a[shapes.a.size() - 2]);
  }
  if (node.has_input(at.b_zero)) {
    node.require_type(at.b_zero, node.input(at.b).type);
    require_elements(node, at.b_zero, shapes.b.back());
  }
  return shapes.output;
}

void infer_matmul_integer(InferContext& node) {
  node.set_output(0, DataType::int32, infer_product(node));
}

void infer_qlinear_matmul(InferContext& node) {
  Shape shape = infer_product(node);
  for (const std::size_t scale : {1U, 4U, 6U}) node.require_type(scale, DataType::float32);
  require_elements(node, 1, 1);
  require_elements(node, 4, node.shape(3).back());
  require_elements(node, 6, 1);
  require_elements(node, 7, 1);
  node.set_output(0, level_type_of(node, 7), std::move(shape));
}

template <template <class, class> class ProductStep>
std::unique_ptr<Step> prepare(const NodeView& node, const PlanContext&) {
  const Positions at(node.node().op);
  return with_levels(node.input(at.a).type, [&](auto a) {
    return with_levels(node.input(at.b).type, [&](auto b) -> std::unique_ptr<Step> {
      return std::make_unique<ProductStep<decltype(a), decltype(b)>>(node);
    });
  });
}

}  // namespace

const Operator& MatMulInteger_operator() {
  static const Operator op{
      2,      4, 1, {}, LayoutRule::row_major, infer_matmul_integer, prepare<MatMulIntegerStep>,
      kLevels};
  return op;
}

const Operator& QLinearMatMul_operator() {
  static const Operator op{
      8,      8, 1, {}, LayoutRule::row_major, infer_qlinear_matmul, prepare<QLinearMatMulStep>,
      kLevels};
  return op;
}

}  // namespace octavo::ops
