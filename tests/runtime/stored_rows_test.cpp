#include <cstddef>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "octavo/octavo.hpp"

#include "runtime/formats/constant_bytes.hpp"
#include "runtime/graph/graph.hpp"
#include "tests/runtime/sample_models.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace octavo;
using namespace octavo::test;

namespace {

/// Floats at an odd address.
struct OddBytes {
  explicit OddBytes(const std::vector<float>& floats)
      : memory(std::make_shared<std::vector<std::byte>>(floats.size() * sizeof(float) + 1)) {
    std::memcpy(memory->data() + 1, floats.data(), floats.size() * sizeof(float));
  }
  std::shared_ptr<std::vector<std::byte>> memory;
  [[nodiscard]] const std::byte* data() const { return memory->data() + 1; }
};

/// One Linear layer that is all weights.
Model one_layer() {
  GraphBuilder g("one_layer");
  RandomConstants constant(g);
  const auto x = g.input("x", DataType::float32, {1, 1024});
  g.output(g.node("MatMul", {x, constant("w", {1024, 2048})}), "y");
  return std::move(g).build();
}

std::vector<float> result(Session& session) {
  fill(session.input(0).data<float>(), 9);
  session.run();
  return copy(session.output(0));
}

/// How much of a mapped file is in this process's memory; nullopt when the system does not tell.
std::optional<std::size_t> resident_bytes(const std::string& path) {
  std::ifstream maps("/proc/self/smaps");
  if (!maps) return std::nullopt;
  std::size_t bytes = 0;
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    if (line.find('-') < line.find(' ')) inside = line.find(path) != std::string::npos;
    if (inside && line.starts_with("Rss:")) bytes += std::stoul(line.substr(4)) * 1024;
  }
  return bytes;
}

}  // namespace

TEST_CASE("stored rows: any part, in any order, with and without factors") {
  constexpr std::size_t kRows = 37;
  constexpr std::size_t kColumns = 21;
  const std::vector<float> elements = random_values(kRows * kColumns, 1);
  const OddBytes bytes(elements);
  std::vector<double> factors;
  for (const float factor : random_values(kRows, 2)) factors.push_back(double{factor} + 1e-12);
  for (const bool transposed : {false, true}) {
    for (const bool scaled : {false, true}) {
      const StoredRows rows({.owner = bytes.memory,
                             .bytes = bytes.data(),
                             .rows = kRows,
                             .columns = kColumns,
                             .transposed = transposed,
                             .factors = scaled ? factors : std::vector<double>{}});
      const auto expected = [&](std::size_t i, std::size_t j) {
        const float x = elements[transposed ? j * kRows + i : i * kColumns + j];
        return scaled ? static_cast<float>(double{x} * factors[i]) : x;
      };
      for (std::size_t first = 0; first < kRows; ++first) {
        for (std::size_t count = 1; first + count <= kRows; ++count) {
          std::vector<float> found(count * kColumns);
          rows.copy(first, count, found.data());
          std::size_t wrong = 0;
          for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t j = 0; j < kColumns; ++j) {
              if (found[i * kColumns + j] != expected(first + i, j)) ++wrong;
            }
          }
          CHECK(wrong == 0);
        }
      }
      const float* const all = rows.all();
      CHECK(all == rows.all());
      CHECK(all[5 * kColumns + 3] == expected(5, 3));
    }
  }
}

TEST_CASE("stored rows: large constants at any address are not copied before they are needed") {
  for (const std::int64_t rows : {8, 64}) {
    const std::vector<float> elements = random_values(static_cast<std::size_t>(rows) * 100, 3);
    const OddBytes bytes(elements);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()),
                                elements.size() * sizeof(float));
    const Tensor tensor =
        formats::constant_from(DataType::float32, {rows, 10, 10}, text, bytes.memory);
    CHECK((tensor.stored != nullptr) == (rows == 64));
    const auto found = tensor.as<float>();
    CHECK(std::vector<float>(found.begin(), found.end()) == elements);
    CHECK(found.data() == tensor.as<float>().data());
  }
}

TEST_CASE("stored rows: a session leaves the file's weights to the system") {
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "one_layer.octavo").string();
  const Model built = one_layer();
  built.save(path);
  const std::size_t size = std::filesystem::file_size(path);
  for (const Precision precision : {Precision::float32, Precision::int8}) {
    const Model loaded = Model::load(path);
    Session first(loaded, {.precision = precision});
    const auto resident = resident_bytes(path);
    if (resident) {
      CHECK(*resident < size / 4);
    } else {
      MESSAGE("no /proc/self/smaps: what stays in memory is not checked");
    }
    Session second(loaded, {.precision = precision});  // which reads the file again
    Session in_memory(built, {.precision = precision});
    CHECK(result(first) == result(in_memory));
    CHECK(result(second) == result(in_memory));
  }
}
