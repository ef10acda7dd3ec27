#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "octavo/octavo.hpp"

/// Operator tests in ONNX's own format: a folder with model.onnx and, in each test_data_set_N, the
/// files input_I.pb and output_I.pb.
namespace octavo::test {

/// The tensors of one data set.
struct CaseSet {
  std::vector<std::string> inputs;   ///< encoded TensorProtos
  std::vector<std::string> outputs;  ///< likewise
};

struct Case {
  std::string suite, name;
  std::string model;  ///< the encoded ModelProto
  std::vector<CaseSet> sets;
  std::vector<std::string> inputs;     ///< names, without those of initializers
  std::vector<std::string> operators;  ///< that the model's nodes use, sorted, each once
};

/// All cases below `folder`, in order of suite and name.
std::vector<Case> read_cases(const std::filesystem::path& folder);

/// What became of a case.
struct Outcome {
  enum class Kind : std::uint8_t { passed, differs, refused } kind = Kind::refused;
  std::string reason;         ///< the Error, or where the outputs differ
  bool inputs_fixed = false;  ///< whether inputs had to become constants of the model
};

/// Runs all sets. What gives shapes (axes, sizes ...) must be known when a session is planned, but
/// most cases feed it as an input: a case that is refused runs again with such inputs, then with
/// all inputs but the first, then with all of them as initializers of the model.
Outcome run_case(const Case& test);

}  // namespace octavo::test
