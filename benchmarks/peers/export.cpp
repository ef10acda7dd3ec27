// octavo_export FOLDER: writes the built-in models as ONNX files with an input for each,
// FOLDER/NAME/{model.onnx,input_0.npy}, laid out like the models of the test data folder.

#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "octavo/error.hpp"
#include "octavo/graph.hpp"

#include "benchmarks/peers/onnx_writer.hpp"
#include "tools/builtin_models.hpp"
#include "tools/npy.hpp"
#include "tools/seeded_normal.hpp"

namespace {

using namespace octavo;

namespace fs = std::filesystem;

/// A model of one node that does nothing: what it costs to call an engine.
Model make_identity() {
  GraphBuilder builder("identity");
  const auto x = builder.input("x", DataType::float32, {-1, 1});
  builder.output(builder.node("Identity", {x}), "y");
  return std::move(builder).build();
}

void export_model(const Model& model, std::int64_t batch, const fs::path& folder) {
  const TensorInfo& input = model.inputs()[0];
  Shape shape = input.shape;
  shape[0] = batch;
  std::vector<float> values(element_count(shape));
  tools::SeededNormal(1).fill(values, 0.0F, 1.0F);
  fs::create_directories(folder);
  tools::write_npy(folder / "input_0.npy", DataType::float32, shape,
                   std::as_bytes(std::span(values)));
  const fs::path path = folder / "model.onnx";
  std::ofstream file(path, std::ios::binary);
  file << bench::to_onnx(model, {{input.name, shape}});
  if (!file.flush()) throw Error(ErrorCode::io, path.string() + ": cannot be written");
}

void export_all(const fs::path& folder) {
  const Model mlp = tools::make_mlp();
  export_model(mlp, 1, folder / "mlp-batch1");
  export_model(mlp, 16, folder / "mlp-batch16");
  export_model(tools::make_resnet18(), 1, folder / "resnet18");
  export_model(tools::make_mobilenet_v2(), 1, folder / "mobilenet_v2");
  export_model(tools::make_encoder(16), 1, folder / "encoder-seq16");
  export_model(tools::make_encoder(128), 1, folder / "encoder-seq128");
  export_model(make_identity(), 1, folder / "identity");
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) {
    std::cerr << "usage: octavo_export FOLDER\n";
    return 1;
  }
  export_all(argv[1]);
} catch (const std::exception& error) {
  std::cerr << "octavo_export: " << error.what() << '\n';
  return 1;
}
