#include "runtime/formats/onnx_node.hpp"

#include <array>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>

#include "runtime/concat.hpp"
#include "runtime/context.hpp"
#include "runtime/formats/onnx_tensor.hpp"
#include "runtime/formats/onnx_wire.hpp"

namespace octavo::formats {
namespace {

/// AttributeProto.AttributeType: the kinds that a node may have here, and the names of all.
enum Kind : std::int64_t { real = 1, integer, string, tensor, graph, reals, integers, strings };
constexpr std::array<std::string_view, 15> kKindNames = {
    "no value",   "a float",         "an integer",     "a string", "a tensor",
    "a subgraph", "floats",          "integers",       "strings",  "tensors",
    "subgraphs",  "a sparse tensor", "sparse tensors", "a type",   "types"};

/// An AttributeProto's fields as they stand in the file. A value that equals its type's default may
/// be left out.
struct Fields {
  std::string name;
  std::optional<std::int64_t> kind;
  float real = 0.0F;
  std::int64_t integer = 0;
  std::string_view string;
  std::string_view tensor;
  std::string_view graph;
  std::vector<float> reals;
  std::vector<std::int64_t> integers;
  std::string strings;     ///< with commas between them
  bool reference = false;  ///< to an attribute of an enclosing function
};

void append_reals(std::vector<float>& to, std::string_view bytes) {
  const std::size_t old = to.size();
  to.resize(old + bytes.size() / sizeof(float));
  if (!bytes.empty()) std::memcpy(to.data() + old, bytes.data(), bytes.size());
}

void read_field(WireReader& reader, Fields& fields) {
  switch (reader.field()) {
    case 1:
      fields.name = reader.bytes();
      break;
    case 2:
      fields.real = reader.real();
      break;
    case 3:
      fields.integer = reader.integer();
      break;
    case 4:
      fields.string = reader.bytes();
      break;
    case 5:
      fields.tensor = reader.bytes();
      break;
    case 6:
      fields.graph = reader.bytes();
      break;
    case 7:
      append_reals(fields.reals, reader.fixed_elements(sizeof(float)));
      break;
    case 8:
      reader.append_integers(fields.integers);
      break;
    case 9:
      fields.strings += (fields.strings.empty() ? "" : ",") + std::string(reader.bytes());
      break;
    case 20:
      fields.kind = reader.integer();
      break;
    case 21:
      fields.reference = !reader.bytes().empty();
      break;
    default:
      reader.skip();
  }
}

[[noreturn]] void refuse(std::int64_t kind) {
  const auto index = static_cast<std::uint64_t>(kind);
  throw Error(ErrorCode::unsupported,
              concat({"holds ",
                      (index < kKindNames.size() ? std::string(kKindNames[index])
                                                 : "a value of kind " + std::to_string(kind)),
                      ", which is not supported"}));
}

void store(Fields& fields, OnnxNode& node, const std::shared_ptr<const void>& owner) {
  if (fields.reference) {
    throw Error(ErrorCode::unsupported, "refers to an attribute of a function");
  }
  if (!fields.kind || *fields.kind == 0) {
    throw Error(ErrorCode::malformed_file, "does not say its type");
  }
  if (node.attributes.contains(fields.name) || node.tensors.contains(fields.name) ||
      node.graphs.contains(fields.name)) {
    throw Error(ErrorCode::malformed_file, "is given twice");
  }
  Attributes& attributes = node.attributes;
  switch (*fields.kind) {
    case Kind::real:
      attributes[fields.name] = fields.real;
      break;
    case Kind::integer:
      attributes[fields.name] = fields.integer;
      break;
    case Kind::string:
      attributes[fields.name] = std::string(fields.string);
      break;
    case Kind::reals:
      attributes[fields.name] = std::move(fields.reals);
      break;
    case Kind::integers:
      attributes[fields.name] = std::move(fields.integers);
      break;
    case Kind::strings:
      attributes[fields.name] = std::move(fields.strings);
      break;
    case Kind::tensor:
      node.tensors.emplace(fields.name, read_onnx_tensor(fields.tensor, owner).tensor);
      break;
    case Kind::graph:
      node.graphs.emplace(fields.name, fields.graph);
      break;
    default:
      refuse(*fields.kind);
  }
}

}  // namespace

std::string describe(const OnnxNode& node) {
  return "node '" + node.name + "' (" + node.op_type + ")";
}

OnnxNode read_onnx_node(std::string_view message, std::size_t position) {
  OnnxNode node;
  WireReader reader(message);
  while (reader.next()) {
    switch (reader.field()) {
      case 1:
        node.inputs.emplace_back(reader.bytes());
        break;
      case 2:
        node.outputs.emplace_back(reader.bytes());
        break;
      case 3:
        node.name = reader.bytes();
        break;
      case 4:
        node.op_type = reader.bytes();
        break;
      case 5:
        node.encoded_attributes.push_back(reader.bytes());
        break;
      case 7:
        node.domain = reader.bytes();
        break;
      default:
        reader.skip();
    }
  }
  if (node.name.empty()) node.name = node.op_type + "_" + std::to_string(position);
  return node;
}

void read_onnx_attributes(OnnxNode& node, const std::shared_ptr<const void>& owner) {
  for (const std::string_view message : node.encoded_attributes) {
    Fields fields;
    in_context([&] { return "attribute '" + fields.name + "'"; },
               [&] {
                 WireReader reader(message);
                 while (reader.next()) read_field(reader, fields);
                 store(fields, node, owner);
               });
  }
}

Tensor value_of_constant(const OnnxNode& node) {
  const std::size_t count = node.attributes.size() + node.tensors.size();
  if (count != 1) {
    throw Error(ErrorCode::malformed_file, concat({count, " attributes, expected one value"}));
  }
  if (const auto tensor = node.tensors.find("value"); tensor != node.tensors.end()) {
    return tensor->second;
  }
  const auto attribute = node.attributes.begin();
  if (attribute == node.attributes.end() || !attribute->first.starts_with("value_")) {
    throw Error(ErrorCode::unsupported,
                "its attribute is not one of value, value_float, "
                "value_floats, value_int and value_ints");
  }
  return std::visit(
      [](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::string>) {
          throw Error(ErrorCode::unsupported, "its value is a string");
          return Tensor();
        } else if constexpr (std::is_arithmetic_v<T>) {
          return Tensor::of<T>({}, std::span(&value, 1));
        } else {
          return Tensor::of({static_cast<std::int64_t>(value.size())}, std::span(value));
        }
      },
      attribute->second);
}

}  // namespace octavo::formats
