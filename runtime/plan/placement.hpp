#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/graph/graph.hpp"
#include "runtime/ops/operator.hpp"
#include "runtime/plan/arena.hpp"

namespace octavo {

/// What a step says of where its values may lie, as the functions of Step with these names.
struct StepPlaces {
  InputSet overwritable = 0;
  std::vector<std::size_t> input_places;
  std::vector<std::size_t> output_places;
};

/// Which buffers a graph's values need, and where in them they lie. Views show the bytes of what
/// they view; the parts of a concatenation or a split lie in the whole where they are contiguous
/// pieces of it; and the output of an elementwise step takes the place of an input that nobody
/// reads later. The inputs of the graph are never overwritten.
class Placement {
 public:
  static constexpr std::size_t kNone = SIZE_MAX;

  /// `steps` are those of the nodes that are no views, in their order.
  Placement(const Graph& graph, std::span<const StepPlaces> steps);

  /// The buffers, with the steps from and until which they are in use.
  [[nodiscard]] const std::vector<ArenaRequest>& buffers() const { return buffers_; }
  /// The buffer of a value; kNone when it has none, as constants.
  [[nodiscard]] std::size_t buffer(ValueId id) const { return places_[id].buffer; }
  /// Bytes from the buffer's start.
  [[nodiscard]] std::size_t offset(ValueId id) const { return places_[id].offset; }
  /// The value whose bytes a view shows; any other value itself.
  [[nodiscard]] ValueId viewed(ValueId id) const { return viewed_[id]; }

 private:
  struct Place {
    std::size_t buffer = kNone;
    std::size_t offset = 0;
  };
  class Builder;

  std::vector<ArenaRequest> buffers_;
  std::vector<Place> places_;
  std::vector<ValueId> viewed_;
};

}  // namespace octavo
