#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "runtime/concat.hpp"
#include "runtime/formats/onnx_node.hpp"
#include "runtime/graph/graph.hpp"

namespace octavo::formats {

/// A node on its way from an opset's form to the canonical one (runtime/ops/ops.def).
struct Translation {
  const OnnxNode& source;
  std::int64_t opset;
  Graph& graph;
  /// Whether a node or an output of the model reads a tensor.
  const std::function<bool(const std::string&)>& is_read;
  /// Makes the value behind a name of the file, for a node that is added before this one.
  const std::function<ValueId(const std::string&)>& define_output;

  Node node;                         ///< inputs are resolved; outputs are still names:
  std::vector<std::string> outputs;  ///< those of `source` to begin with

  [[noreturn]] static void refuse(const std::string& what);     ///< Error{unsupported}
  [[noreturn]] static void malformed(const std::string& what);  ///< Error{malformed_file}

  void require_inputs(std::size_t low, std::size_t high) const;

  /// Removes an attribute and returns it; nothing when it is not given. Throws when it has another
  /// type than T.
  template <class T>
  std::optional<T> take(std::string_view name) {
    const auto found = node.attributes.find(name);
    if (found == node.attributes.end()) return std::nullopt;
    T* const value = std::get_if<T>(&found->second);
    if (value == nullptr) malformed(concat({"attribute '", name, "' has the wrong type"}));
    std::optional<T> result(std::move(*value));
    node.attributes.erase(found);
    return result;
  }
  std::int64_t take_integer(std::string_view name, std::int64_t otherwise);
  /// Removes an attribute that makes no difference.
  void drop(std::string_view name);

  /// Constants for inputs of the node; `role` becomes a part of their name.
  ValueId add_constant(std::string_view role, Tensor tensor) const;
  ValueId add_integers(std::string_view role, const std::vector<std::int64_t>& elements) const;
  ValueId add_scalar(std::string_view role, float element) const;
  /// Adds a node before this one and returns its output.
  ValueId add_node(Op op, std::string_view role, std::vector<ValueId> inputs) const;

  /// Adds a node before this one that computes one of its further outputs.
  void add_output_node(Op op, const std::string& output, std::vector<ValueId> inputs,
                       Attributes attributes) const;

  /// The constant behind an input; null when it is left out or computed.
  [[nodiscard]] const Tensor* constant_input(std::size_t index) const;

  /// Drops the last outputs, as far as nobody reads them.
  void drop_unread_outputs();

  /// Drops the further outputs of an operator that Octavo computes the first of.
  void keep_first_output();
};

}  // namespace octavo::formats
