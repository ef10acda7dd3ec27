#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "octavo/graph.hpp"
#include "octavo/tensor.hpp"

#include "runtime/graph/mapped_bytes.hpp"
#include "runtime/graph/stored_rows.hpp"

namespace octavo {

/// The canonical operators: ONNX's newest form of each, and Octavo's own fused ones. Loaders
/// translate every opset to these (runtime/ops/ops.def).
enum class Op : std::uint8_t {
#define OCTAVO_OP(name) name,
#include "runtime/ops/ops.def"
#undef OCTAVO_OP
};

/// The name of an operator, and back; nullopt for one that Octavo does not have.
std::string_view to_string(Op op) noexcept;
std::optional<Op> op_from_name(std::string_view name) noexcept;

/// Constant elements, row-major. `owner` keeps alive what `memory` points into: a mapped file, or a
/// buffer of its own. `memory` is aligned for the element type. Large float32 tensors may be stored
/// in another way instead, as matrices whose rows are slices of the first dimension.
struct Tensor {
  DataType type = DataType::float32;
  Shape shape;
  std::shared_ptr<const void> owner;
  const std::byte* memory = nullptr;
  std::shared_ptr<const StoredRows> stored;

  /// The elements. Those of a tensor that is stored in another way are made by the first call, and
  /// kept: who packs weights reads `stored`.
  [[nodiscard]] const std::byte* data() const {
    return stored != nullptr ? reinterpret_cast<const std::byte*>(stored->all()) : memory;
  }
  /// A float32 tensor that is stored in another way.
  static Tensor of_rows(Shape shape, StoredRows::Source source);
  /// The bytes that hold the elements, whichever way.
  [[nodiscard]] std::span<const std::byte> stored_bytes() const {
    return {stored != nullptr ? stored->source().bytes : memory, bytes()};
  }

  /// The elements; T must be the element type (checked).
  template <class T>
  [[nodiscard]] std::span<const T> as() const {
    require_type(data_type_of<T>());
    return {reinterpret_cast<const T*>(data()), element_count(shape)};
  }
  [[nodiscard]] std::size_t bytes() const { return element_count(shape) * size_of(type); }

  /// A tensor with memory of its own: a copy of `bytes`, or zeros.
  static Tensor copy_of(DataType type, Shape shape, std::span<const std::byte> bytes);
  static Tensor zeros(DataType type, Shape shape);
  template <class T>
  static Tensor of(Shape shape, std::span<const T> elements) {
    return copy_of(data_type_of<T>(), std::move(shape), std::as_bytes(elements));
  }
  /// The elements of a tensor that only the caller holds so far.
  template <class T>
  [[nodiscard]] std::span<T> mutable_elements() {
    const auto elements = as<T>();
    return {const_cast<T*>(elements.data()), elements.size()};
  }

 private:
  void require_type(DataType wanted) const;
};

using ValueId = std::uint32_t;
/// Stands for an optional input that is left out.
inline constexpr ValueId kNoValue = UINT32_MAX;

/// A tensor of the graph. Type and shape of computed values are filled in by shape inference.
struct Value {
  std::string name;
  DataType type = DataType::float32;
  Shape shape;
  std::shared_ptr<const Tensor> constant;  ///< null for a computed value
  /// Whether `constant` was computed from the sizes of free dimensions, and so holds for the bound
  /// shapes only.
  bool shape_dependent = false;
};

struct Node {
  Op op{};
  std::string name;
  std::vector<ValueId> inputs;  ///< kNoValue where an optional input is left out
  std::vector<ValueId> outputs;
  Attributes attributes;
};

/// Values and nodes, the nodes in topological order: every input of a node is a constant, an input
/// of the graph, or an output of an earlier node. `check` (runtime/graph/check.hpp) holds for every
/// graph inside a Model.
struct Graph {
  std::string name;
  std::vector<Value> values;
  std::vector<Node> nodes;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  RangeSettings range_settings;
  MappedBytes file;  ///< that constants may lie in

  /// Appends a value and returns its id.
  ValueId add(Value value) {
    values.push_back(std::move(value));
    return static_cast<ValueId>(values.size() - 1);
  }
  /// Appends a constant.
  ValueId add_constant(std::string constant_name, Tensor tensor);
};

/// Whether any dimension of an input is free.
bool has_free_dimensions(const Graph& graph);

/// "node 'conv1' (Conv)": how messages name a node.
std::string describe(const Node& node);

}  // namespace octavo
