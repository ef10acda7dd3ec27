#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "octavo/export.hpp"
#include "octavo/range.hpp"
#include "octavo/tensor.hpp"

namespace octavo {

struct Graph;
class WeightCache;

/// An input or output as the model declares it; -1 is a free dimension.
struct TensorInfo {
  std::string name;
  DataType type = DataType::float32;
  Shape shape;
};

/// Shapes for inputs with free dimensions, by input name. Free dimensions that nothing binds are 1.
using ShapeBindings = std::map<std::string, Shape, std::less<>>;

/// How weights become int8.
struct WeightQuantization {
  /// The longest chain of exact int16 sums that a layer's weights may be fitted to: 1 to 4; 0 keeps
  /// the full range [-127, 127] of every weight.
  int max_chain = 4;
  /// How much weight precision, in dB of signal to quantization noise, a layer may give up for it.
  float loss_budget_db = 5.0F;
};

/// How sessions of a model choose the ranges of its layers' inputs, unless SessionOptions say
/// otherwise. Layers go by LayerInfo::name. Octavo's own file keeps it (docs/model-file.md).
struct RangeSettings {
  /// The estimator of all layers, as make_estimator takes it; empty: "max".
  std::string estimator = {};
  /// The estimators of single layers.
  std::map<std::string, std::string, std::less<>> layer_estimators = {};
  /// Static ranges: these layers take the same range in every run (octavo/calibration.hpp).
  std::map<std::string, Range, std::less<>> ranges = {};
};

/// A loaded model: an immutable graph with its constants. Cheap to copy (copies share), safe to use
/// from any number of threads and sessions. The file stays mapped while any copy lives.
class OCTAVO_EXPORT Model {
 public:
  /// Loads an ONNX file (.onnx) or Octavo's own (.safetensors); the contents decide, not the name.
  /// Throws Error that names the file and the node or tensor.
  static Model load(const std::filesystem::path& path);

  /// The same from memory, which is copied. `name` stands for the file in messages.
  static Model from_bytes(std::span<const std::byte> bytes, const std::string& name);

  explicit Model(std::shared_ptr<const Graph> graph);

  [[nodiscard]] const std::string& name() const noexcept;
  [[nodiscard]] std::span<const TensorInfo> inputs() const noexcept;
  [[nodiscard]] std::span<const TensorInfo> outputs() const noexcept;

  /// The model with the weights of its linear and convolution layers in int8. Sessions of it give
  /// bit-identical int8 results to int8 sessions of this model. Free dimensions stay free.
  [[nodiscard]] Model quantized(const WeightQuantization& options = {},
                                const ShapeBindings& shapes = {}) const;

  [[nodiscard]] const RangeSettings& range_settings() const noexcept;

  /// The model with other range settings. Throws Error{invalid_argument} for an estimator that
  /// make_estimator refuses, a name that no node has, and a range that is no finite interval.
  [[nodiscard]] Model with_range_settings(RangeSettings settings) const;

  /// Writes Octavo's own file (docs/model-file.md).
  void save(const std::filesystem::path& path) const;

  /// Bytes of packed weights that sessions of this model, its copies and its variants by
  /// with_range_settings() hold now. They share what is equal, and it counts once; what the last
  /// session of them holds goes with it.
  [[nodiscard]] std::size_t packed_weight_bytes() const;

  /// For Octavo's own passes and sessions; opaque types to applications.
  [[nodiscard]] const std::shared_ptr<const Graph>& graph() const noexcept { return graph_; }
  [[nodiscard]] const std::shared_ptr<WeightCache>& weights() const noexcept { return weights_; }

 private:
  std::shared_ptr<const Graph> graph_;
  std::shared_ptr<const std::vector<TensorInfo>> inputs_;
  std::shared_ptr<const std::vector<TensorInfo>> outputs_;
  std::shared_ptr<WeightCache> weights_;
};

}  // namespace octavo
