#include "tools/npy.hpp"

#include <array>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <unistd.h>

#include "octavo/error.hpp"

namespace {

using octavo::DataType;
using octavo::ErrorCode;
using octavo::Shape;
using octavo::tools::Npy;
using octavo::tools::read_npy;
using octavo::tools::write_npy;

/// A name of this process in the folder for temporary files; the file is removed with the object.
class TemporaryFile {
 public:
  TemporaryFile() = default;
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  void write(const std::string& bytes) const {
    std::ofstream stream(path_, std::ios::binary);
    stream << bytes;
    REQUIRE(stream.flush());
  }

  [[nodiscard]] std::string read() const {
    std::ifstream stream(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

 private:
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("octavo_" + std::to_string(::getpid()) + ".npy");
};

std::string little_endian(std::size_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xFF);
  return text;
}

/// A .npy file with this header, as the format's version `major` has it.
std::string file_with(const std::string& header, const std::string& elements, char major = 1) {
  return std::string("\x93NUMPY") + major + '\0' +
         little_endian(header.size(), major == 1 ? 2 : 4) + header + elements;
}

Npy parse(const std::string& bytes) {
  const TemporaryFile file;
  file.write(bytes);
  return read_npy(file.path());
}

/// The code of the error that the bytes lead to, which must name the file; none when they are read.
std::optional<ErrorCode> error_of(const std::string& bytes) {
  const TemporaryFile file;
  file.write(bytes);
  try {
    read_npy(file.path());
  } catch (const octavo::Error& error) {
    CHECK(std::string(error.what()).find(file.path().string()) != std::string::npos);
    return error.code();
  }
  return std::nullopt;
}

std::optional<ErrorCode> error_of_header(const std::string& header, const std::string& elements) {
  return error_of(file_with(header, elements));
}

template <class T>
void check_round_trip(const Shape& shape, const std::vector<T>& values) {
  const TemporaryFile file;
  const DataType type = octavo::data_type_of<T>();
  write_npy(file.path(), type, shape, std::as_bytes(std::span(values)));
  const Npy array = read_npy(file.path());
  CHECK(array.type == type);
  CHECK(array.shape == shape);
  const std::span<const T> elements = array.as<T>();
  CHECK(std::vector<T>(elements.begin(), elements.end()) == values);
}

TEST_CASE_TEMPLATE("npy: every number type is read back as it was written", T, float, double,
                   std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t,
                   std::uint32_t, std::int64_t, std::uint64_t) {
  using Limits = std::numeric_limits<T>;
  check_round_trip<T>({2, 3}, {T{0}, T{1}, T{100}, Limits::lowest(), Limits::max(), Limits::min()});
  check_round_trip<T>({}, {T{7}});
  check_round_trip<T>({1}, {T{7}});
  check_round_trip<T>({3, 0, 2}, {});
}

TEST_CASE("npy: float16 and boolean are read back as they were written") {
  const std::array<std::byte, 2> bytes{std::byte{1}, std::byte{0}};
  const TemporaryFile file;
  write_npy(file.path(), DataType::boolean, {2}, bytes);
  CHECK(read_npy(file.path()).type == DataType::boolean);
  CHECK(read_npy(file.path()).as<bool>()[0]);
  CHECK_FALSE(read_npy(file.path()).as<bool>()[1]);
  write_npy(file.path(), DataType::float16, {1}, bytes);
  CHECK(read_npy(file.path()).type == DataType::float16);
  CHECK(read_npy(file.path()).data == std::vector<std::byte>(bytes.begin(), bytes.end()));
}

TEST_CASE("npy: the writer keeps to version 1.0 and aligns the elements to 64 bytes") {
  const std::array<float, 2> values{1.0F, 2.0F};
  const TemporaryFile file;
  write_npy(file.path(), DataType::float32, {1, 2}, std::as_bytes(std::span(values)));
  const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, ), }";
  const std::string padding(128 - 10 - header.size() - 1, ' ');
  CHECK(file.read() == file_with(header + padding + '\n', {"\0\0\x80\x3F\0\0\0\x40", 8}));
}

TEST_CASE("npy: all versions and spellings of the header are read") {
  const std::string header = "{\"shape\":(2,),\n\t'fortran_order' : False , \"descr\":'<u2'}";
  const std::string elements("\x01\x02\x03\x04", 4);
  for (const char major : {'\1', '\2', '\3'}) {
    const Npy array = parse(file_with(header, elements, major));
    CHECK(array.shape == Shape{2});
    CHECK(array.as<std::uint16_t>()[0] == 0x0201);
    CHECK(array.as<std::uint16_t>()[1] == 0x0403);
  }
  const std::string rest = "', 'fortran_order': False, 'shape': (2, 2)}";
  CHECK(parse(file_with("{'descr': '|i1" + rest, elements)).as<std::int8_t>()[3] == 4);
  CHECK(parse(file_with("{'descr': '=i1" + rest, elements)).shape == Shape{2, 2});
}

TEST_CASE("npy: asking for another element type is an error") {
  const Npy array =
      parse(file_with("{'descr': '<i4', 'fortran_order': False, 'shape': ()}", {"\x05\0\0\0", 4}));
  CHECK(array.as<std::int32_t>()[0] == 5);
  CHECK_THROWS_AS(static_cast<void>(array.as<float>()), octavo::Error);
  CHECK_THROWS_AS(static_cast<void>(array.as<std::uint32_t>()), octavo::Error);
}

TEST_CASE("npy: arrays that Octavo has no representation for are refused as unsupported") {
  for (const std::string descr :
       {"'>f4'", "'f4'", "'<c8'", "'<U4'", "'|O'", "''", "'<'", "[('x', '<f4')]"}) {
    CAPTURE(descr);
    const std::string header = "{'descr': " + descr + ", 'fortran_order': False, 'shape': (1,)}";
    CHECK(error_of_header(header, "1234") == ErrorCode::unsupported);
  }
  CHECK(error_of_header("{'descr': '<f4', 'fortran_order': True, 'shape': (1,)}", "1234") ==
        ErrorCode::unsupported);
}

TEST_CASE("npy: a file cut short anywhere is malformed") {
  const std::string whole =
      file_with("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "12345678");
  CHECK(error_of(whole) == std::nullopt);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(error_of(whole.substr(0, size)) == ErrorCode::malformed_file);
  }
  CHECK(error_of(whole + '\0') == ErrorCode::malformed_file);
}

TEST_CASE("npy: every changed byte of the start and of the header gives an Error or an array") {
  const std::string whole =
      file_with("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "12345678");
  for (std::size_t i = 0; i < whole.size() - 8; ++i) {
    for (const char byte : {'\0', '9', '\'', '(', ')', '{', '}', ',', ' ', '-', '\x7F', '\xFF'}) {
      std::string changed = whole;
      changed[i] = byte;
      CAPTURE(i);
      CHECK_NOTHROW(error_of(changed));  // lets pass nothing but octavo::Error
    }
  }
}

TEST_CASE("npy: a broken start or header is malformed") {
  const std::string good = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}";
  CHECK(error_of(file_with(good, "1234", 4)) == ErrorCode::malformed_file);
  CHECK(error_of(file_with(good, "1234", 0)) == ErrorCode::malformed_file);
  CHECK(error_of("\x89PNG\r\n\x1A\n" + good) == ErrorCode::malformed_file);
  for (const std::string header : {
           "",
           "{}",
           "{'descr': '<f4', 'fortran_order': False}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'descr': '<f4'}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
           "{'descr': '<f4' 'fortran_order': False, 'shape': (1,)}",
           "{'descr': <f4', 'fortran_order': False, 'shape': (1,)}",
           "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (1)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': [1]}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (,)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (1,,)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (1.0,)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,)}",
       }) {
    CAPTURE(header);
    CHECK(error_of_header(header, "1234") == ErrorCode::malformed_file);
  }
}

TEST_CASE("npy: sizes that no file backs are refused before memory is asked for") {
  const auto header = [](const std::string& shape) {
    return "{'descr': '<f8', 'fortran_order': False, 'shape': (" + shape + ")}";
  };
  CHECK(error_of_header(header("1099511627776,"), "12345678") == ErrorCode::malformed_file);
  CHECK(error_of_header(header("9223372036854775807,"), "12345678") == ErrorCode::limit_exceeded);
  CHECK(error_of_header(header("4294967296, 4294967296"), "") == ErrorCode::limit_exceeded);
  std::string ones;
  for (int i = 0; i < 32; ++i) ones += "1, ";
  CHECK(error_of_header(header(ones), "12345678") == std::nullopt);
  CHECK(error_of_header(header(ones + "1"), "12345678") == ErrorCode::limit_exceeded);
  const std::string start("\x93NUMPY\x02\0", 8);
  CHECK(error_of(start + little_endian(0xFFFFFFFF, 4) + "{}") == ErrorCode::limit_exceeded);
}

TEST_CASE("npy: a boolean is 0 or 1") {
  const std::string header = "{'descr': '|b1', 'fortran_order': False, 'shape': (3,)}";
  CHECK(error_of_header(header, {"\0\1\1", 3}) == std::nullopt);
  CHECK(error_of_header(header, {"\0\1\2", 3}) == ErrorCode::malformed_file);
}

TEST_CASE("npy: files that cannot be opened are reported with their name") {
  const std::filesystem::path folder = std::filesystem::temp_directory_path();
  const std::filesystem::path missing = folder / "octavo_no_such_folder" / "x.npy";
  for (const std::filesystem::path& path : {folder, missing}) {
    CAPTURE(path);
    try {
      read_npy(path);
      FAIL("no error");
    } catch (const octavo::Error& error) {
      CHECK(error.code() == ErrorCode::io);
      CHECK(std::string(error.what()).find(path.string()) != std::string::npos);
    }
  }
  CHECK_THROWS_AS(write_npy(missing, DataType::uint8, {0}, {}), octavo::Error);
}

TEST_CASE("npy: the writer refuses data that do not fit the shape") {
  const TemporaryFile file;
  const std::array<std::byte, 4> bytes{};
  CHECK_THROWS_AS(write_npy(file.path(), DataType::float32, {2}, bytes), octavo::Error);
  CHECK_THROWS_AS(write_npy(file.path(), DataType::uint8, {3}, bytes), octavo::Error);
  CHECK_THROWS_AS(write_npy(file.path(), DataType::float32, {-1}, bytes), octavo::Error);
  CHECK_THROWS_AS(write_npy(file.path(), DataType::float32, Shape(33, 1), bytes), octavo::Error);
  CHECK_FALSE(std::filesystem::exists(file.path()));
}

}  // namespace
