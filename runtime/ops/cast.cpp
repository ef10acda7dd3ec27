#include "runtime/ops/cast.hpp"

#include "runtime/concat.hpp"
#include "runtime/ops/element_type.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/ranges.hpp"

namespace octavo::ops {
namespace {

template <class From, class To>
void convert_all(const std::byte* x, std::size_t n, std::byte* out) {
  const auto* from = reinterpret_cast<const From*>(x);
  auto* to = reinterpret_cast<To*>(out);
  for (std::size_t i = 0; i < n; ++i) to[i] = convert<To>(from[i]);
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
  if (const std::optional<DataType> type = type_of_onnx_number(to)) return *type;
  node.fail(
      ErrorCode::unsupported,
      concat({"cannot cast to type ", to,
              ", expected the number of an ONNX integer, float, double, float16 or bool type"}));
}

void infer(InferContext& node) {
  node.set_output(0, target_type(node), node.shape(0));
}

std::unique_ptr<Step> prepare(const NodeView& node, const PlanContext&) {
  return std::make_unique<CastStep>(node.input(0).type, target_type(node),
                                    element_count(node.shape(0)));
}

}  // namespace

Conversion conversion(DataType from, DataType to) {
  return with_type(from, [&](auto source) {
    return with_type(to, [&](auto target) -> Conversion {
      return convert_all<decltype(source), decltype(target)>;
    });
  });
}

const Operator& Cast_operator() {
  static const Operator op{1,     1,       1,       {"to", "saturate"}, LayoutRule::elementwise,
                           infer, prepare, kAnyType};
  return op;
}

}  // namespace octavo::ops
