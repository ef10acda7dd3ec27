#include "tools/npy.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

// The format is specified in NumPy's NEP 1 and in the documentation of numpy.lib.format.

namespace octavo::tools {
namespace {

static_assert(std::endian::native == std::endian::little, "elements are stored as they are");

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kAlignment = 64;         // of the first element, as NumPy writes it
constexpr std::size_t kMaxHeader = 64 * 1024;  // NumPy itself trusts no more than 10000 by default
constexpr std::size_t kMaxRank = 32;           // as in NumPy 1

constexpr std::array<std::pair<std::string_view, DataType>, 12> kTypeCodes{{
    {"f4", DataType::float32},
    {"f8", DataType::float64},
    {"f2", DataType::float16},
    {"i1", DataType::int8},
    {"u1", DataType::uint8},
    {"i2", DataType::int16},
    {"u2", DataType::uint16},
    {"i4", DataType::int32},
    {"u4", DataType::uint32},
    {"i8", DataType::int64},
    {"u8", DataType::uint64},
    {"b1", DataType::boolean},
}};

[[noreturn]] void fail(ErrorCode code, const std::filesystem::path& file,
                       const std::string& message) {
  throw Error(code, file.string() + ": " + message);
}

/// The beginning of a text from a file, fit to be printed.
std::string excerpt(std::string_view text) {
  std::string shown(text.substr(0, 24));
  std::ranges::replace_if(
      shown, [](char c) { return c < ' ' || c > '~'; }, '?');
  return "\"" + shown + "\"";
}

/// Reads the header, a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (2,
/// 3)}.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::filesystem::path& file)
      : rest_(text), file_(file) {}

  /// The array that the header describes, without its elements.
  Npy parse() {
    expect('{');
    while (!accept('}')) {
      parse_entry();
      if (peek() != '}') expect(',');
    }
    skip_spaces();
    if (!rest_.empty()) unexpected("the end of the header");
    if (!type_ || !fortran_order_ || !shape_) {
      fail(ErrorCode::malformed_file, file_,
           "the .npy header lacks 'descr', 'fortran_order' or 'shape'");
    }
    if (*fortran_order_) {
      fail(ErrorCode::unsupported, file_,
           "the array is in Fortran order; expected C order (numpy.ascontiguousarray converts it)");
    }
    Npy array;
    array.type = *type_;
    array.shape = *std::move(shape_);
    return array;
  }

 private:
  void parse_entry() {
    const std::string_view key = parse_string();
    expect(':');
    if (key == "descr" && !type_) {
      type_ = parse_type();
    } else if (key == "fortran_order" && !fortran_order_) {
      fortran_order_ = parse_bool();
    } else if (key == "shape" && !shape_) {
      shape_ = parse_shape();
    } else {
      fail(ErrorCode::malformed_file, file_,
           "unknown or repeated key " + excerpt(key) + " in the .npy header");
    }
  }

  DataType parse_type() {
    const bool structured = peek() == '[';
    const std::string_view text = structured ? rest_ : parse_string();
    if (!structured && !text.empty() &&
        std::string_view("<|=").find(text[0]) != std::string_view::npos) {
      for (const auto& [code, type] : kTypeCodes) {
        if (text.substr(1) == code) return type;
      }
    }
    fail(ErrorCode::unsupported, file_,
         "element type " + excerpt(text) +
             "; expected little-endian f2, f4, f8, i1 to i8, u1 to u8 or b1");
  }

  bool parse_bool() {
    skip_spaces();
    const bool value = rest_.starts_with("True");
    if (!value && !rest_.starts_with("False")) unexpected("True or False");
    rest_.remove_prefix(value ? 4 : 5);
    return value;
  }

  Shape parse_shape() {
    Shape shape;
    expect('(');
    while (!accept(')')) {
      if (shape.size() == kMaxRank) {
        fail(ErrorCode::limit_exceeded, file_,
             "more than " + std::to_string(kMaxRank) + " dimensions");
      }
      shape.push_back(parse_extent());
      // Python needs the comma in (3,): (3) is a number.
      if (peek() != ')' || shape.size() == 1) expect(',');
    }
    return shape;
  }

  std::int64_t parse_extent() {
    skip_spaces();
    std::int64_t value = -1;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{} || value < 0) unexpected("an extent from 0 to 2^63 - 1");
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }

  std::string_view parse_string() {
    const char quote = peek();
    const std::size_t end = rest_.find(quote, 1);
    if ((quote != '\'' && quote != '"') || end == std::string_view::npos)
      unexpected("a string in quotes");
    const std::string_view text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return text;
  }

  void skip_spaces() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
  }

  /// The character after spaces, '\0' at the end.
  char peek() {
    skip_spaces();
    return rest_.empty() ? '\0' : rest_.front();
  }

  bool accept(char wanted) {
    const bool found = peek() == wanted;
    if (found) rest_.remove_prefix(1);
    return found;
  }

  void expect(char wanted) {
    if (!accept(wanted)) unexpected(std::string("'") + wanted + "'");
  }

  [[noreturn]] void unexpected(const std::string& expected) const {
    fail(ErrorCode::malformed_file, file_,
         "the .npy header has " + excerpt(rest_) + "; expected " + expected);
  }

  std::string_view rest_;
  const std::filesystem::path& file_;
  std::optional<DataType> type_;
  std::optional<bool> fortran_order_;
  std::optional<Shape> shape_;
};

std::string read_text(std::istream& stream, std::size_t size, const std::filesystem::path& path) {
  std::string text(size, '\0');
  if (!stream.read(text.data(), static_cast<std::streamsize>(size))) {
    fail(ErrorCode::malformed_file, path, "the file ends inside the .npy header");
  }
  return text;
}

/// Reads up to the first element and returns the array without its elements.
Npy read_header(std::istream& stream, const std::filesystem::path& path) {
  const std::string start = read_text(stream, kMagic.size() + 2, path);
  const char major = start[kMagic.size()];
  const char minor = start[kMagic.size() + 1];
  if (!start.starts_with(kMagic) || major < 1 || major > 3 || minor != 0) {
    fail(ErrorCode::malformed_file, path,
         "starts with " + excerpt(start) + "; expected a .npy file of version 1.0, 2.0 or 3.0");
  }
  std::uint32_t length = 0;
  const std::string field = read_text(stream, major == 1 ? 2 : 4, path);
  std::memcpy(&length, field.data(), field.size());
  if (length > kMaxHeader) {
    fail(ErrorCode::limit_exceeded, path,
         "the .npy header has " + std::to_string(length) + " bytes; the limit is " +
             std::to_string(kMaxHeader));
  }
  const std::string header = read_text(stream, length, path);
  return HeaderParser(header, path).parse();
}

/// element_count(shape) * size_of(type), with the file's name in errors.
std::size_t byte_count(const Npy& array, const std::filesystem::path& path) {
  try {
    return element_count(array.shape) * size_of(array.type);
  } catch (const Error& error) {
    fail(error.code(), path, error.what());
  }
}

std::string header_of(DataType type, const Shape& shape) {
  const auto* const code =
      std::ranges::find(kTypeCodes, type, [](const auto& e) { return e.second; });
  std::string header = "{'descr': '";
  header += size_of(type) == 1 ? '|' : '<';
  header += code->first;
  header += "', 'fortran_order': False, 'shape': (";
  for (const std::int64_t extent : shape) header += std::to_string(extent) + ", ";
  header += "), }";
  const std::size_t fixed = kMagic.size() + 4;  // magic, version and the two bytes of the length
  const std::size_t unpadded = fixed + header.size() + 1;
  header.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  return header + '\n';
}

}  // namespace

void Npy::require_type(DataType wanted) const {
  if (wanted != type) {
    throw Error(ErrorCode::invalid_argument, "the array holds " + std::string(to_string(type)) +
                                                 "; asked for " + std::string(to_string(wanted)));
  }
}

Npy read_npy(const std::filesystem::path& path) {
  std::error_code error;
  const std::uintmax_t file_bytes = std::filesystem::file_size(path, error);
  // Asked first: opening a pipe would wait for its writer.
  if (error) fail(ErrorCode::io, path, error.message());
  std::ifstream stream(path, std::ios::binary);
  if (!stream) fail(ErrorCode::io, path, "cannot be opened");
  Npy array = read_header(stream, path);
  const std::size_t bytes = byte_count(array, path);
  const std::uintmax_t found = file_bytes - static_cast<std::uintmax_t>(stream.tellg());
  if (found != bytes) {  // checked before the memory is asked for
    fail(ErrorCode::malformed_file, path,
         "the elements take " + std::to_string(found) + " bytes; expected " +
             std::to_string(bytes) + " for " + std::string(to_string(array.type)) + " " +
             to_string(array.shape));
  }
  array.data.resize(bytes);
  stream.read(reinterpret_cast<char*>(array.data.data()), static_cast<std::streamsize>(bytes));
  if (!stream) fail(ErrorCode::io, path, "cannot be read to its end");
  const auto is_boolean = [](std::byte b) { return b <= std::byte{1}; };
  if (array.type == DataType::boolean && !std::ranges::all_of(array.data, is_boolean)) {
    fail(ErrorCode::malformed_file, path, "a boolean element is neither 0 nor 1");
  }
  return array;
}

void write_npy(const std::filesystem::path& path, DataType type, const Shape& shape,
               std::span<const std::byte> data) {
  const std::size_t bytes = element_count(shape) * size_of(type);
  if (data.size() != bytes || shape.size() > kMaxRank) {
    fail(ErrorCode::invalid_argument, path,
         "cannot write " + std::to_string(data.size()) + " bytes as " +
             std::string(to_string(type)) + " " + to_string(shape) + "; expected " +
             std::to_string(bytes) + " bytes and at most " + std::to_string(kMaxRank) +
             " dimensions");
  }
  const std::string header = header_of(type, shape);
  const auto length = static_cast<std::uint16_t>(header.size());
  std::ofstream stream(path, std::ios::binary);
  stream << kMagic << '\x01' << '\x00';
  stream.write(reinterpret_cast<const char*>(&length), sizeof(length));
  stream << header;
  stream.write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(bytes));
  if (!stream.flush()) fail(ErrorCode::io, path, "cannot be written");
}

}  // namespace octavo::tools
