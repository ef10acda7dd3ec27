#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "octavo/export.hpp"
#include "octavo/model.hpp"
#include "octavo/tensor.hpp"

namespace octavo {

/// A node's attributes, by name.
using Attribute =
    std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>, std::vector<float>>;
using Attributes = std::map<std::string, Attribute, std::less<>>;

/// Builds a model in C++: tensors in, constants, nodes, outputs. Operators, their inputs and their
/// attributes are ONNX's in its newest form (axes, pads and the like are inputs, not attributes),
/// and the graph passes the same checks as one that was loaded from a file.
///
///     GraphBuilder builder("mlp");
///     auto x = builder.input("x", DataType::float32, {-1, 784});
///     auto w = builder.constant("w", {784, 10}, weights);
///     builder.output(builder.node("MatMul", {x, w}), "scores");
///     Model model = std::move(builder).build();
///
/// Every function throws Error{invalid_argument} or Error{invalid_graph} with the names involved.
class OCTAVO_EXPORT GraphBuilder {
 public:
  /// A tensor of the graph under construction.
  struct Value {
    std::uint32_t id;
  };
  /// An optional input that is left out.
  static constexpr Value kNone{UINT32_MAX};

  explicit GraphBuilder(std::string name);
  GraphBuilder(GraphBuilder&&) noexcept;
  GraphBuilder& operator=(GraphBuilder&&) noexcept;
  ~GraphBuilder();

  /// An input of the model. A dimension of -1 is free: each session binds it.
  Value input(std::string name, DataType type, Shape shape);

  /// A constant; `elements` are copied and must be as many as the shape holds.
  Value constant(std::string name, Shape shape, std::span<const float> elements);
  Value constant(std::string name, Shape shape, std::span<const std::int64_t> elements);

  /// A node with one output. Without a name it is called after its operator and position.
  Value node(std::string_view op, std::vector<Value> inputs, Attributes attributes = {},
             std::string name = {});

  /// A node with several outputs.
  std::vector<Value> nodes(std::string_view op, std::vector<Value> inputs, std::size_t outputs,
                           Attributes attributes = {}, std::string name = {});

  /// Declares an output of the model under a name.
  void output(Value value, std::string name);

  /// Checks the graph and returns it as a model. The builder is spent.
  [[nodiscard]] Model build() &&;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace octavo
