#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "runtime/concat.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/ranges.hpp"
#include "runtime/ops/strided.hpp"

/// Sums of products over labelled dimensions, of one or two tensors, as plain loops.
namespace octavo::ops {
namespace {

using Loops = StridedLoops<2>;

/// "ij,jk->ik", without spaces.
struct Equation {
  std::vector<std::string> operands;
  std::string result;
  std::map<char, std::int64_t> extents;

  explicit Equation(const NodeView& node) {
    std::string text = node.text("equation", "");
    std::erase(text, ' ');
    const std::size_t arrow = text.find("->");
    read_operands(text.substr(0, arrow));
    if (operands.size() != node.input_count()) refuse(node, "names other operands");
    for (std::size_t i = 0; i < operands.size(); ++i) bind(node, i);
    result = arrow == std::string::npos ? implied() : text.substr(arrow + 2);
    std::set<char> seen;
    for (const char label : result) {
      if (!extents.contains(label) || !seen.insert(label).second) refuse(node, "has no result");
    }
  }

  /// The loops over the labels of the result, or over all others.
  [[nodiscard]] Loops loops(const NodeView& node, bool of_result) const {
    std::vector<Loops::Loop> dimensions;
    const auto add = [&](char label, std::int64_t extent) {
      Loops::Loop loop{extent, {}};
      for (std::size_t i = 0; i < operands.size(); ++i) {
        const std::vector<std::int64_t> strides = row_major_strides(node.shape(i));
        for (std::size_t d = 0; d < strides.size(); ++d) {
          if (operands[i][d] == label) loop.strides[i] += strides[d];
        }
      }
      dimensions.push_back(loop);
    };
    if (of_result) {
      for (const char label : result) add(label, extents.at(label));
    } else {
      for (const auto& [label, extent] : extents) {
        if (result.find(label) == std::string::npos) add(label, extent);
      }
    }
    return {node, dimensions};
  }

 private:
  [[noreturn]] static void refuse(const NodeView& node, const std::string& why) {
    node.fail(ErrorCode::unsupported, concat({"equation '", node.text("equation", ""), "' ", why}));
  }

  void read_operands(const std::string& left) {
    for (std::size_t begin = 0; begin <= left.size();) {
      const std::size_t end = std::min(left.find(',', begin), left.size());
      operands.push_back(left.substr(begin, end - begin));
      begin = end + 1;
    }
  }

  void bind(const NodeView& node, std::size_t operand) {
    const Shape& shape = node.shape(operand);
    const std::string& labels = operands[operand];
    if (labels.find('.') != std::string::npos) refuse(node, "has an ellipsis");
    if (labels.size() != shape.size()) {
      refuse(node, "does not fit shape " + to_string(shape));
    }
    for (std::size_t d = 0; d < shape.size(); ++d) {
      const auto [known, added] = extents.emplace(labels[d], shape[d]);
      if (!added && known->second != shape[d]) {
        refuse(node, std::string("gives '") + labels[d] + "' two extents");
      }
    }
  }

  /// The labels that occur once, in alphabetical order.
  [[nodiscard]] std::string implied() const {
    std::map<char, int> counts;
    for (const std::string& labels : operands) {
      for (const char label : labels) ++counts[label];
    }
    std::string once;
    for (const auto& [label, count] : counts) {
      if (count == 1) once += label;
    }
    return once;
  }
};

class EinsumStep final : public Step {
 public:
  explicit EinsumStep(const NodeView& node)
      : outer_(Equation(node).loops(node, true)),
        inner_(Equation(node).loops(node, false)),
        two_(node.input_count() == 2) {}

  void run(const StepMemory& memory, Workers& workers) override {
    const auto* x = memory.input<float>(0);
    const auto* y = two_ ? memory.input<float>(1) : nullptr;
    auto* out = memory.output<float>(0);
    for_ranges(workers, outer_.size(), inner_.size(), [&](std::size_t begin, std::size_t end) {
      outer_.for_each(begin, end, [&](std::size_t i, const Loops::Offsets& from) {
        double sum = 0.0;
        inner_.for_each(0, inner_.size(), [&](std::size_t, const Loops::Offsets& at) {
          const double left = x[from[0] + at[0]];
          sum += y != nullptr ? left * y[from[1] + at[1]] : left;
        });
        out[i] = static_cast<float>(sum);
      });
    });
  }
  [[nodiscard]] std::string kernel() const override { return "float32 loops"; }

 private:
  Loops outer_, inner_;
  bool two_;
};

void infer(InferContext& node) {
  if (node.input_count() == 2) node.require_type(1, DataType::float32);
  const Equation equation(node);
  Shape shape;
  for (const char label : equation.result) shape.push_back(equation.extents.at(label));
  node.set_output(0, DataType::float32, std::move(shape));
}

}  // namespace

const Operator& Einsum_operator() {
  static const Operator op{1,
                           2,
                           1,
                           {"equation"},
                           LayoutRule::row_major,
                           infer,
                           [](const NodeView& node, const PlanContext&) -> std::unique_ptr<Step> {
                             return std::make_unique<EinsumStep>(node);
                           }};
  return op;
}

}  // namespace octavo::ops
