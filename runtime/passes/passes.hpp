#pragma once

#include <vector>

#include "octavo/session.hpp"

#include "runtime/graph/graph.hpp"
#include "runtime/ops/operator.hpp"

/// The passes from a loaded graph to one that can be planned, in the order they run. Each takes a
/// graph that `check` accepts and leaves one.
namespace octavo::passes {

/// Binds free dimensions (`shapes`; what is left becomes 1), infers every type and shape, and
/// evaluates what depends on constants and shapes only: such values get `constant`. A binding may
/// also give another size to a dimension that the file fixes, such as its batch; the graph must
/// then still fit together. `kernels` evaluates the constants.
void infer(Graph& graph, const ShapeBindings& shapes, const kernels::KernelTable& kernels);

/// What happens to constants that hold for the bound shapes only.
enum class ShapeConstants : std::uint8_t {
  fold,       ///< they replace the nodes that compute them
  recompute,  ///< their nodes stay, for a graph whose free dimensions stay free
};

/// Removes nodes and constants that no output depends on.
void remove_dead(Graph& graph, ShapeConstants shape_constants);

/// Drops values that nothing refers to and gives every remaining one a name of its own.
void compact(Graph& graph);

/// Turns products that quantized models write with several nodes, of integers or of dequantized
/// levels, into Linear and Conv on levels, where their weights fit int8. The integers stay what
/// they were, and so do the floats made from them; see the source for products of dequantized
/// levels. What only the former nodes used is dead afterwards. For bound shapes.
void recognize_quantized(Graph& graph);

/// Lets one node compute what files write as several: Swish, HardSwish, Gelu in both forms, and
/// LayerNormalization over the last dimension. What only the former nodes used is dead afterwards.
/// Results may differ by rounding. For bound shapes.
void recognize_functions(Graph& graph);

/// Turns Gemm and MatMul with constant weights into Linear (weights [columns, depth]), folds batch
/// normalization, additions of a bias and functions of one element (Relu, Sigmoid ...) into the
/// product before, and with ShapeConstants::fold also additions of a computed operand of the same
/// shape. All other rewrites hold for any size of the free dimensions.
void fuse(Graph& graph, ShapeConstants shape_constants);

/// Replaces chains of reshapes, transposes and selections that amount to a selection or shuffle of
/// channels by one Gather. What only they used is dead afterwards. For bound shapes.
void gather_channels(Graph& graph);

/// Whether int8 kernels apply to a node of float input: a product or a recurrent layer with
/// constant weights, depthwise convolutions excepted, or a MatMul of two computed operands.
bool is_quantizable(const Graph& graph, const Node& node);

/// Replaces the float weights of every quantizable node that has some by int8 weights and inputs
/// with their scales.
void quantize_weights(Graph& graph, const kernels::FloatKernels& kernels,
                      const WeightQuantization& options);

/// Moves the graph to channels-last order: values change shape from [N, C, spatial...] to
/// [N, spatial..., C], transposes stay only where an operator or an output needs the order of the
/// file, and nodes that only rename a shape become View. Returns, per value, whether it was moved.
std::vector<bool> move_to_channels_last(Graph& graph);

}  // namespace octavo::passes
