#include <algorithm>
#include <cstring>

#include "runtime/concat.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/ranges.hpp"

namespace octavo::ops {
namespace {

/// A shape seen around one axis: `outer` blocks of `extent` items of `item_bytes`.
struct Blocks {
  std::size_t outer = 1;
  std::size_t extent = 1;
  std::size_t item_bytes = 1;

  Blocks(const Value& value, std::size_t axis) : item_bytes(size_of(value.type)) {
    const Shape& shape = value.shape;
    for (std::size_t i = 0; i < axis; ++i) outer *= static_cast<std::size_t>(shape[i]);
    extent = static_cast<std::size_t>(shape[axis]);
    for (std::size_t i = axis + 1; i < shape.size(); ++i) {
      item_bytes *= static_cast<std::size_t>(shape[i]);
    }
    if (bytes() == 0) outer = 0;
  }

  [[nodiscard]] std::size_t bytes() const { return extent * item_bytes; }
};

/// One contiguous piece of every outer block: `bytes` at `offset` of the joined tensor's block are
/// the whole block of part `part`.
struct Piece {
  std::size_t offset;
  std::size_t bytes;
};

/// Where the parts lie in the blocks of the whole; `parts` are inputs (Concat) or outputs (Split).
template <class PartAt>
std::vector<Piece> pieces(std::size_t count, std::size_t axis, const PartAt& part_at) {
  std::vector<Piece> result;
  std::size_t offset = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t bytes = Blocks(part_at(i), axis).bytes();
    result.push_back({offset, bytes});
    offset += bytes;
  }
  return result;
}

/// Copies what does not lie there already.
void copy(const std::byte* from, std::size_t bytes, std::byte* to) {
  if (from != to) std::copy_n(from, bytes, to);
}

/// Copies between a whole and its parts, piece by piece.
class PiecesStep : public Step {
 public:
  PiecesStep(const Blocks& whole, std::vector<Piece> parts)
      : outer_(whole.outer), block_bytes_(whole.bytes()), parts_(std::move(parts)) {}

  [[nodiscard]] std::string kernel() const override { return "copy"; }

 protected:
  /// Where the parts lie in the whole, if each is one piece of it.
  [[nodiscard]] std::vector<std::size_t> places() const {
    std::vector<std::size_t> result;
    if (outer_ != 1) return result;
    for (const Piece& part : parts_) result.push_back(part.offset);
    return result;
  }

  /// Calls body(part, offset in the whole, offset in the part, bytes) for every piece.
  template <class Body>
  void for_each_piece(Workers& workers, const Body& body) const {
    for_ranges(workers, outer_, block_bytes_, [&](std::size_t begin, std::size_t end) {
      for (std::size_t block = begin; block < end; ++block) {
        for (std::size_t i = 0; i < parts_.size(); ++i) {
          const auto& [offset, bytes] = parts_[i];
          body(i, block * block_bytes_ + offset, block * bytes, bytes);
        }
      }
    });
  }

 private:
  std::size_t outer_, block_bytes_;
  std::vector<Piece> parts_;
};

class ConcatStep final : public PiecesStep {
 public:
  using PiecesStep::PiecesStep;

  void run(const StepMemory& memory, Workers& workers) override {
    for_each_piece(
        workers, [&](std::size_t i, std::size_t in_whole, std::size_t in_part, std::size_t bytes) {
          copy(memory.inputs[i] + in_part, bytes, memory.outputs[0] + in_whole);
        });
  }
  [[nodiscard]] std::vector<std::size_t> input_places() const override { return places(); }
  [[nodiscard]] bool passes_extrema() const override { return true; }
};

class SplitStep final : public PiecesStep {
 public:
  using PiecesStep::PiecesStep;

  void run(const StepMemory& memory, Workers& workers) override {
    for_each_piece(
        workers, [&](std::size_t i, std::size_t in_whole, std::size_t in_part, std::size_t bytes) {
          copy(memory.inputs[0] + in_whole, bytes, memory.outputs[i] + in_part);
        });
  }
  [[nodiscard]] std::vector<std::size_t> output_places() const override { return places(); }
};

std::size_t concat_axis(const NodeView& node) {
  if (!node.has_attribute("axis")) {
    node.fail(ErrorCode::invalid_graph, "attribute 'axis' is missing");
  }
  return node.axis(node.integer("axis", 0), node.shape(0).size());
}

void infer_concat(InferContext& node) {
  const std::size_t axis = concat_axis(node);
  Shape shape = node.shape(0);
  shape[axis] = 0;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    node.require_type(i, node.input(0).type);
    Shape part = node.shape(i);
    node.require_rank(i, shape.size());
    const std::int64_t extent = std::exchange(part[axis], shape[axis]);
    if (part != shape) {
      node.fail(
          ErrorCode::invalid_graph,
          concat({"input ", i, " ('", node.input(i).name, "') has shape ", node.shape(i),
                  ", which differs from the first, ", node.shape(0), ", outside axis ", axis}));
    }
    shape[axis] += extent;
  }
  node.set_output(0, node.input(0).type, std::move(shape));
}

std::unique_ptr<Step> prepare_concat(const NodeView& node, const PlanContext&) {
  const std::size_t axis = concat_axis(node);
  return std::make_unique<ConcatStep>(
      Blocks(node.output(0), axis),
      pieces(node.input_count(), axis,
             [&](std::size_t i) -> const Value& { return node.input(i); }));
}

/// The extents of the parts along the axis: given, or as even as possible with a smaller last one.
std::vector<std::int64_t> split_extents(const NodeView& node, std::int64_t whole) {
  const std::size_t count = node.output_count();
  const auto parts = static_cast<std::int64_t>(count);
  if (node.has_input(1)) return node.require_integers(1, "split");
  if (node.integer("num_outputs", parts) != parts) {
    node.fail(ErrorCode::invalid_graph,
              concat({"num_outputs is ", node.integer("num_outputs", parts), ", but the node has ",
                      count, " outputs"}));
  }
  const std::int64_t extent = (whole + parts - 1) / parts;
  if (!node.has_attribute("num_outputs") && extent * parts != whole) {
    node.fail(ErrorCode::invalid_graph,
              concat({"cannot split ", whole, " into ", count, " equal parts"}));
  }
  std::vector<std::int64_t> extents(count, extent);
  extents.back() = whole - extent * (parts - 1);
  return extents;
}

void infer_split(InferContext& node) {
  const std::size_t axis = node.axis(node.integer("axis", 0), node.shape(0).size());
  const std::int64_t whole = node.shape(0)[axis];
  const std::vector<std::int64_t> extents = split_extents(node, whole);
  std::int64_t rest = whole;
  bool fits = extents.size() == node.output_count();
  for (const std::int64_t extent : extents) {
    fits = fits && extent >= 0 && extent <= rest;
    rest -= fits ? extent : 0;
  }
  if (!fits || rest != 0) {
    node.fail(ErrorCode::invalid_graph,
              concat({"cannot split ", whole, " into ", node.output_count(), " outputs of extents ",
                      Shape(extents)}));
  }
  Shape shape = node.shape(0);
  for (std::size_t i = 0; i < extents.size(); ++i) {
    shape[axis] = extents[i];
    node.set_output(i, node.input(0).type, shape);
  }
}

std::unique_ptr<Step> prepare_split(const NodeView& node, const PlanContext&) {
  const std::size_t axis = node.axis(node.integer("axis", 0), node.shape(0).size());
  return std::make_unique<SplitStep>(
      Blocks(node.input(0), axis),
      pieces(node.output_count(), axis,
             [&](std::size_t i) -> const Value& { return node.output(i); }));
}

}  // namespace

const Operator& Concat_operator() {
  static const Operator op{
      1, SIZE_MAX, 1, {"axis"}, LayoutRule::axis, infer_concat, prepare_concat, kAnyType};
  return op;
}

const Operator& Split_operator() {
  static const Operator op{
      1,       2, SIZE_MAX, {"axis", "num_outputs"}, LayoutRule::axis, infer_split, prepare_split,
      kAnyType};
  return op;
}

}  // namespace octavo::ops
