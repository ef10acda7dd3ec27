#include "runtime/ops/indices.hpp"

#include "runtime/concat.hpp"

namespace octavo::ops {

Indices::Indices(const NodeView& node, std::size_t index)
    : wide_(node.input(index).type == DataType::int64),
      where_(describe(node.node()) + ": input '" + node.input(index).name + "'") {
  if (!wide_) {
    if (node.input(index).type != DataType::int32) node.require_type(index, DataType::int64);
  }
}

std::size_t Indices::at(const std::byte* data, std::size_t position, std::int64_t extent) const {
  const std::int64_t index = wide_ ? reinterpret_cast<const std::int64_t*>(data)[position]
                                   : reinterpret_cast<const std::int32_t*>(data)[position];
  if (index < -extent || index >= extent) {
    throw Error(ErrorCode::invalid_argument,
                concat({where_, ": index ", index, " lies outside an axis of extent ", extent}));
  }
  return static_cast<std::size_t>(index < 0 ? index + extent : index);
}

}  // namespace octavo::ops
