#include <algorithm>
#include <array>

#include "runtime/ops/families.hpp"

namespace octavo {
namespace {

struct TypeNumber {
  DataType type;
  std::int64_t number;
};
constexpr std::array kTypeNumbers = {
    TypeNumber{DataType::float32, 1},  TypeNumber{DataType::uint8, 2},
    TypeNumber{DataType::int8, 3},     TypeNumber{DataType::uint16, 4},
    TypeNumber{DataType::int16, 5},    TypeNumber{DataType::int32, 6},
    TypeNumber{DataType::int64, 7},    TypeNumber{DataType::boolean, 9},
    TypeNumber{DataType::float16, 10}, TypeNumber{DataType::float64, 11},
    TypeNumber{DataType::uint32, 12},  TypeNumber{DataType::uint64, 13},
};

class NothingToCompute final : public Step {
 public:
  void run(const StepMemory& /*memory*/, Workers& /*workers*/) override {}
};

}  // namespace

std::string to_string(TypeSet set) {
  std::vector<std::string_view> names;
  for (unsigned i = 0; i <= static_cast<unsigned>(DataType::boolean); ++i) {
    if (contains(set, static_cast<DataType>(i)))
      names.push_back(to_string(static_cast<DataType>(i)));
  }
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + std::string(names[i]);
  }
  return text;
}

std::optional<DataType> type_of_onnx_number(std::int64_t number) {
  const auto* const found = std::ranges::find(kTypeNumbers, number, &TypeNumber::number);
  if (found == kTypeNumbers.end()) return std::nullopt;
  return found->type;
}

std::int64_t onnx_number_of(DataType type) {
  return std::ranges::find(kTypeNumbers, type, &TypeNumber::type)->number;
}

Step::~Step() = default;

const Operator& operator_of(Op op) {
  using Describe = const Operator& (*)();
  static constexpr Describe kOperators[] = {
#define OCTAVO_OP(name) ops::name##_operator,
#include "runtime/ops/ops.def"
#undef OCTAVO_OP
  };
  return kOperators[static_cast<std::size_t>(op)]();
}

std::unique_ptr<Step> make_step(const NodeView& node, const PlanContext& context) {
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    if (node.has_output(i) && element_count(node.output(i).shape) > 0) {
      return operator_of(node.node().op).prepare(node, context);
    }
  }
  return std::make_unique<NothingToCompute>();
}

}  // namespace octavo
