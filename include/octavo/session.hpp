#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "octavo/export.hpp"
#include "octavo/model.hpp"
#include "octavo/parallel.hpp"
#include "octavo/range_estimator.hpp"
#include "octavo/tensor.hpp"
#include "octavo/tuning.hpp"

namespace octavo {

/// What linear, convolution and recurrent layers, and products of two activations, compute in.
enum class Precision : std::uint8_t {
  float32,
  int8,       ///< wherever an int8 kernel applies; depthwise convolutions stay float
  automatic,  ///< per layer, whichever is faster here: as tuned before, measured, or estimated
};

/// What shares one activation range. In a product of two activations every row of the left one has
/// its own range at any scope, and every column of the right one its own scale.
enum class RangeScope : std::uint8_t {
  batch,  ///< the whole tensor
  row,    ///< each sample (convolution), row (linear) or sample of a step (recurrent): results do
          ///< not depend on the batch
};

struct SessionOptions {
  Precision precision = Precision::automatic;
  Scheme scheme = Scheme::asymmetric;
  RangeScope range_scope = RangeScope::batch;
  /// The range estimator of all layers; null: those of the model (RangeSettings), or else "max"
  /// (the extrema).
  std::shared_ptr<const RangeEstimator> estimator = nullptr;
  /// The estimators of single layers, by LayerInfo::name. These layers take no static range.
  std::map<std::string, std::shared_ptr<const RangeEstimator>, std::less<>> layer_estimators = {};
  /// Whether layers take the static ranges of the model, where it has them, instead of measuring.
  /// The states of recurrent layers are always measured.
  bool static_ranges = true;
  /// The share of a layer's input, 0 to 1, that a static range may clip. In a batch (a row with
  /// RangeScope::row) of which it would clip more, the layer takes the range that its estimator
  /// finds. Nothing: static ranges always hold.
  std::optional<float> clip_guard = {};
  WeightQuantization weights = {};
  /// Choices that an earlier session made (Session::tuning); Precision::automatic follows them.
  Tuning tuning = {};
  /// How long Precision::automatic may measure layers that `tuning` knows nothing of. Without time
  /// (0), and for layers that it does not suffice for, a cost model decides (docs/tuning.md).
  std::chrono::milliseconds tune_budget{200};
  /// Computes float convolutions with 3x3 kernels and stride 1 by Winograd's algorithm F(4x4, 3x3)
  /// where they are large enough: up to three times as fast, with rounding errors less than twice
  /// as large (on normally distributed data 1e-6 of the largest output instead of 6e-7 for 64
  /// channels, 2e-6 instead of 1.4e-6 for 256). NaN and infinity reach up to 4 positions, not 1.
  bool float_winograd = false;
  /// Shapes of inputs with free dimensions.
  ShapeBindings shapes = {};
  /// Threads that one run() uses. More than 1 makes a pool, unless `parallel` lends one.
  std::size_t threads = 1;
  std::shared_ptr<Parallel> parallel = nullptr;
  /// An instruction set by name (octavo/cpu.hpp); empty: the best of this machine.
  std::string isa = {};
};

/// A layer as the session planned it, in execution order.
struct LayerInfo {
  std::string name;              ///< the node's name in the file, or one made from its operator
  std::string op;                ///< canonical operator, such as "Conv" or "Linear"
  Shape output_shape;            ///< in the layout of the ONNX file (NCHW)
  std::uint64_t macs = 0;        ///< multiply-accumulates; 0 for layers that are not products
  std::uint64_t parameters = 0;  ///< constant elements that the layer reads
  std::uint64_t int8_bytes = 0;  ///< of these, with int8 weights where an int8 kernel applies
  bool quantizable = false;      ///< whether an int8 kernel applies
  Precision precision = Precision::float32;  ///< float32 or int8, as planned
  std::string kernel;                        ///< the kernel family, such as "int8 chain 4"
  /// What Precision::automatic measured, now or when `tuning` was made, and the method that it
  /// chose first; empty where the cost model decided.
  std::vector<MethodTime> measured;
};

/// A layer's first input and first output, in the order of memory: channels last where the layer
/// before or after is a convolution. Empty where that tensor is not float32 or is left out, and for
/// an input whose place the output has taken.
struct LayerTensors {
  std::span<const float> input;
  std::span<const float> output;
  /// The range that the input was quantized by, or one for each of its rows (RangeScope::row);
  /// empty for layers that compute in float32.
  std::span<const Range> input_ranges;
};

/// What Session::run_observed calls. The spans hold until it returns.
using LayerObserver = std::function<void(std::size_t layer, const LayerTensors& tensors)>;

/// A model planned for fixed shapes on this machine: packed weights, kernels, arena. One caller at
/// a time; sessions of one Model are independent, but for the packed weights that they share: they
/// may be made, used and destroyed on different threads at once. The Model itself is needed no
/// longer, but a session of one with free dimensions keeps it for resize().
class OCTAVO_EXPORT Session {
 public:
  /// Plans. Throws Error when shapes do not fit, an operator is unsupported or an option is wrong.
  explicit Session(const Model& model, SessionOptions options = {});
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  [[nodiscard]] std::size_t input_count() const noexcept;
  [[nodiscard]] std::size_t output_count() const noexcept;

  /// Inputs are written and outputs read in place, in the shapes of the model file. The windows
  /// stay valid for the session's life; inputs keep their contents over a run.
  [[nodiscard]] TensorView input(std::size_t index) const;
  [[nodiscard]] TensorView output(std::size_t index) const;
  [[nodiscard]] TensorView input(std::string_view name) const;
  [[nodiscard]] TensorView output(std::string_view name) const;

  /// Plans for other shapes of the inputs, as SessionOptions::shapes gives them; what was measured
  /// for layers of the same kind still holds. The plans of the last 4 shapes are kept, each with
  /// memory of its own and with weights that they share: going back to one of them takes no time.
  /// Views taken before, and what layers() and tuning() returned, belong to the plan before and may
  /// be gone. Inputs hold what they held when the session last had these shapes, or zeros. Throws
  /// as the constructor does, and Error{unsupported} for a model without free dimensions, and
  /// leaves the session as it was.
  void resize(const ShapeBindings& shapes);

  /// Runs the graph. Allocates nothing and, on one thread, takes no lock. Throws Error{non_finite}
  /// with the tensor's name when an activation to be quantized holds NaN or infinity, and
  /// Error{estimator_failed} when a range estimator fails; the session stays usable.
  void run();

  /// The planned layers, in execution order.
  [[nodiscard]] const std::vector<LayerInfo>& layers() const noexcept;

  /// The choices that Precision::automatic made by measuring or took from the options, to give to
  /// later sessions; empty for another precision.
  [[nodiscard]] const Tuning& tuning() const noexcept;

  /// run(), writing each layer's time in nanoseconds to `nanoseconds[layer]`.
  void run_profiled(std::span<std::uint64_t> nanoseconds);

  /// run(), calling `observe` after each layer, for tools that look into a model. The observer may
  /// throw, which ends the run; the session stays usable.
  void run_observed(const LayerObserver& observe);

  /// How many batches (rows with RangeScope::row) of a layer the clip guard has kept from its
  /// static range since the session was planned.
  [[nodiscard]] std::uint64_t clip_guard_count(std::size_t layer) const;

  /// Bytes of the arena that holds activations and scratch memory.
  [[nodiscard]] std::size_t arena_bytes() const noexcept;
  /// Bytes of packed weights, with those that it shares: sessions of one model, and the plans that
  /// resize() keeps, share weights of equal bytes (Model::packed_weight_bytes).
  [[nodiscard]] std::size_t weight_bytes() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace octavo
