#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/concat.hpp"
#include "runtime/ops/operator.hpp"

namespace octavo::ops {

/// The distance between neighbours along each dimension of a row-major tensor, in elements.
inline std::vector<std::int64_t> row_major_strides(const Shape& shape) {
  std::vector<std::int64_t> strides(shape.size());
  std::int64_t stride = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

/// Nested loops over a row-major result, outermost first, that read N operands by strides (in
/// elements; 0 repeats, negative goes back). Dimensions that are contiguous in all operands are
/// merged, and those of extent 1 dropped; one loop at least remains, of extent 0 if nothing is
/// there.
template <std::size_t N>
class StridedLoops {
 public:
  using Offsets = std::array<std::int64_t, N>;
  struct Loop {
    std::int64_t extent = 1;
    Offsets strides{};
  };
  static constexpr std::size_t kMaxLoops = 8;

  StridedLoops() : loops_(1) {}

  /// Throws Error that names the node when more than kMaxLoops remain.
  StridedLoops(const NodeView& node, const std::vector<Loop>& dimensions) {
    for (const Loop& next : dimensions) append(next);
    const auto empty = [](const Loop& loop) { return loop.extent == 0; };
    if (std::ranges::any_of(loops_, empty)) loops_.assign(1, {0, {}});
    if (loops_.empty()) loops_.push_back({});
    if (loops_.size() > kMaxLoops) {
      node.fail(ErrorCode::limit_exceeded,
                concat({"the dimensions form ", loops_.size(), " nested loops, at most ", kMaxLoops,
                        " are supported"}));
    }
  }

  [[nodiscard]] const std::vector<Loop>& loops() const { return loops_; }
  [[nodiscard]] const Loop& inner() const { return loops_.back(); }

  /// The product of all extents but the innermost.
  [[nodiscard]] std::size_t rows() const {
    std::size_t rows = 1;
    for (std::size_t i = 0; i + 1 < loops_.size(); ++i) {
      rows *= static_cast<std::size_t>(loops_[i].extent);
    }
    return rows;
  }

  /// Calls body(row, offsets) for the rows [begin, end) with the operands' offsets of each.
  template <class Body>
  void for_rows(std::size_t begin, std::size_t end, const Body& body) const {
    walk(loops_.size() - 1, begin, end, body);
  }

  /// The product of all extents.
  [[nodiscard]] std::size_t size() const {
    return rows() * static_cast<std::size_t>(inner().extent);
  }

  /// The same as for_rows for single positions [begin, end) of all loops.
  template <class Body>
  void for_each(std::size_t begin, std::size_t end, const Body& body) const {
    walk(loops_.size(), begin, end, body);
  }

 private:
  /// Visits positions [begin, end) of the outermost `outer` loops.
  template <class Body>
  void walk(std::size_t outer, std::size_t begin, std::size_t end, const Body& body) const {
    std::array<std::int64_t, kMaxLoops> position{};
    Offsets offsets{};
    auto rest = static_cast<std::int64_t>(begin);
    for (std::size_t i = outer; i-- > 0 && begin < end;) {
      position[i] = rest % loops_[i].extent;
      rest /= loops_[i].extent;
      for (std::size_t k = 0; k < N; ++k) offsets[k] += position[i] * loops_[i].strides[k];
    }
    for (std::size_t row = begin; row < end; ++row) {
      body(row, offsets);
      for (std::size_t i = outer; i-- > 0;) {
        const Loop& loop = loops_[i];
        const std::int64_t moves = ++position[i] < loop.extent ? 1 : 1 - loop.extent;
        for (std::size_t k = 0; k < N; ++k) offsets[k] += moves * loop.strides[k];
        if (moves == 1) break;
        position[i] = 0;
      }
    }
  }

  void append(const Loop& next) {
    if (next.extent == 1) return;
    bool merge = !loops_.empty();
    for (std::size_t k = 0; k < N && merge; ++k) {
      merge = loops_.back().strides[k] == next.strides[k] * next.extent;
    }
    if (merge) {
      loops_.back().extent *= next.extent;
      loops_.back().strides = next.strides;
    } else {
      loops_.push_back(next);
    }
  }

  std::vector<Loop> loops_;
};

}  // namespace octavo::ops
