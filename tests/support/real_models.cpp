#include "tests/support/real_models.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <stdexcept>

namespace octavo::test {
namespace {

namespace fs = std::filesystem;

std::vector<tools::Npy> numbered(const fs::path& folder, const std::string& stem) {
  std::vector<tools::Npy> arrays;
  for (int i = 0;; ++i) {
    const fs::path file = folder / (stem + "_" + std::to_string(i) + ".npy");
    if (!fs::exists(file)) return arrays;
    arrays.push_back(tools::read_npy(file));
  }
}

struct ClosePipe {
  void operator()(std::FILE* pipe) const { pclose(pipe); }
};

/// The first `size` bytes of a gzip file.
std::vector<unsigned char> gunzip(const fs::path& file, std::size_t size) {
  const std::unique_ptr<std::FILE, ClosePipe> pipe(
      popen(("gzip -dc '" + file.string() + "' 2>/dev/null").c_str(), "r"));
  std::vector<unsigned char> bytes(size);
  if (pipe == nullptr || std::fread(bytes.data(), 1, size, pipe.get()) != size) {
    throw std::runtime_error("cannot read " + file.string());
  }
  return bytes;
}

/// The first 1000 test images, 28x28 (http://yann.lecun.com/exdb/mnist, IDX format).
std::vector<std::vector<float>> mnist_images(const fs::path& data, float scale) {
  constexpr std::size_t kHeader = 16;
  constexpr std::size_t kImages = 1000;
  constexpr std::size_t kPixels = std::size_t{28} * 28;
  const auto bytes =
      gunzip(data / "data/mnist/t10k-images-idx3-ubyte.gz", kHeader + kImages * kPixels);
  std::vector<std::vector<float>> images(kImages);
  for (std::size_t i = 0; i < kImages; ++i) {
    for (std::size_t p = 0; p < kPixels; ++p) {
      images[i].push_back(static_cast<float>(bytes[kHeader + i * kPixels + p]) * scale);
    }
  }
  return images;
}

/// The CIFAR-10 images, [images, 3, 32, 32].
std::vector<std::vector<float>> cifar_images(const fs::path& data) {
  const tools::Npy array = tools::read_npy(data / "data/cifar10/cifar242_u8.npy");
  const auto bytes = array.as<std::uint8_t>();
  std::vector<std::vector<float>> images(static_cast<std::size_t>(array.shape[0]));
  const std::size_t size = bytes.size() / images.size();
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto image = bytes.subspan(i * size, size);
    images[i].assign(image.begin(), image.end());
  }
  return images;
}

}  // namespace

const std::vector<std::string>& real_model_names() {
  static const std::vector<std::string> names{"mnist_fc_256x4",
                                              "mnist_cntk",
                                              "mlperf_resnet8",
                                              "mlperf_ad01",
                                              "mobilenet_v1_025_128",
                                              "crepe_tiny",
                                              "ultraface_rfb320",
                                              "fastestdet",
                                              "yunet_n_320",
                                              "vit_pgd_2_3_16",
                                              "silero_vad_openvino",
                                              "dtln_1",
                                              "gtcrn"};
  return names;
}

const std::vector<std::string>& evaluated_model_names() {
  static const std::vector<std::string> names{"mnist_fc_256x4", "mnist_cntk", "mlperf_resnet8"};
  return names;
}

std::vector<StoredSet> stored_sets(const fs::path& folder) {
  std::vector<StoredSet> sets;
  for (fs::path set = folder; fs::exists(set / "input_0.npy");
       set = folder / ("set" + std::to_string(sets.size()))) {
    sets.push_back({numbered(set, "input"), numbered(set, "output")});
  }
  return sets;
}

Evaluation evaluation_of(const fs::path& data, const std::string& model) {
  Evaluation evaluation;
  evaluation.images = model == "mlperf_resnet8"
                          ? cifar_images(data)
                          : mnist_images(data, model == "mnist_cntk" ? 1.0F : 1.0F / 255.0F);
  const tools::Npy scores = tools::read_npy(data / "models" / model / "eval_output.npy");
  const auto elements = scores.as<float>();
  const auto classes = static_cast<std::size_t>(scores.shape.back());
  for (std::size_t i = 0; i < evaluation.images.size(); ++i) {
    const auto row = elements.subspan(i * classes, classes);
    evaluation.scores.emplace_back(row.begin(), row.end());
  }
  return evaluation;
}

void write_inputs(Session& session, const StoredSet& set) {
  for (std::size_t i = 0; i < set.inputs.size(); ++i) {
    std::ranges::copy(set.inputs[i].as<float>(), session.input(i).data<float>().begin());
  }
}

void write_input(Session& session, const std::vector<float>& image) {
  std::ranges::copy(image, session.input(0).data<float>().begin());
}

ShapeBindings shapes_of(const Model& model, const StoredSet& set) {
  ShapeBindings shapes;
  for (std::size_t i = 0; i < set.inputs.size(); ++i) {
    shapes[model.inputs()[i].name] = set.inputs[i].shape;
  }
  return shapes;
}

}  // namespace octavo::test
