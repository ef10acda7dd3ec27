#include "runtime/ops/families.hpp"

namespace octavo {

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

}  // namespace octavo
