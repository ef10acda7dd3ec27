#include <cmath>
#include <limits>
#include <type_traits>

#include "runtime/ops/families.hpp"
#include "runtime/ops/float16.hpp"
#include "runtime/ops/ranges.hpp"

namespace octavo::ops {
namespace {

/// What ONNX leaves undefined is defined here: floats outside the range of an integer type become
/// its nearest value and NaN becomes 0; integers wrap.
template <class To, class From>
To convert(From value) {
  if constexpr (std::is_same_v<From, Float16>) {
    return convert<To>(to_float(value));
  } else if constexpr (std::is_same_v<To, Float16>) {
    return to_float16(convert<float>(value));
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != From{0};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    // Both bounds are exact in From, the upper one being a power of two.
    const From below = std::ldexp(From{1}, std::numeric_limits<To>::digits);
    if (std::isnan(value)) return To{0};
    if (value >= below) return std::numeric_limits<To>::max();
    if (value <= static_cast<From>(std::numeric_limits<To>::min())) {
      return std::numeric_limits<To>::min();
    }
    return static_cast<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

using Conversion = void (*)(const std::byte* x, std::size_t n, std::byte* out);

template <class From, class To>
void convert_all(const std::byte* x, std::size_t n, std::byte* out) {
  const auto* from = reinterpret_cast<const From*>(x);
  auto* to = reinterpret_cast<To*>(out);
  for (std::size_t i = 0; i < n; ++i) to[i] = convert<To>(from[i]);
}

/// Calls `use` with a value of the C++ type of the elements.
template <class Use>
auto with_type(DataType type, const Use& use) {
  switch (type) {
    case DataType::float32:
      return use(float{});
    case DataType::float64:
      return use(double{});
    case DataType::float16:
      return use(Float16{});
    case DataType::int8:
      return use(std::int8_t{});
    case DataType::uint8:
      return use(std::uint8_t{});
    case DataType::int16:
      return use(std::int16_t{});
    case DataType::uint16:
      return use(std::uint16_t{});
    case DataType::int32:
      return use(std::int32_t{});
    case DataType::uint32:
      return use(std::uint32_t{});
    case DataType::int64:
      return use(std::int64_t{});
    case DataType::uint64:
      return use(std::uint64_t{});
    default:
      return use(bool{});
  }
}

Conversion conversion(DataType from, DataType to) {
  return with_type(from, [&](auto source) {
    return with_type(to, [&](auto target) -> Conversion {
      return convert_all<decltype(source), decltype(target)>;
    });
  });
}

class CastStep final : public Step {
 public:
  CastStep(DataType from, DataType to, std::size_t elements)
      : convert_(conversion(from, to)),
        from_bytes_(size_of(from)),
        to_bytes_(size_of(to)),
        elements_(elements) {}

  void run(const StepMemory& memory, Workers& workers) override {
    for_ranges(workers, elements_, 1, [&](std::size_t begin, std::size_t end) {
      convert_(memory.inputs[0] + begin * from_bytes_, end - begin,
               memory.outputs[0] + begin * to_bytes_);
    });
  }
  [[nodiscard]] std::string kernel() const override { return "cast"; }

 private:
  Conversion convert_;
  std::size_t from_bytes_, to_bytes_;
  std::size_t elements_;
};

/// `to` is a TensorProto.DataType of ONNX.
DataType target_type(const NodeView& node) {
  const std::int64_t to = node.integer("to", 0);
  switch (to) {
    case 1:
      return DataType::float32;
    case 2:
      return DataType::uint8;
    case 3:
      return DataType::int8;
    case 4:
      return DataType::uint16;
    case 5:
      return DataType::int16;
    case 6:
      return DataType::int32;
    case 7:
      return DataType::int64;
    case 9:
      return DataType::boolean;
    case 10:
      return DataType::float16;
    case 11:
      return DataType::float64;
    case 12:
      return DataType::uint32;
    case 13:
      return DataType::uint64;
    default:
      node.fail(
          ErrorCode::unsupported,
          "cannot cast to type " + std::to_string(to) +
              ", expected the number of an ONNX integer, float, double, float16 or bool type");
  }
}

void infer(InferContext& node) {
  node.set_output(0, target_type(node), node.shape(0));
}

std::unique_ptr<Step> prepare(const NodeView& node, const PlanContext&) {
  return std::make_unique<CastStep>(node.input(0).type, target_type(node),
                                    element_count(node.shape(0)));
}

}  // namespace

const Operator& Cast_operator() {
  static const Operator op{1, 1, 1, {"to", "saturate"}, LayoutRule::elementwise, infer, prepare};
  return op;
}

}  // namespace octavo::ops
