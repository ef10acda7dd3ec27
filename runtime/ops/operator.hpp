#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "octavo/session.hpp"

#include "kernels/kernels.hpp"
#include "runtime/graph/graph.hpp"
#include "runtime/plan/layer_ranges.hpp"
#include "runtime/plan/workers.hpp"

namespace octavo {

class DynamicQuantizer;
class WeightCache;

/// A set of element types.
using TypeSet = std::uint16_t;

constexpr TypeSet type_set(std::initializer_list<DataType> types) {
  unsigned set = 0;
  for (const DataType type : types) set |= 1U << static_cast<unsigned>(type);
  return static_cast<TypeSet>(set);
}
constexpr bool contains(TypeSet set, DataType type) {
  return (set >> static_cast<unsigned>(type) & 1U) != 0;
}

inline constexpr TypeSet kFloat = type_set({DataType::float32});
inline constexpr TypeSet kBoolean = type_set({DataType::boolean});
inline constexpr TypeSet kIntegers =
    type_set({DataType::int8, DataType::uint8, DataType::int16, DataType::uint16, DataType::int32,
              DataType::uint32, DataType::int64, DataType::uint64});
inline constexpr TypeSet kNumbers = kFloat | kIntegers;
inline constexpr TypeSet kAnyType =
    kNumbers | kBoolean | type_set({DataType::float16, DataType::float64});

/// "float32, int32 or int64".
std::string to_string(TypeSet set);

/// The type with that number in ONNX (TensorProto.DataType), as attributes give it, and back.
std::optional<DataType> type_of_onnx_number(std::int64_t number);
std::int64_t onnx_number_of(DataType type);

/// A node seen with its graph: what infer and prepare read. Getters throw Error naming the node.
class NodeView {
 public:
  NodeView(const Graph& graph, const Node& node) : graph_(&graph), node_(&node) {}

  [[nodiscard]] const Node& node() const { return *node_; }
  [[nodiscard]] std::size_t input_count() const { return node_->inputs.size(); }
  [[nodiscard]] std::size_t output_count() const { return node_->outputs.size(); }
  [[nodiscard]] bool has_input(std::size_t index) const;
  /// The value of a present input.
  [[nodiscard]] const Value& input(std::size_t index) const;
  [[nodiscard]] const Shape& shape(std::size_t index) const { return input(index).shape; }
  [[nodiscard]] bool has_output(std::size_t index) const;
  [[nodiscard]] const Value& output(std::size_t index) const;

  /// The constant behind an input; null when it is absent or computed.
  [[nodiscard]] const Tensor* constant(std::size_t index) const;
  /// The same, for an input that must be known while planning.
  [[nodiscard]] const Tensor& require_constant(std::size_t index, std::string_view what) const;
  /// The elements of a constant int64 (or int32) input, such as axes or pads.
  [[nodiscard]] std::vector<std::int64_t> require_integers(std::size_t index,
                                                           std::string_view what) const;

  [[nodiscard]] std::int64_t integer(std::string_view attribute, std::int64_t otherwise) const;
  [[nodiscard]] float real(std::string_view attribute, float otherwise) const;
  [[nodiscard]] std::string text(std::string_view attribute, std::string_view otherwise) const;
  [[nodiscard]] std::vector<std::int64_t> integers(std::string_view attribute,
                                                   std::vector<std::int64_t> otherwise) const;
  [[nodiscard]] bool has_attribute(std::string_view attribute) const;

  /// An axis in [0, rank), from one in [-rank, rank).
  [[nodiscard]] std::size_t axis(std::int64_t axis, std::size_t rank) const;

  /// The multiply-accumulates of a convolution or matrix product; 0 of other operators.
  [[nodiscard]] std::uint64_t macs() const;

  void require_type(std::size_t index, DataType type) const;
  void require_rank(std::size_t index, std::size_t rank) const;

  /// Throws Error{code}: "node 'x' (Op): text".
  [[noreturn]] void fail(ErrorCode code, const std::string& text) const;

 protected:
  const Graph* graph_;
  const Node* node_;
};

/// What infer fills in.
class InferContext : public NodeView {
 public:
  InferContext(Graph& graph, const Node& node) : NodeView(graph, node), writable_(&graph) {}
  void set_output(std::size_t index, DataType type, Shape shape);

 private:
  Graph* writable_;
};

/// What prepare may use besides the node.
struct PlanContext {
  const kernels::KernelTable* kernels = nullptr;
  Precision precision = Precision::float32;  ///< float32 or int8: what this node shall compute in
  Scheme scheme = Scheme::asymmetric;
  RangeScope range_scope = RangeScope::batch;
  std::optional<LayerRanges> ranges;
  bool float_winograd = false;
  WeightQuantization weight_quantization;  ///< of float weights where int8 is computed in
  std::shared_ptr<WeightCache> weights;    ///< where steps that pack weights get them
  bool winograd = true;  ///< whether int8 and, with `float_winograd`, float convolutions use
                         ///< Winograd's algorithm where it suits
  std::size_t threads = 1;
  std::shared_ptr<Parallel> parallel;  ///< null with one thread
};

/// The range of a step's input 0, as its runs leave it.
struct InputRange {
  std::span<const Range> used;  ///< in the last run: one, or one for each row
  std::optional<Range>
      previous;  ///< the last one that an estimator chose, with one range for the batch
  std::uint64_t guarded = 0;  ///< SessionOptions::clip_guard: how often it held
};

/// Levels of all elements of an activation, in its order.
struct LevelForm {
  std::size_t count = 0;
  const DynamicQuantizer* quantizer = nullptr;  ///< which chooses one range for all of them
};

/// The levels of an activation that several steps quantize alike, with one range for all of it. The
/// first of them makes them while running.
struct SharedLevels {
  std::uint8_t* elements = nullptr;
  kernels::Quantization quantization;
  Range range;
  InputRange record;  ///< of the step that made them
};

/// The extremes of a step's input 0.
struct InputExtrema {
  /// Those of all the values that it consists of, where the steps that computed them hand them
  /// over; empty: not known.
  std::vector<const kernels::Extrema*> parts;
  /// Where they go when the step has found them itself; null where nobody else takes them.
  kernels::Extrema* found = nullptr;

  /// What is known, or else what find() returns.
  template <class Find>
  [[nodiscard]] kernels::Extrema get(const Find& find) const {
    kernels::Extrema all;
    if (parts.empty()) all = find();
    for (const kernels::Extrema* part : parts) all.merge(*part);
    if (found != nullptr) *found = all;
    return all;
  }
};

/// Where a step finds its tensors: fixed when the plan is complete. Inputs that are left out are
/// null.
struct StepMemory {
  std::vector<const std::byte*> inputs;
  std::vector<std::byte*> outputs;
  std::byte* scratch = nullptr;  ///< 64-byte aligned, as large as the step asked for
  InputExtrema input_extrema;
  /// Where a step that gives extremes puts those of output 0; null where nobody takes them.
  kernels::Extrema* output_extrema = nullptr;
  /// Where a step that quantizes input 0 puts its range.
  InputRange* input_range = nullptr;
  /// The levels of input 0, for a step that shares them: those that it makes, or those that another
  /// one has made. Null where they are its own.
  SharedLevels* made_levels = nullptr;
  const SharedLevels* taken_levels = nullptr;

  template <class T>
  [[nodiscard]] const T* input(std::size_t index) const {
    return reinterpret_cast<const T*>(inputs[index]);
  }
  template <class T>
  [[nodiscard]] T* output(std::size_t index) const {
    return reinterpret_cast<T*>(outputs[index]);
  }
  void give_extrema(const kernels::Extrema& extrema) const {
    if (output_extrema != nullptr) *output_extrema = extrema;
  }
};

/// A set of positions among the inputs of a node, up to 15.
using InputSet = std::uint16_t;

constexpr InputSet input_set(std::initializer_list<std::size_t> inputs) {
  unsigned set = 0;
  for (const std::size_t input : inputs) set |= 1U << input;
  return static_cast<InputSet>(set);
}

/// A node made ready to run: attributes decoded, weights packed.
class Step {
 public:
  Step() = default;
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;
  virtual ~Step();

  /// Computes the outputs. No allocation; throws Error{non_finite}, Error{estimator_failed}, and
  /// Error{invalid_argument} for computed indices that lie outside their tensor.
  virtual void run(const StepMemory& memory, Workers& workers) = 0;

  [[nodiscard]] virtual std::size_t scratch_bytes() const { return 0; }
  /// Whether run() fills in output_extrema, and whether it reads input_extrema, each time.
  [[nodiscard]] virtual bool gives_extrema() const { return false; }
  [[nodiscard]] virtual bool takes_extrema() const { return false; }
  /// The levels of input 0 that the step can share; none otherwise.
  [[nodiscard]] virtual LevelForm level_form() const { return {}; }
  /// Whether output 0 holds all elements of all inputs, and no others.
  [[nodiscard]] virtual bool passes_extrema() const { return false; }
  /// The inputs of which each element is read before that of output 0 at its place is written, and
  /// not after that: the output may take the place of one that is as large.
  [[nodiscard]] virtual InputSet overwritable() const { return 0; }
  /// Where the inputs lie in output 0, in bytes from its start, if each is one contiguous piece of
  /// it; otherwise empty. One that lies there already is not copied.
  [[nodiscard]] virtual std::vector<std::size_t> input_places() const { return {}; }
  /// The same of the outputs in input 0.
  [[nodiscard]] virtual std::vector<std::size_t> output_places() const { return {}; }
  /// Bytes of packed weights.
  [[nodiscard]] virtual std::size_t weight_bytes() const { return 0; }
  /// What the step computes in, and the kernel family, for reports.
  [[nodiscard]] virtual Precision precision() const { return Precision::float32; }
  [[nodiscard]] virtual std::string kernel() const { return "float32"; }
};

/// How the layout pass may move an operator to channels-last order (runtime/passes/layout.hpp).
enum class LayoutRule : std::uint8_t {
  row_major,      ///< needs its inputs in the order of the file
  channels_last,  ///< input 0 and output 0 are [N, spatial..., C]: prepare expects that
  elementwise,    ///< any order, the same for all inputs and outputs
  axis,           ///< any order, with the attribute `axis` moved along
};

/// The static description of an operator.
struct Operator {
  std::size_t min_inputs;
  std::size_t max_inputs;                    ///< SIZE_MAX: any number
  std::size_t max_outputs;                   ///< at least 1 is required
  std::vector<std::string_view> attributes;  ///< the names it knows
  LayoutRule layout = LayoutRule::row_major;

  /// Checks inputs and attributes; sets types and shapes of the outputs. All input shapes are
  /// known. Shapes seen here are those of the file (NCHW).
  void (*infer)(InferContext&) = nullptr;
  /// Makes the node ready. Shapes seen here are physical (NHWC for channels_last operators), and
  /// some output has elements.
  std::unique_ptr<Step> (*prepare)(const NodeView&, const PlanContext&) = nullptr;

  /// What input 0 may hold. Where float16 or float64 are missing, all inputs of these types are
  /// widened or narrowed to float32, and so are the results (runtime/passes/infer.cpp).
  TypeSet types = kFloat;

  /// Inputs that prepare packs: constants that no step reads again, so that no session keeps them.
  InputSet packed = 0;

  [[nodiscard]] bool packs(std::size_t input) const {
    return input < 16 && (packed >> input & 1U) != 0;
  }
};

const Operator& operator_of(Op op);

/// The node made ready by its operator; or, when there is no element to compute, a step that does
/// nothing.
std::unique_ptr<Step> make_step(const NodeView& node, const PlanContext& context);

}  // namespace octavo
