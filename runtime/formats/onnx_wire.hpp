#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <protozero/pbf_reader.hpp>

#include "octavo/error.hpp"

#include "runtime/concat.hpp"

namespace octavo::formats {

/// Reads a protobuf message field by field. Unlike protozero's own getters, which assume it, these
/// check that a field has the wire type that it is read as. Throws Error or protozero::exception.
///
///     while (reader.next()) switch (reader.field()) { case 1: ... break; default: reader.skip(); }
class WireReader {
 public:
  explicit WireReader(std::string_view message) : reader_(message.data(), message.size()) {}

  bool next() { return reader_.next(); }
  [[nodiscard]] std::uint32_t field() const { return reader_.tag(); }
  void skip() { reader_.skip(); }

  std::int64_t integer() {
    require(protozero::pbf_wire_type::varint);
    return reader_.get_int64();
  }

  float real() {
    require(protozero::pbf_wire_type::fixed32);
    return reader_.get_float();
  }

  /// A string, bytes or a message.
  std::string_view bytes() {
    require(protozero::pbf_wire_type::length_delimited);
    const protozero::data_view view = reader_.get_view();
    return {view.data(), view.size()};
  }

  /// One occurrence of a repeated integer: a single one, or many of them packed.
  void append_integers(std::vector<std::int64_t>& to) {
    if (reader_.has_wire_type(protozero::pbf_wire_type::varint)) {
      to.push_back(reader_.get_int64());
      return;
    }
    const std::string_view packed = bytes();
    const char* position = packed.data();
    const char* const end = position + packed.size();
    while (position != end) {
      to.push_back(static_cast<std::int64_t>(protozero::decode_varint(&position, end)));
    }
  }

  /// One occurrence of a repeated float or double: the bytes of one, or of many packed ones.
  std::string_view fixed_elements(std::size_t element_bytes) {
    const char* const before = reader_.data().data();
    if (reader_.has_wire_type(element_bytes == 4 ? protozero::pbf_wire_type::fixed32
                                                 : protozero::pbf_wire_type::fixed64)) {
      reader_.skip();
      return {before, element_bytes};
    }
    const std::string_view packed = bytes();
    if (packed.size() % element_bytes != 0) fail("holds a part of a number");
    return packed;
  }

 private:
  void require(protozero::pbf_wire_type type) const {
    if (!reader_.has_wire_type(type)) {
      fail(concat({"has wire type ", static_cast<int>(reader_.wire_type()), ", expected ",
                   static_cast<int>(type)}));
    }
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::malformed_file, concat({"protobuf field ", field(), " ", what}));
  }

  protozero::pbf_reader reader_;
};

}  // namespace octavo::formats
