#include "runtime/formats/safetensors.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "octavo/error.hpp"

#include "runtime/concat.hpp"
#include "runtime/context.hpp"
#include "runtime/formats/constant_bytes.hpp"
#include "runtime/formats/json.hpp"
#include "runtime/formats/json_writer.hpp"
#include "runtime/formats/output_file.hpp"

namespace octavo::formats {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

constexpr std::size_t kLengthBytes = sizeof(std::uint64_t);
/// Of a header. The format's own limit is 100 MB; parsed JSON takes several times its text.
constexpr std::uint64_t kMaxHeader = 16U << 20U;
constexpr int kMaxDepth = 3;
constexpr std::size_t kAlignment = 64;
constexpr const char* kMetadata = "__metadata__";

constexpr std::array<std::pair<std::string_view, DataType>, 12> kTypes = {{
    {"F32", DataType::float32},
    {"F64", DataType::float64},
    {"F16", DataType::float16},
    {"I8", DataType::int8},
    {"U8", DataType::uint8},
    {"I16", DataType::int16},
    {"U16", DataType::uint16},
    {"I32", DataType::int32},
    {"U32", DataType::uint32},
    {"I64", DataType::int64},
    {"U64", DataType::uint64},
    {"BOOL", DataType::boolean},
}};

[[noreturn]] void malformed(const std::string& text) {
  throw Error(ErrorCode::malformed_file, text);
}

DataType type_from(const std::string& name) {
  const auto found = std::ranges::find(kTypes, name, [](const auto& pair) { return pair.first; });
  if (found == kTypes.end()) {
    throw Error(ErrorCode::unsupported, concat({"dtype ", name, " is not supported"}));
  }
  return found->second;
}

std::string name_of(DataType type) {
  return std::string(
      std::ranges::find(kTypes, type, [](const auto& pair) { return pair.second; })->first);
}

struct Place {
  std::uint64_t begin;
  std::uint64_t end;
};

Place read_place(const Json::List& offsets, std::size_t data_bytes) {
  if (offsets.size() != 2) malformed("data_offsets are not two numbers");
  const std::int64_t begin = json_integer(offsets[0], "a data offset");
  const std::int64_t end = json_integer(offsets[1], "a data offset");
  if (begin < 0 || begin > end || static_cast<std::uint64_t>(end) > data_bytes) {
    malformed(concat({"data_offsets [", begin, ", ", end, "] lie outside of the ", data_bytes,
                      " bytes of data"}));
  }
  return {static_cast<std::uint64_t>(begin), static_cast<std::uint64_t>(end)};
}

Tensor read_tensor(const Json& entry, std::string_view data,
                   const std::shared_ptr<const void>& owner, std::vector<Place>& places) {
  const Json::Object& members = json_object(entry, "its entry");
  require_members(members, {"dtype", "shape", "data_offsets"});
  const DataType type = type_from(json_string(json_member(members, "dtype"), "dtype"));
  Shape shape;
  for (const Json& extent : json_list(json_member(members, "shape"), "shape")) {
    shape.push_back(json_integer(extent, "a dimension"));
  }
  const Place place =
      read_place(json_list(json_member(members, "data_offsets"), "data_offsets"), data.size());
  places.push_back(place);
  return constant_from(type, std::move(shape), data.substr(place.begin, place.end - place.begin),
                       owner);
}

/// The data of all tensors together is the rest of the file: nothing overlaps, nothing is hidden.
void require_no_holes(std::vector<Place> places, std::size_t data_bytes) {
  std::ranges::sort(places, {}, [](const Place& p) { return std::pair(p.begin, p.end); });
  std::uint64_t position = 0;
  for (const Place& place : places) {
    if (place.begin != position) {
      malformed(concat(
          {"tensor data overlaps or has a hole at offset ", std::min(place.begin, position)}));
    }
    position = place.end;
  }
  if (position != data_bytes) {
    malformed(concat({"the tensors cover ", position, " of ", data_bytes, " bytes of data"}));
  }
}

std::string_view header_of(std::string_view file) {
  if (file.size() < kLengthBytes) malformed(concat({"a file of ", file.size(), " bytes"}));
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), kLengthBytes);
  if (length > file.size() - kLengthBytes) {
    malformed(concat({"a header of ", length, " bytes in a file of ", file.size()}));
  }
  if (length > kMaxHeader) {
    throw Error(ErrorCode::limit_exceeded,
                concat({"a header of ", length, " bytes, at most ", kMaxHeader, " are supported"}));
  }
  return file.substr(kLengthBytes, length);
}

/// The tensors in the order of their data: what keeps the alignment of 64 bytes first, then larger
/// elements before smaller ones.
std::vector<std::pair<std::string_view, const Tensor*>> in_data_order(
    const std::map<std::string, Tensor>& tensors) {
  std::vector<std::pair<std::string_view, const Tensor*>> result;
  for (const auto& [name, tensor] : tensors) result.emplace_back(name, &tensor);
  std::ranges::sort(result, {}, [](const auto& entry) {
    const Tensor& tensor = *entry.second;
    const bool keeps_alignment = tensor.bytes() % kAlignment == 0;
    return std::tuple(!keeps_alignment, keeps_alignment ? 0 : -std::int64_t(size_of(tensor.type)),
                      entry.first);
  });
  return result;
}

}  // namespace

bool is_safetensors(std::string_view file) {
  // An ONNX file begins with protobuf fields: short strings without zero bytes.
  return file.size() > kLengthBytes && file[kLengthBytes] == '{' &&
         file.substr(4, 4) == std::string_view("\0\0\0\0", 4);
}

Safetensors read_safetensors(std::string_view file, const std::shared_ptr<const void>& owner) {
  const std::string_view text = header_of(file);
  const std::string_view data = file.substr(kLengthBytes + text.size());
  const Json header =
      in_context([] { return std::string("header"); }, [&] { return parse_json(text, kMaxDepth); });
  Safetensors result;
  std::vector<Place> places;
  for (const auto& [name, entry] : json_object(header, "the header")) {
    if (name == kMetadata) {
      for (const auto& [key, value] : json_object(entry, kMetadata)) {
        result.metadata.emplace(key, json_string(value, "metadata '" + key + "'"));
      }
      continue;
    }
    in_context([&name = name] { return "tensor '" + name + "'"; },
               [&, &name = name, &entry = entry] {
                 result.tensors.emplace(name, read_tensor(entry, data, owner, places));
               });
  }
  require_no_holes(std::move(places), data.size());
  return result;
}

void write_safetensors(const Safetensors& contents, const std::filesystem::path& path) {
  JsonWriter header;
  header.begin_object();
  if (!contents.metadata.empty()) {
    header.name(kMetadata).begin_object();
    for (const auto& [key, value] : contents.metadata) header.name(key).value(value);
    header.end_object();
  }
  std::vector<std::span<const std::byte>> chunks(2);
  std::int64_t offset = 0;
  for (const auto& [name, tensor] : in_data_order(contents.tensors)) {
    const std::int64_t end = offset + static_cast<std::int64_t>(tensor->bytes());
    header.name(name).begin_object();
    header.name("dtype").value(name_of(tensor->type));
    header.name("shape").value(tensor->shape);
    header.name("data_offsets").value(std::array{offset, end});
    header.end_object();
    chunks.emplace_back(tensor->data(), tensor->bytes());
    offset = end;
  }
  header.end_object();
  std::string text = header.text();
  const std::size_t unaligned = (kLengthBytes + text.size()) % kAlignment;
  if (unaligned != 0) text.append(kAlignment - unaligned, ' ');
  if (text.size() > kMaxHeader) {
    throw Error(ErrorCode::limit_exceeded,
                concat({path.string(), ": a header of ", text.size(), " bytes, at most ",
                        kMaxHeader, " are supported"}));
  }
  const std::uint64_t length = text.size();
  chunks[0] = std::as_bytes(std::span(&length, 1));
  chunks[1] = std::as_bytes(std::span(text));
  write_file(path, chunks);
}

}  // namespace octavo::formats
