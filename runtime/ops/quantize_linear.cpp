#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "runtime/concat.hpp"
#include "runtime/ops/axes.hpp"
#include "runtime/ops/dynamic_quantizer.hpp"
#include "runtime/ops/element_type.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/ranges.hpp"
#include "runtime/ops/requantize.hpp"

/// The quantization operators of ONNX: q = saturate(round_half_even(x / scale) + zero_point).
namespace octavo::ops {
namespace {

constexpr TypeSet kQuantized =
    type_set({DataType::int8, DataType::uint8, DataType::int16, DataType::uint16});

/// Which element of scale and zero point belongs to an element of the tensor, seen as
/// [outer, n, inner]: one for all (no axis), one per position of the axis, or one per block of
/// `block` positions of it, for every outer and inner position.
struct ScaleMap {
  std::size_t outer = 1, n = 1, inner = 1;
  std::size_t block = 0;
  bool single = true;

  explicit ScaleMap(const NodeView& node) {
    const Shape& shape = node.shape(0);
    const Shape& scale = node.shape(1);
    inner = element_count(shape);
    single = element_count(scale) == 1 && scale.size() <= 1;
    if (single) return;
    const std::size_t axis = node.axis(node.integer("axis", 1), shape.size());
    const AxisExtents extents(shape, axis);
    outer = extents.outer;
    n = extents.n;
    inner = extents.inner;
    const std::int64_t size = node.integer("block_size", 0);
    Shape expected{shape[axis]};
    if (size > 0) {
      block = static_cast<std::size_t>(size);
      expected = shape;
      expected[axis] = shape[axis] / size + (shape[axis] % size != 0 ? 1 : 0);
    }
    if (scale != expected) {
      node.fail(ErrorCode::invalid_graph,
                concat({"the scale has shape ", scale, ", expected one element or ", expected}));
    }
  }

  /// Calls body(element, scale element) for all elements of one outer and axis position.
  template <class Body>
  void for_row(std::size_t row, const Body& body) const {
    for (std::size_t i = 0; i < inner; ++i) {
      std::size_t scale = single ? 0 : row % n;
      if (block != 0) {
        const std::size_t blocks = (n + block - 1) / block;
        scale = (row / n * blocks + row % n / block) * inner + i;
      }
      body(row * inner + i, scale);
    }
  }
};

template <class Q>
Q saturate(double value) {
  return static_cast<Q>(std::clamp(value, static_cast<double>(std::numeric_limits<Q>::min()),
                                   static_cast<double>(std::numeric_limits<Q>::max())));
}

template <class X, class Q>
class QuantizeStep final : public Step {
 public:
  explicit QuantizeStep(const NodeView& node) : map_(node) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const X* x = memory.input<X>(0);
    const auto* scales = memory.input<float>(1);
    const Q* zeros = memory.inputs.size() > 2 ? memory.input<Q>(2) : nullptr;
    Q* out = memory.output<Q>(0);
    for_ranges(workers, map_.outer * map_.n, map_.inner, [&](std::size_t begin, std::size_t end) {
      for (std::size_t row = begin; row < end; ++row) {
        map_.for_row(row, [&](std::size_t i, std::size_t s) {
          const float scaled = static_cast<float>(x[i]) / scales[s];
          const float level = std::isnan(scaled) ? 0.0F : std::nearbyint(scaled);
          const double zero = zeros != nullptr ? static_cast<double>(zeros[s]) : 0.0;
          out[i] = saturate<Q>(static_cast<double>(level) + zero);
        });
      }
    });
  }
  [[nodiscard]] std::string kernel() const override { return "loops"; }

 private:
  ScaleMap map_;
};

template <class Q>
class DequantizeStep final : public Step {
 public:
  explicit DequantizeStep(const NodeView& node) : map_(node) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const Q* x = memory.input<Q>(0);
    const auto* scales = memory.input<float>(1);
    const Q* zeros = memory.inputs.size() > 2 ? memory.input<Q>(2) : nullptr;
    auto* out = memory.output<float>(0);
    for_ranges(workers, map_.outer * map_.n, map_.inner, [&](std::size_t begin, std::size_t end) {
      for (std::size_t row = begin; row < end; ++row) {
        map_.for_row(row, [&](std::size_t i, std::size_t s) {
          const std::int64_t zero = zeros != nullptr ? zeros[s] : 0;
          out[i] = static_cast<float>(x[i] - zero) * scales[s];
        });
      }
    });
  }
  [[nodiscard]] std::string kernel() const override { return "loops"; }

 private:
  ScaleMap map_;
};

/// Moves a level between int8 and uint8: both count from the lowest.
constexpr std::uint8_t kSign = 0x80;

/// 8-bit levels of floats with one scale, by a kernel, which gives uint8.
void quantize_levels(const kernels::KernelTable& kernels, const float* x, std::size_t n,
                     const kernels::Quantization& to, bool is_signed, std::uint8_t* out,
                     Workers& workers) {
  for_ranges(workers, n, 1, [&](std::size_t begin, std::size_t end) noexcept {
    kernels.quantize(x + begin, end - begin, to, out + begin);
    if (!is_signed) return;
    for (std::size_t i = begin; i < end; ++i) out[i] ^= kSign;
  });
}

class QuantizeLevelsStep final : public Step {
 public:
  QuantizeLevelsStep(const NodeView& node, const PlanContext& context, bool is_signed)
      : kernels_(*context.kernels),
        elements_(element_count(node.shape(0))),
        is_signed_(is_signed) {}

  void run(const StepMemory& memory, Workers& workers) override {
    kernels::Quantization to;
    to.scale = *memory.input<float>(1);
    to.divides = true;
    const bool given = memory.inputs.size() > 2 && memory.inputs[2] != nullptr;
    const std::uint8_t zero = given ? *memory.input<std::uint8_t>(2) : 0;
    to.zero_point = is_signed_ ? zero ^ kSign : zero;
    quantize_levels(kernels_, memory.input<float>(0), elements_, to, is_signed_,
                    memory.output<std::uint8_t>(0), workers);
  }

 private:
  const kernels::KernelTable& kernels_;
  std::size_t elements_;
  bool is_signed_;
};

/// 8-bit levels with one scale: there are 256 results.
class DequantizeLevelsStep final : public Step {
 public:
  explicit DequantizeLevelsStep(const NodeView& node)
      : elements_(element_count(node.shape(0))), is_signed_(node.input(0).type == DataType::int8) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const bool given = memory.inputs.size() > 2 && memory.inputs[2] != nullptr;
    const std::int32_t zero = given ? number(*memory.input<std::uint8_t>(2)) : 0;
    std::array<float, 256> results;
    for (std::size_t i = 0; i < results.size(); ++i) {
      const std::int32_t level = number(static_cast<std::uint8_t>(i)) - zero;
      results[i] = static_cast<float>(level) * *memory.input<float>(1);
    }
    const auto* x = memory.input<std::uint8_t>(0);
    auto* out = memory.output<float>(0);
    for_ranges(workers, elements_, 1, [&](std::size_t begin, std::size_t end) noexcept {
      for (std::size_t i = begin; i < end; ++i) out[i] = results[x[i]];
    });
  }
  [[nodiscard]] std::string kernel() const override { return "table"; }

 private:
  [[nodiscard]] std::int32_t number(std::uint8_t byte) const {
    return is_signed_ ? static_cast<std::int8_t>(byte) : byte;
  }

  std::size_t elements_;
  bool is_signed_;
};

template <class Use>
auto with_quantized(DataType type, const Use& use) {
  switch (type) {
    case DataType::int8:
      return use(std::int8_t{});
    case DataType::int16:
      return use(std::int16_t{});
    case DataType::uint16:
      return use(std::uint16_t{});
    case DataType::int32:
      return use(std::int32_t{});
    default:
      return use(std::uint8_t{});
  }
}

/// The type of the levels: that of the zero point, or what output_dtype names, or uint8.
DataType level_type(const NodeView& node) {
  const std::int64_t number = node.integer("output_dtype", 0);
  DataType type = DataType::uint8;
  if (node.has_input(2)) {
    type = node.input(2).type;
  } else if (number != 0) {
    type = type_of_onnx_number(number).value_or(DataType::boolean);
  }
  if (!contains(kQuantized, type)) {
    node.fail(ErrorCode::unsupported,
              concat({"quantizes to ",
                      (node.has_input(2) ? std::string(to_string(type))
                                         : "type " + std::to_string(number)),
                      ", expected ", kQuantized}));
  }
  return type;
}

void check_parameters(const InferContext& node) {
  node.require_type(1, DataType::float32);
  static_cast<void>(ScaleMap(node));
  if (node.has_input(2) && node.shape(2) != node.shape(1) &&
      element_count(node.shape(2)) != element_count(node.shape(1))) {
    node.fail(ErrorCode::invalid_graph, concat({"the zero point has shape ", node.shape(2),
                                                ", expected that of the scale, ", node.shape(1)}));
  }
}

void infer_quantize(InferContext& node) {
  check_parameters(node);
  node.set_output(0, level_type(node), node.shape(0));
}

std::unique_ptr<Step> prepare_quantize(const NodeView& node, const PlanContext& context) {
  const DataType type = level_type(node);
  if (node.input(0).type == DataType::float32 && contains(kLevels, type) && ScaleMap(node).single) {
    return std::make_unique<QuantizeLevelsStep>(node, context, type == DataType::int8);
  }
  return with_quantized(type, [&](auto level) -> std::unique_ptr<Step> {
    if (node.input(0).type == DataType::int32) {
      return std::make_unique<QuantizeStep<std::int32_t, decltype(level)>>(node);
    }
    return std::make_unique<QuantizeStep<float, decltype(level)>>(node);
  });
}

void infer_dequantize(InferContext& node) {
  check_parameters(node);
  if (node.has_input(2)) node.require_type(2, node.input(0).type);
  node.set_output(0, DataType::float32, node.shape(0));
}

std::unique_ptr<Step> prepare_dequantize(const NodeView& node, const PlanContext&) {
  if (contains(kLevels, node.input(0).type) && ScaleMap(node).single) {
    return std::make_unique<DequantizeLevelsStep>(node);
  }
  return with_quantized(node.input(0).type, [&](auto level) -> std::unique_ptr<Step> {
    return std::make_unique<DequantizeStep<decltype(level)>>(node);
  });
}

/// The range of all elements, widened to hold 0, on the 256 levels of uint8.
class DynamicStep final : public Step {
 public:
  DynamicStep(const NodeView& node, const PlanContext& context)
      : table_(context.kernels),
        elements_(element_count(node.shape(0))),
        where_(describe(node.node()) + ": input '" + node.input(0).name + "'") {}

  void run(const StepMemory& memory, Workers& workers) override {
    const auto* x = memory.input<float>(0);
    const kernels::Extrema extrema =
        memory.input_extrema.get([&] { return table_->extrema(x, elements_); });
    if (!extrema.finite) {
      throw Error(ErrorCode::non_finite,
                  concat({where_, " holds NaN or infinity and has no range"}));
    }
    const kernels::Quantization to = onnx_quantization({extrema.low, extrema.high});
    quantize_levels(*table_, x, elements_, to, false, memory.output<std::uint8_t>(0), workers);
    *memory.output<float>(1) = to.scale;
    *memory.output<std::uint8_t>(2) = static_cast<std::uint8_t>(to.zero_point);
  }
  [[nodiscard]] bool takes_extrema() const override { return true; }

 private:
  const kernels::KernelTable* table_;
  std::size_t elements_;
  std::string where_;
};

void infer_dynamic(InferContext& node) {
  node.set_output(0, DataType::uint8, node.shape(0));
  node.set_output(1, DataType::float32, {});
  node.set_output(2, DataType::uint8, {});
}

}  // namespace

const Operator& DequantizeLinear_operator() {
  static const Operator op{2,
                           3,
                           1,
                           {"axis", "block_size", "output_dtype"},
                           LayoutRule::elementwise,
                           infer_dequantize,
                           prepare_dequantize,
                           kQuantized | type_set({DataType::int32})};
  return op;
}

const Operator& DynamicQuantizeLinear_operator() {
  static const Operator op{
      1,
      1,
      3,
      {},
      LayoutRule::elementwise,
      infer_dynamic,
      [](const NodeView& node, const PlanContext& context) -> std::unique_ptr<Step> {
        return std::make_unique<DynamicStep>(node, context);
      }};
  return op;
}

const Operator& QuantizeLinear_operator() {
  static const Operator op{2,
                           3,
                           1,
                           {"axis", "block_size", "output_dtype", "precision", "saturate"},
                           LayoutRule::elementwise,
                           infer_quantize,
                           prepare_quantize,
                           type_set({DataType::float32, DataType::int32})};
  return op;
}

}  // namespace octavo::ops
