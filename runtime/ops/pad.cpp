#include <algorithm>
#include <cstring>

#include "runtime/concat.hpp"
#include "runtime/ops/families.hpp"
#include "runtime/ops/ranges.hpp"
#include "runtime/ops/strided_copy.hpp"

namespace octavo::ops {
namespace {

enum class PadMode { constant, edge, reflect, wrap };

struct Padding {
  PadMode mode;
  std::vector<std::int64_t> begin, end;  ///< for each dimension; negative ones crop
};

PadMode mode_of(const NodeView& node) {
  const std::string mode = node.text("mode", "constant");
  if (mode == "constant") return PadMode::constant;
  if (mode == "edge") return PadMode::edge;
  if (mode == "reflect") return PadMode::reflect;
  if (mode == "wrap") return PadMode::wrap;
  node.fail(ErrorCode::unsupported,
            concat({"mode is '", mode, "', expected constant, edge, reflect or wrap"}));
}

Padding decode(const NodeView& node) {
  const std::size_t rank = node.shape(0).size();
  const std::vector<std::int64_t> pads = node.require_integers(1, "pads");
  std::vector<std::size_t> axes(rank);
  for (std::size_t i = 0; i < rank; ++i) axes[i] = i;
  if (node.has_input(3)) {
    axes.clear();
    for (const std::int64_t axis : node.require_integers(3, "axes")) {
      axes.push_back(node.axis(axis, rank));
    }
  }
  if (pads.size() != 2 * axes.size()) {
    node.fail(ErrorCode::invalid_graph,
              concat({"pads has ", pads.size(), " values, expected ", 2 * axes.size()}));
  }
  constexpr std::int64_t kLargest = std::int64_t{1} << 40;
  for (const std::int64_t pad : pads) {
    if (pad < -kLargest || pad > kLargest) {
      node.fail(ErrorCode::limit_exceeded,
                concat({"pads holds ", pad, ", at most 2^40 is supported"}));
    }
  }
  Padding padding{mode_of(node), std::vector<std::int64_t>(rank), std::vector<std::int64_t>(rank)};
  std::vector<bool> seen(rank);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (seen[axes[i]]) node.fail(ErrorCode::invalid_graph, "an axis is given twice");
    seen[axes[i]] = true;
    padding.begin[axes[i]] = pads[i];
    padding.end[axes[i]] = pads[i + axes.size()];
  }
  return padding;
}

/// What the output position `position` of a dimension shows: an input position in [0, size), or -1
/// for the constant.
std::int64_t source(PadMode mode, std::int64_t position, std::int64_t size) {
  if (position >= 0 && position < size) return position;
  switch (mode) {
    case PadMode::constant:
      return -1;
    case PadMode::edge:
      return std::clamp<std::int64_t>(position, 0, size - 1);
    case PadMode::wrap:
      return (position % size + size) % size;
    case PadMode::reflect: {
      const std::int64_t period = std::max<std::int64_t>(2 * (size - 1), 1);
      const std::int64_t folded = (position % period + period) % period;
      return folded < size ? folded : period - folded;
    }
  }
  return -1;
}

void infer(InferContext& node) {
  const Padding padding = decode(node);
  Shape shape = node.shape(0);
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::int64_t size = shape[i];
    shape[i] += padding.begin[i] + padding.end[i];
    const bool empty = padding.mode != PadMode::constant && size == 0 && shape[i] > 0;
    if (shape[i] < 0 || empty) {
      node.fail(ErrorCode::invalid_graph,
                concat({"cannot pad dimension ", i, " of ", node.shape(0), " by ", padding.begin[i],
                        " and ", padding.end[i]}));
    }
  }
  if (node.has_input(2)) {
    node.require_type(2, node.input(0).type);
    if (element_count(node.require_constant(2, "constant_value").shape) != 1) {
      node.fail(ErrorCode::invalid_graph, "constant_value has more or less than one element");
    }
  }
  node.set_output(0, node.input(0).type, std::move(shape));
}

/// The output in rows: the last padded dimension and all that follow it. Rows are made of runs that
/// are contiguous in the input, or filled.
template <class T>
class PadStep final : public Step {
 public:
  PadStep(const NodeView& node, const Padding& padding, T fill) : fill_(fill) {
    const Shape& in = node.shape(0);
    const Shape& out = node.output(0).shape;
    if (element_count(out) == 0) return;
    std::size_t padded = in.size();
    std::int64_t stride = 1;
    while (padded > 0 && padding.begin[padded - 1] == 0 && padding.end[padded - 1] == 0) {
      stride *= in[--padded];
    }
    rows_ = 1;
    for (std::size_t i = padded; i-- > 0;) {
      std::vector<std::int64_t> offsets;
      for (std::int64_t k = 0; k < out[i]; ++k) {
        const std::int64_t from = source(padding.mode, k - padding.begin[i], in[i]);
        offsets.push_back(from < 0 ? kFill : from * stride);
      }
      if (i + 1 == padded) {
        set_runs(offsets, stride);
      } else {
        rows_ *= offsets.size();
        offsets_.insert(offsets_.begin(), std::move(offsets));
      }
      stride *= in[i];
    }
    if (padded == 0) set_runs({0}, stride);
  }

  void run(const StepMemory& memory, Workers& workers) override {
    const T* in = memory.input<T>(0);
    T* out = memory.output<T>(0);
    for_ranges(workers, rows_, row_size_, [&](std::size_t begin, std::size_t end) {
      for (std::size_t row = begin; row < end; ++row) {
        write_row(in, row_source(row), out + row * row_size_);
      }
    });
  }
  [[nodiscard]] std::string kernel() const override { return "copy"; }

 private:
  static constexpr std::int64_t kFill = -1;
  struct Run {
    std::int64_t offset;  ///< of the source in its row; kFill: none
    std::size_t size;
  };

  /// `offsets` of blocks of `block` elements, neighbours joined.
  void set_runs(const std::vector<std::int64_t>& offsets, std::int64_t block) {
    const auto size = static_cast<std::size_t>(block);
    row_size_ = offsets.size() * size;
    std::int64_t next = kFill;
    for (const std::int64_t offset : offsets) {
      if (runs_.empty() || offset != next) {
        runs_.push_back({offset, size});
      } else {
        runs_.back().size += size;
      }
      next = offset == kFill ? kFill : offset + block;
    }
  }

  /// The element at which the source of an output row starts, or kFill.
  [[nodiscard]] std::int64_t row_source(std::size_t row) const {
    std::int64_t from = 0;
    for (std::size_t dimension = offsets_.size(); dimension-- > 0;) {
      const std::vector<std::int64_t>& offsets = offsets_[dimension];
      const std::int64_t offset = offsets[row % offsets.size()];
      if (offset == kFill) return kFill;
      from += offset;
      row /= offsets.size();
    }
    return from;
  }

  void write_row(const T* in, std::int64_t from, T* out) const {
    for (const Run& run : runs_) {
      if (from == kFill || run.offset == kFill) {
        out = std::fill_n(out, run.size, fill_);
      } else {
        out = std::copy_n(in + from + run.offset, run.size, out);
      }
    }
  }

  T fill_;
  std::size_t rows_ = 0;
  std::size_t row_size_ = 0;
  std::vector<Run> runs_;
  std::vector<std::vector<std::int64_t>> offsets_;  ///< by outer dimension and output position
};

std::unique_ptr<Step> prepare(const NodeView& node, const PlanContext&) {
  const Padding padding = decode(node);
  return with_bytes(size_of(node.input(0).type), [&](auto zero) -> std::unique_ptr<Step> {
    auto fill = zero;
    if (node.has_input(2)) {
      std::memcpy(&fill, node.require_constant(2, "constant_value").data(), sizeof fill);
    }
    return std::make_unique<PadStep<decltype(zero)>>(node, padding, fill);
  });
}

}  // namespace

const Operator& Pad_operator() {
  static const Operator op{2, 4, 1, {"mode"}, LayoutRule::row_major, infer, prepare, kAnyType};
  return op;
}

}  // namespace octavo::ops
