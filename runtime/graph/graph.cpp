#include "runtime/graph/graph.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "kernels/aligned_buffer.hpp"
#include "runtime/concat.hpp"

namespace octavo {
namespace {

constexpr std::string_view kOpNames[] = {
#define OCTAVO_OP(name) #name,
#include "runtime/ops/ops.def"
#undef OCTAVO_OP
};

}  // namespace

std::string_view to_string(Op op) noexcept {
  return kOpNames[static_cast<std::size_t>(op)];
}

std::optional<Op> op_from_name(std::string_view name) noexcept {
  for (std::size_t i = 0; i < std::size(kOpNames); ++i) {
    if (kOpNames[i] == name) return static_cast<Op>(i);
  }
  return std::nullopt;
}

Tensor Tensor::zeros(DataType type, Shape shape) {
  Tensor tensor;
  tensor.type = type;
  tensor.shape = std::move(shape);
  auto memory = std::make_shared<kernels::AlignedBuffer<std::byte>>(tensor.bytes());
  tensor.memory = memory->data();
  tensor.owner = std::move(memory);
  return tensor;
}

Tensor Tensor::copy_of(DataType type, Shape shape, std::span<const std::byte> bytes) {
  Tensor tensor = zeros(type, std::move(shape));
  if (bytes.size() != tensor.bytes()) {
    throw Error(ErrorCode::invalid_argument,
                concat({"shape ", tensor.shape, " of ", to_string(type), " takes ", tensor.bytes(),
                        " bytes, but ", bytes.size(), " were given"}));
  }
  if (!bytes.empty()) {
    std::memcpy(const_cast<std::byte*>(tensor.memory), bytes.data(), bytes.size());
  }
  return tensor;
}

Tensor Tensor::of_rows(Shape shape, StoredRows::Source source) {
  Tensor tensor;
  tensor.shape = std::move(shape);
  tensor.stored = std::make_shared<const StoredRows>(std::move(source));
  return tensor;
}

void Tensor::require_type(DataType wanted) const {
  if (wanted == type) return;
  throw Error(ErrorCode::invalid_graph,
              concat({"a constant of ", to_string(type), " is used where ", to_string(wanted),
                      " is expected"}));
}

ValueId Graph::add_constant(std::string constant_name, Tensor tensor) {
  Value value;
  value.name = std::move(constant_name);
  value.type = tensor.type;
  value.shape = tensor.shape;
  value.constant = std::make_shared<const Tensor>(std::move(tensor));
  return add(std::move(value));
}

bool has_free_dimensions(const Graph& graph) {
  return std::ranges::any_of(graph.inputs, [&](ValueId id) {
    return std::ranges::find(graph.values[id].shape, -1) != graph.values[id].shape.end();
  });
}

std::string describe(const Node& node) {
  return "node '" + node.name + "' (" + std::string(to_string(node.op)) + ")";
}

}  // namespace octavo
