#include "runtime/formats/onnx_tensor.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "runtime/concat.hpp"
#include "runtime/context.hpp"
#include "runtime/formats/constant_bytes.hpp"
#include "runtime/formats/onnx_wire.hpp"

namespace octavo::formats {
namespace {

static_assert(std::endian::native == std::endian::little, "ONNX files are little-endian");

/// Elements in one of the fields *_data, or none.
enum class TypedField : std::uint8_t {
  none,
  float_data,
  int32_data,
  int64_data,
  double_data,
  uint64_data
};
constexpr std::array<std::string_view, 6> kTypedFieldNames = {
    "no", "float_data", "int32_data", "int64_data", "double_data", "uint64_data"};

std::string_view name_of(TypedField field) {
  return kTypedFieldNames[static_cast<std::size_t>(field)];
}

struct ElementType {
  std::string_view name;
  std::optional<DataType> type;
  TypedField field = TypedField::none;  ///< where onnx.proto puts such elements
};

/// By TensorProto.DataType.
constexpr std::array<ElementType, 24> kElementTypes = {{
    {"undefined", {}},
    {"float", DataType::float32, TypedField::float_data},
    {"uint8", DataType::uint8, TypedField::int32_data},
    {"int8", DataType::int8, TypedField::int32_data},
    {"uint16", DataType::uint16, TypedField::int32_data},
    {"int16", DataType::int16, TypedField::int32_data},
    {"int32", DataType::int32, TypedField::int32_data},
    {"int64", DataType::int64, TypedField::int64_data},
    {"string", {}},
    {"bool", DataType::boolean, TypedField::int32_data},
    {"float16", DataType::float16, TypedField::int32_data},
    {"double", DataType::float64, TypedField::double_data},
    {"uint32", DataType::uint32, TypedField::uint64_data},
    {"uint64", DataType::uint64, TypedField::uint64_data},
    {"complex64", {}},
    {"complex128", {}},
    {"bfloat16", {}},
    {"float8e4m3fn", {}},
    {"float8e4m3fnuz", {}},
    {"float8e5m2", {}},
    {"float8e5m2fnuz", {}},
    {"uint4", {}},
    {"int4", {}},
    {"float4e2m1", {}},
}};

[[noreturn]] void fail(const std::string& text) {
  throw Error(ErrorCode::malformed_file, text);
}

const ElementType& element_type(std::int64_t number) {
  const auto index = static_cast<std::uint64_t>(number);
  if (index >= kElementTypes.size() || !kElementTypes[index].type) {
    const std::string name = index < kElementTypes.size() ? std::string(kElementTypes[index].name)
                                                          : "number " + std::to_string(number);
    throw Error(index == 0 ? ErrorCode::malformed_file : ErrorCode::unsupported,
                "element type " + name + " is not supported");
  }
  return kElementTypes[index];
}

/// A TensorProto's fields as they stand in the file.
struct Fields {
  std::string name;
  std::vector<std::int64_t> dims;
  std::int64_t type = 0;
  std::optional<std::string_view> raw;
  TypedField typed = TypedField::none;
  std::vector<std::int64_t> integers;  ///< int32_data, int64_data, uint64_data
  std::string_view fixed;              ///< float_data or double_data, when it is one piece
  std::string joined;                  ///< the same, when it came in several

  void use(TypedField field) {
    if (typed != TypedField::none && typed != field) {
      fail(concat({"elements are given in ", name_of(typed), " and in ", name_of(field)}));
    }
    typed = field;
  }

  void append_fixed(TypedField field, std::string_view piece) {
    use(field);
    if (fixed.empty()) {
      fixed = piece;
      return;
    }
    if (joined.empty()) joined = fixed;
    joined += piece;
    fixed = joined;
  }
};

void read_field(WireReader& reader, Fields& fields) {
  switch (reader.field()) {
    case 1:
      reader.append_integers(fields.dims);
      break;
    case 2:
      fields.type = reader.integer();
      break;
    case 3:
      throw Error(ErrorCode::unsupported, "tensors in segments are not supported");
    case 4:
      fields.append_fixed(TypedField::float_data, reader.fixed_elements(4));
      break;
    case 5:
      fields.use(TypedField::int32_data);
      reader.append_integers(fields.integers);
      break;
    case 7:
      fields.use(TypedField::int64_data);
      reader.append_integers(fields.integers);
      break;
    case 8:
      fields.name = reader.bytes();
      break;
    case 9:
      fields.raw = reader.bytes();
      break;
    case 10:
      fields.append_fixed(TypedField::double_data, reader.fixed_elements(8));
      break;
    case 11:
      fields.use(TypedField::uint64_data);
      reader.append_integers(fields.integers);
      break;
    case 14:
      if (reader.integer() != 0) {
        throw Error(ErrorCode::unsupported,
                    "elements in external files are not supported; save the model in one file");
      }
      break;
    default:
      reader.skip();
  }
}

/// Narrows each integer to T and appends its bytes; a value outside of T is an error.
template <class T>
std::vector<std::byte> narrow(const std::vector<std::int64_t>& integers) {
  std::vector<std::byte> bytes(integers.size() * sizeof(T));
  for (std::size_t i = 0; i < integers.size(); ++i) {
    const auto element = static_cast<T>(integers[i]);
    if (static_cast<std::int64_t>(element) != integers[i]) {
      fail(concat({"element ", i, " is ", integers[i], ", outside of its type"}));
    }
    std::memcpy(bytes.data() + i * sizeof(T), &element, sizeof(T));
  }
  return bytes;
}

std::vector<std::byte> narrow(const std::vector<std::int64_t>& integers, DataType type) {
  switch (type) {
    case DataType::int8:
      return narrow<std::int8_t>(integers);
    case DataType::boolean:
    case DataType::uint8:
      return narrow<std::uint8_t>(integers);
    case DataType::int16:
      return narrow<std::int16_t>(integers);
    case DataType::float16:
    case DataType::uint16:
      return narrow<std::uint16_t>(integers);
    case DataType::int32:
      return narrow<std::int32_t>(integers);
    case DataType::uint32:
      return narrow<std::uint32_t>(integers);
    default:
      return narrow<std::int64_t>(integers);
  }
}

Tensor to_tensor(Fields& fields, const std::shared_ptr<const void>& owner) {
  const ElementType& element = element_type(fields.type);
  Shape shape = std::move(fields.dims);
  if (fields.raw && fields.typed != TypedField::none) {
    fail(concat({"elements are given in raw_data and in ", name_of(fields.typed)}));
  }
  if (fields.raw) return constant_from(*element.type, std::move(shape), *fields.raw, owner);
  if (fields.typed != TypedField::none && fields.typed != element.field) {
    fail(concat({"elements of type ", element.name, " are given in ", name_of(fields.typed)}));
  }
  if (element.field == TypedField::float_data || element.field == TypedField::double_data) {
    const auto& kept = fields.joined.empty() ? owner : nullptr;
    return constant_from(*element.type, std::move(shape), fields.fixed, kept);
  }
  const auto bytes = narrow(fields.integers, *element.type);
  return constant_from(*element.type, std::move(shape),
                       {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, nullptr);
}

}  // namespace

DataType data_type_from_onnx(std::int64_t number) {
  return *element_type(number).type;
}

OnnxTensor read_onnx_tensor(std::string_view message, const std::shared_ptr<const void>& owner) {
  Fields fields;
  OnnxTensor result;
  return in_context([&] { return "tensor '" + fields.name + "'"; },
                    [&] {
                      WireReader reader(message);
                      while (reader.next()) read_field(reader, fields);
                      result.tensor = to_tensor(fields, owner);
                      result.name = fields.name;
                      return std::move(result);
                    });
}

}  // namespace octavo::formats
