#include "tests/conformance/cases.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "runtime/formats/onnx_model.hpp"
#include "runtime/formats/onnx_tensor.hpp"
#include "tests/conformance/compare.hpp"

namespace octavo::test {
namespace {

namespace fs = std::filesystem;
using formats::OnnxTensor;

constexpr protozero::pbf_tag_type kModelGraph = 7;
constexpr protozero::pbf_tag_type kGraphInitializer = 5;
constexpr protozero::pbf_tag_type kTensorName = 8;

std::string read_file(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> read_numbered(const fs::path& folder, const std::string& stem) {
  std::vector<std::string> files;
  for (;;) {
    const fs::path file = folder / (stem + "_" + std::to_string(files.size()) + ".pb");
    if (!fs::exists(file)) return files;
    files.push_back(read_file(file));
  }
}

std::vector<fs::path> sorted_folders(const fs::path& folder) {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::ranges::sort(folders);
  return folders;
}

/// Names of the model's inputs and operators; none where Octavo's reader refuses the file.
void read_names(Case& test) {
  try {
    const formats::OnnxModel model = formats::read_onnx_model(test.model);
    std::set<std::string> constants;
    for (const std::string_view message : model.initializers) {
      constants.insert(formats::read_onnx_tensor(message, nullptr).name);
    }
    for (const auto& input : model.inputs) {
      if (!constants.contains(input.name)) test.inputs.push_back(input.name);
    }
    std::set<std::string> operators;
    for (const auto& node : model.nodes) operators.insert(node.op_type);
    test.operators.assign(operators.begin(), operators.end());
  } catch (const Error&) {
  }
}

OnnxTensor decode(const std::string& message) {
  return formats::read_onnx_tensor(message, std::make_shared<int>());
}

/// The same tensor under another name.
std::string renamed(const std::string& message, const std::string& name) {
  std::string result;
  protozero::pbf_writer(result).add_string(kTensorName, name);
  return message + result;  // of a field that occurs twice, the last counts
}

/// The model with further initializers.
std::string with_initializers(const std::string& model, const std::vector<std::string>& tensors) {
  std::string result;
  protozero::pbf_writer writer(result);
  protozero::pbf_reader reader(model);
  while (reader.next()) {
    if (reader.tag() != kModelGraph) {
      const auto tag = static_cast<protozero::pbf_tag_type>(reader.tag());
      if (reader.wire_type() == protozero::pbf_wire_type::varint) {
        writer.add_int64(tag, reader.get_int64());
      } else {
        writer.add_bytes(tag, reader.get_view());
      }
      continue;
    }
    std::string graph(reader.get_view());
    protozero::pbf_writer graph_writer(graph);
    for (const std::string& tensor : tensors) graph_writer.add_message(kGraphInitializer, tensor);
    writer.add_message(kModelGraph, graph);
  }
  return result;
}

/// Which inputs become constants; the names of the runs of run_case.
enum class Fixed : std::uint8_t { none, shapes, all_but_first, all };

bool is_fixed(Fixed fixed, std::size_t index, const Tensor& tensor) {
  switch (fixed) {
    case Fixed::none:
      return false;
    case Fixed::shapes:
      return index > 0 && tensor.shape.size() <= 1 && tensor.type != DataType::float32;
    case Fixed::all_but_first:
      return index > 0;
    case Fixed::all:
      return true;
  }
  return false;
}

Outcome run_set(const Case& test, const CaseSet& set, Fixed fixed) {
  std::vector<OnnxTensor> fed;
  std::vector<std::string> constants;
  ShapeBindings shapes;
  for (std::size_t i = 0; i < set.inputs.size(); ++i) {
    OnnxTensor input = decode(set.inputs[i]);
    input.name = test.inputs.at(i);
    if (is_fixed(fixed, i, input.tensor)) {
      constants.push_back(renamed(set.inputs[i], input.name));
    } else {
      fed.push_back(std::move(input));
    }
  }
  const std::string file = with_initializers(test.model, constants);
  const Model model = Model::from_bytes(std::as_bytes(std::span(file)), "model.onnx");
  for (const OnnxTensor& input : fed) {
    if (element_count(input.tensor.shape) != 0) shapes[input.name] = input.tensor.shape;
  }
  Session session(model, {.precision = Precision::float32, .shapes = shapes});
  for (const OnnxTensor& input : fed) {
    const TensorView view = session.input(input.name);
    if (view.type() != input.tensor.type || view.bytes() != input.tensor.bytes()) {
      return {Outcome::Kind::differs, "input '" + input.name + "' has another type or size"};
    }
    if (view.bytes() != 0) std::memcpy(view.raw(), input.tensor.data(), view.bytes());
  }
  session.run();
  for (std::size_t i = 0; i < set.outputs.size(); ++i) {
    const std::string difference = compare(session.output(i), decode(set.outputs[i]).tensor);
    if (!difference.empty()) return {Outcome::Kind::differs, difference};
  }
  return {Outcome::Kind::passed, {}};
}

Outcome run_sets(const Case& test, Fixed fixed) {
  try {
    for (const CaseSet& set : test.sets) {
      Outcome outcome = run_set(test, set, fixed);
      if (outcome.kind != Outcome::Kind::passed) return outcome;
    }
    return {Outcome::Kind::passed, {}};
  } catch (const Error& error) {
    return {Outcome::Kind::refused, error.what()};
  }
}

}  // namespace

std::vector<Case> read_cases(const fs::path& folder) {
  std::vector<Case> cases;
  for (const fs::path& suite : sorted_folders(folder)) {
    for (const fs::path& path : sorted_folders(suite)) {
      Case test;
      test.suite = suite.filename();
      test.name = path.filename();
      test.model = read_file(path / "model.onnx");
      for (const fs::path& set : sorted_folders(path)) {
        test.sets.push_back({read_numbered(set, "input"), read_numbered(set, "output")});
      }
      read_names(test);
      cases.push_back(std::move(test));
    }
  }
  return cases;
}

Outcome run_case(const Case& test) {
  Outcome outcome = run_sets(test, Fixed::none);
  for (const Fixed fixed : {Fixed::shapes, Fixed::all_but_first, Fixed::all}) {
    if (outcome.kind != Outcome::Kind::refused) return outcome;
    outcome = run_sets(test, fixed);
    outcome.inputs_fixed = true;
  }
  return outcome;
}

}  // namespace octavo::test
