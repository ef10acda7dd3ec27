#include <algorithm>
#include <cstring>

#include "runtime/concat.hpp"
#include "runtime/ops/axes.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/ranges.hpp"

namespace octavo::ops {
namespace {

/// The same bytes under another shape. Most of these nodes never run: the plan lets their output
/// share the memory of their input.
class CopyStep final : public Step {
 public:
  explicit CopyStep(std::size_t bytes) : bytes_(bytes) {}

  void run(const StepMemory& memory, Workers& workers) override {
    for_ranges(workers, bytes_, 1, [&](std::size_t begin, std::size_t end) {
      if (begin < end)
        std::memcpy(memory.outputs[0] + begin, memory.inputs[0] + begin, end - begin);
    });
  }
  [[nodiscard]] std::string kernel() const override { return "copy"; }

 private:
  std::size_t bytes_;
};

std::unique_ptr<Step> prepare_copy(const NodeView& node, const PlanContext&) {
  const Value& input = node.input(0);
  return std::make_unique<CopyStep>(element_count(input.shape) * size_of(input.type));
}

void infer_identity(InferContext& node) {
  node.set_output(0, node.input(0).type, node.shape(0));
}

void infer_flatten(InferContext& node) {
  const Shape& shape = node.shape(0);
  const std::int64_t given = node.integer("axis", 1);
  // Unlike elsewhere, the rank itself is a valid axis here.
  const bool all = given == static_cast<std::int64_t>(shape.size());
  const std::size_t axis = all ? shape.size() : node.axis(given, shape.size());
  const auto middle = shape.begin() + static_cast<std::ptrdiff_t>(axis);
  const std::size_t rows = element_count(Shape(shape.begin(), middle));
  const std::size_t columns = element_count(Shape(middle, shape.end()));
  node.set_output(0, node.input(0).type,
                  {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns)});
}

void infer_reshape(InferContext& node) {
  const Shape& from = node.shape(0);
  Shape to = node.require_integers(1, "shape");
  const bool allow_zero = node.integer("allowzero", 0) != 0;
  const auto misfit = [&](const std::string& why) {
    node.fail(ErrorCode::invalid_graph, concat({"cannot reshape ", from, " to ",
                                                node.require_integers(1, "shape"), ": ", why}));
  };
  auto open = to.end();
  for (auto dimension = to.begin(); dimension != to.end(); ++dimension) {
    if (*dimension == -1) {
      if (open != to.end()) misfit("more than one dimension is -1");
      open = dimension;
      *open = 1;
    } else if (*dimension == 0 && !allow_zero) {
      const auto index = static_cast<std::size_t>(dimension - to.begin());
      if (index >= from.size()) misfit("a 0 has no dimension to copy");
      *dimension = from[index];
    } else if (*dimension < 0) {
      misfit("a dimension is negative");
    }
  }
  const std::size_t elements = element_count(from);
  const auto count = [&] {
    try {
      return element_count(to);
    } catch (const Error& error) {
      misfit(error.what());
      throw;
    }
  };
  if (open != to.end()) {
    const std::size_t others = count();
    if (others == 0 || elements % others != 0) misfit("no value of -1 fits");
    *open = static_cast<std::int64_t>(elements / others);
  }
  if (count() != elements) misfit("the numbers of elements differ");
  node.set_output(0, node.input(0).type, std::move(to));
}

void infer_squeeze(InferContext& node) {
  const Shape& from = node.shape(0);
  const bool given = node.has_input(1);
  const std::vector<bool> flags =
      given ? axis_flags(node, node.require_integers(1, "axes"), from.size())
            : std::vector<bool>(from.size());
  Shape to;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (flags[i] && from[i] != 1) {
      node.fail(ErrorCode::invalid_graph,
                concat({"cannot squeeze dimension ", i, " of ", from, ", which is not 1"}));
    }
    if (given ? !flags[i] : from[i] != 1) to.push_back(from[i]);
  }
  node.set_output(0, node.input(0).type, std::move(to));
}

void infer_unsqueeze(InferContext& node) {
  const Shape& from = node.shape(0);
  const std::vector<std::int64_t> axes = node.require_integers(1, "axes");
  const std::vector<bool> flags = axis_flags(node, axes, from.size() + axes.size());
  Shape to;
  auto next = from.begin();
  for (const bool inserted : flags) to.push_back(inserted ? 1 : *next++);
  node.set_output(0, node.input(0).type, std::move(to));
}

/// A pass sets the shape of a View's output when it makes one.
void infer_view(InferContext& node) {
  node.fail(ErrorCode::invalid_graph, "is internal and cannot be part of a model");
}

}  // namespace

const Operator& Flatten_operator() {
  static const Operator op{
      1, 1, 1, {"axis"}, LayoutRule::row_major, infer_flatten, prepare_copy, kAnyType};
  return op;
}

const Operator& Identity_operator() {
  static const Operator op{1,       1, 1, {}, LayoutRule::elementwise, infer_identity, prepare_copy,
                           kAnyType};
  return op;
}

const Operator& Reshape_operator() {
  static const Operator op{
      2, 2, 1, {"allowzero"}, LayoutRule::row_major, infer_reshape, prepare_copy, kAnyType};
  return op;
}

const Operator& Squeeze_operator() {
  static const Operator op{1,       2, 1, {}, LayoutRule::row_major, infer_squeeze, prepare_copy,
                           kAnyType};
  return op;
}

const Operator& Unsqueeze_operator() {
  static const Operator op{2,       2, 1, {}, LayoutRule::row_major, infer_unsqueeze, prepare_copy,
                           kAnyType};
  return op;
}

const Operator& View_operator() {
  static const Operator op{1, 1, 1, {}, LayoutRule::row_major, infer_view, prepare_copy, kAnyType};
  return op;
}

}  // namespace octavo::ops
