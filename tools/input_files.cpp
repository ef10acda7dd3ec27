#include "tools/input_files.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "octavo/error.hpp"

#include "tools/options.hpp"

namespace octavo::tools {
namespace {

bool fits(const Shape& shape, const Shape& declared) {
  if (shape.size() != declared.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (declared[i] != -1 && declared[i] != shape[i]) return false;
  }
  return true;
}

}  // namespace

InputFiles input_files(const std::filesystem::path& folder, const Model& model) {
  const std::size_t count = model.inputs().size();
  const auto file = [&folder](std::size_t i) {
    return folder / ("input_" + std::to_string(i) + ".npy");
  };
  if (std::filesystem::exists(file(count))) {
    throw Error(ErrorCode::invalid_argument, "found " + file(count).string() +
                                                 ", but the model has " + std::to_string(count) +
                                                 " inputs: " + list_inputs(model));
  }
  InputFiles files;
  for (std::size_t i = 0; i < count; ++i) files.push_back(file(i));
  return files;
}

std::vector<Npy> read_inputs(const InputFiles& files, const Model& model, ShapeBindings& shapes) {
  std::vector<Npy> arrays;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const TensorInfo& input = model.inputs()[i];
    const auto bound = shapes.find(input.name);
    const Shape& expected = bound != shapes.end() ? bound->second : input.shape;
    Npy array = read_npy(files[i]);
    if (array.type != input.type || !fits(array.shape, expected)) {
      throw Error(ErrorCode::invalid_argument, "input '" + input.name + "': " + files[i].string() +
                                                   " holds " + describe(array.type, array.shape) +
                                                   "; expected " + describe(input.type, expected));
    }
    if (array.shape != input.shape) shapes[input.name] = array.shape;
    arrays.push_back(std::move(array));
  }
  return arrays;
}

void write_inputs(const std::vector<Npy>& arrays, const Session& session) {
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    std::ranges::copy(arrays[i].data, static_cast<std::byte*>(session.input(i).raw()));
  }
}

std::string describe(DataType type, const Shape& shape) {
  return std::string(to_string(type)) + " " + octavo::to_string(shape);
}

}  // namespace octavo::tools
