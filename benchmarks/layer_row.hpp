#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/layer_shape.hpp"

namespace octavo::bench {

/// A layer of LayerData, ready to run.
class Layer {
 public:
  virtual ~Layer() = default;
  /// Computes the layer once and returns the seconds that it took.
  virtual double run() = 0;
  /// The result, channels-last.
  [[nodiscard]] virtual std::vector<float> output() const = 0;
  /// The kernel family or implementation that was chosen.
  [[nodiscard]] virtual std::string method() const = 0;
};

/// Who computes a layer, and how.
struct Contender {
  std::string_view who;
  std::string_view precision;  ///< "float32", "float32-winograd" or "int8"
  std::size_t threads;
};

/// Layers from this size on are measured on two threads as well.
inline constexpr double kTwoThreadMac = 50e6;

/// The numbers of threads that a layer is measured on.
std::vector<std::size_t> thread_counts(const LayerShape& shape);

/// Registers the row layer/<shape>/<who>/<precision>/t<threads>. The layer is made at the first use
/// and kept; its result must then be that of Octavo in float32, or the row is an error.
void register_layer(const LayerShape& shape, const Contender& contender,
                    std::function<std::unique_ptr<Layer>()> make);

/// The result of Octavo in float32 on one thread.
const std::vector<float>& expected_output(const LayerShape& shape);

}  // namespace octavo::bench
